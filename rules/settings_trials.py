"""What other settings would change: every rule asked twice, as things are and as they would be. Nothing is changed.

In a worker, some thousands of people a transaction, with progress; the result is kept.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from people import bells
from people.changes import Refused
from people.clock import now
from people.models import Location, Organization, Person
from people.organizations import change_settings
from people.places import edit_location, refuse_place
from people.tenancy import tenant
from rules.actions_trials import BATCH, begin, waiting
from rules.engine import Ground, Question, Stand, stands
from rules.engine.ground import subtrees
from rules.models import DryRunState, SettingsTrial
from rules.queries import Book, rulebook

AT_WORK = (DryRunState.WAITING, DryRunState.RUNNING)
LISTED = 200
log = logging.getLogger(__name__)


@dataclass
class Tally:
    """Of one badge: who would get it, who would lose it, and for whom it would begin or end on another day."""

    gaining: list[int] = field(default_factory=list)
    losing: list[int] = field(default_factory=list)
    redated: int = 0

    def add(self, as_it_is: Iterable[Stand], as_it_would_be: Iterable[Stand], at: datetime) -> None:
        before, after = _standing(as_it_is, at), _standing(as_it_would_be, at)
        self.gaining += sorted(after.keys() - before.keys())
        self.losing += sorted(before.keys() - after.keys())
        self.redated += sum(before[person] != after[person] for person in before.keys() & after.keys())


def _standing(timeline: Iterable[Stand], at: datetime) -> dict[int, set[tuple[Any, ...]]]:
    found: dict[int, set[tuple[Any, ...]]] = defaultdict(set)
    for stand in timeline:
        if stand.starts <= at and (stand.ends is None or stand.ends > at):
            found[stand.person].add((stand.key, stand.starts, stand.ends))
    return found


# ---- asking for one
def dates_the_past_anew(organization: Organization, **values: Any) -> bool:
    """Whether these settings, or a location's place, would have any rule look at other days or people."""
    other = any(
        getattr(organization, name) != values[name] for name in ("zone", "first_weekday") if name in values
    )
    return other and bool(rulebook(organization).rules)


def moves(location: Location, parent: Location | None) -> bool:
    return location.parent_id != (parent.pk if parent else None) and bool(
        rulebook(location.organization).rules
    )


@transaction.atomic
def request_settings_trial(
    *, organization: Organization, by: Person, change: dict[str, Any], location: Location | None = None
) -> SettingsTrial:
    """Have a change tried: of the organization's settings, or of the `location`'s name and what it is below.

    What is as it was is no part of the change, so that saving it leaves alone what others changed of it meanwhile.
    Raises `Refused` for a place where the location cannot be.
    """
    if location is not None:
        refuse_place(location, Location.objects.filter(pk=change.get("parent") or 0).first())
    stored = _as_they_are(organization, location, change)
    differs = {name: value for name, value in change.items() if value != stored[name]}
    trial: SettingsTrial = SettingsTrial.objects.create(
        organization=organization, location=location, change=differs,
        before={name: stored[name] for name in differs}, as_of=now(), made_by=by,
    )  # fmt: skip
    from rules.tasks import try_settings as task  # tasks call these actions

    bells.ring(task, organization.pk, trial.pk)
    return trial


def _as_they_are(
    organization: Organization, location: Location | None, names: Iterable[str]
) -> dict[str, Any]:
    if location is not None:
        own = {"name": location.name, "parent": location.parent_id}
        return {name: own[name] for name in names}
    return {name: getattr(organization, name) for name in names}


# ---- carrying it out
def carry_out_settings_trial(*, organization: Organization, trial_id: int) -> None:
    """Does nothing where another worker is at it or it is done."""
    with tenant(organization):
        if not begin(SettingsTrial.objects.filter(organization=organization, pk=trial_id)):
            return
        trial = SettingsTrial.objects.get(pk=trial_id)
        everybody = list(
            Person.objects.filter(organization=organization).order_by("pk").values_list("pk", flat=True)
        )
    try:
        tallies = _ask(trial, everybody)
        _note(organization, trial_id, state=DryRunState.DONE, result=_result(tallies))
    except Exception:
        log.exception("the trial %s of settings failed", trial_id)
        _note(organization, trial_id, state=DryRunState.FAILED)


def _ask(trial: SettingsTrial, everybody: Sequence[int]) -> dict[int, Tally]:
    tallies: dict[int, Tally] = defaultdict(Tally)
    for start in range(0, len(everybody), BATCH):
        people = tuple(everybody[start : start + BATCH])
        with tenant(trial.organization):
            book = rulebook(trial.organization)
            other = as_it_would_be(book.ground, trial)
            for slug in book.rules:
                asked = [_stands(book, slug, ground, trial.as_of, people) for ground in (book.ground, other)]
                tallies[book.rows[slug].badge_id].add(asked[0], asked[1], trial.as_of)
        _note(trial.organization, trial.pk, done=start + len(people))
    return tallies


def _stands(book: Book, slug: str, ground: Ground, at: datetime, people: tuple[int, ...]) -> list[Stand]:
    return stands(book.rules[slug], book.rules, Question(ground, at, people), with_evidence=False)


def as_it_would_be(ground: Ground, trial: SettingsTrial) -> Ground:
    if trial.location_id is None:
        other = {name: trial.change[name] for name in ("zone", "first_weekday") if name in trial.change}
        return replace(ground, **other)
    if "parent" not in trial.change:
        return ground
    rows = Location.objects.filter(organization=trial.organization_id).values_list(
        "id", "external_id", "parent"
    )
    moved = [
        (pk, name, trial.change["parent"] if pk == trial.location_id else parent) for pk, name, parent in rows
    ]
    return replace(ground, locations=subtrees(moved))


def _note(organization: Organization, trial_id: int, **values: Any) -> None:
    """Committed for itself, so that it can be seen how far it is."""
    with tenant(organization):
        SettingsTrial.objects.filter(pk=trial_id).update(**values)


def _result(tallies: dict[int, Tally]) -> list[dict[str, Any]]:
    """By badge for which anything would change; of people the first some hundred."""
    return [
        {
            "badge": badge,
            "gaining": len(tally.gaining),
            "losing": len(tally.losing),
            "redated": tally.redated,
            "gainers": tally.gaining[:LISTED],
            "losers": tally.losing[:LISTED],
        }
        for badge, tally in tallies.items()
        if tally.gaining or tally.losing or tally.redated
    ]


def waiting_settings_trials(*, organization: Organization, asked_before: datetime) -> list[int]:
    """Those whose bell was lost, or whose worker."""
    with tenant(organization):
        asked = SettingsTrial.objects.filter(waiting(), organization=organization, as_of__lt=asked_before)
        return list(asked.values_list("pk", flat=True))


# ---- saving what was tried
@transaction.atomic
def save_tried_settings(*, trial: SettingsTrial, by: Person) -> None:
    """A second time changes nothing. Raises `Refused` where they were changed by somebody meanwhile."""
    trial = SettingsTrial.objects.select_for_update(no_key=True).get(pk=trial.pk)
    if trial.saved_at is not None:
        return
    if trial.state in AT_WORK:
        raise Refused("Wait until it is worked out what this would change.")
    organization = Organization.objects.select_for_update(no_key=True).get(pk=trial.organization_id)
    location = Location.objects.get(pk=trial.location_id) if trial.location_id else None
    if _as_they_are(organization, location, trial.before) != trial.before:
        raise Refused(
            "Somebody has changed this meanwhile. Begin anew, so that you see what would happen now."
        )
    if location is None:
        change_settings(organization=organization, by=by, **trial.change)
    else:
        becomes = {"name": location.name, "parent": location.parent_id, **trial.change}
        parent = Location.objects.get(pk=becomes["parent"]) if becomes["parent"] else None
        edit_location(location=location, by=by, name=becomes["name"], parent=parent)
    trial.saved_at = now()
    trial.save(update_fields=["saved_at"])
