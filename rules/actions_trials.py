"""Trying a rule on everybody in a worker, with progress, and keeping what comes out; examples that it must meet."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from badges.models import Badge
from people import bells
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules import criteria
from rules.criteria import parse
from rules.dry_run import Tally, known_of
from rules.engine import Question, stands
from rules.models import DryRun, DryRunState, Example, Policy, Rule, SettingsTrial
from rules.queries import as_if_saved, says_the_same

log = logging.getLogger(__name__)
AT_ONCE = 2_000  # people up to whom a rule is tried while one waits
BATCH = 5_000
KEPT = timedelta(days=7)  # what nobody saved
FORGOTTEN_AT_ONCE = 100
LOST = timedelta(minutes=30)  # one that runs so long was left by its worker


def is_small(organization: Organization) -> bool:
    return Person.objects.filter(organization=organization).count() <= AT_ONCE


@transaction.atomic
def request_trial(*, badge: Badge, definition: Mapping[str, Any], policy: str, by: Person | None) -> DryRun:
    """Have a rule tried on everybody. Raises `criteria.Invalid`."""
    as_if_saved(badge.organization, definition, now(), policy)
    trial: DryRun = DryRun.objects.create(
        organization=badge.organization, badge=badge, definition=dict(definition), policy=policy,
        as_of=now(), made_by=by,
    )  # fmt: skip
    from rules.tasks import try_out as task  # tasks call these actions

    bells.ring(task, badge.organization_id, trial.pk)
    return trial


def carry_out_trial(*, organization: Organization, trial_id: int) -> None:
    """Some thousands of people a transaction; does nothing where another worker is at it or it is done."""
    with tenant(organization):
        if not begin(DryRun.objects.filter(organization=organization, pk=trial_id)):
            return
        trial = DryRun.objects.select_related("badge__organization").get(pk=trial_id)
        everybody = list(
            Person.objects.filter(organization=organization).order_by("pk").values_list("pk", flat=True)
        )
    try:
        tallies = _ask(trial, everybody)
        with tenant(organization):
            choices = [_choice(policy, tally) for policy, tally in tallies.items()]
            result = {**_result(tallies[trial.policy]), "choices": choices}
            _note(trial_id, state=DryRunState.DONE, result=result)
    except Exception:
        log.exception("dry run %s failed", trial_id)
        with tenant(organization):
            _note(trial_id, state=DryRunState.FAILED)


def waiting() -> Q:
    """Not begun, or left by its worker."""
    return Q(state=DryRunState.WAITING) | Q(state=DryRunState.RUNNING, as_of__lt=now() - LOST)


def begin(own: QuerySet[Any]) -> bool:
    """Of a trial that waits, as of now: how long somebody is at it does not hang on how long it waited."""
    total = Person.objects.count()
    return bool(own.filter(waiting()).update(state=DryRunState.RUNNING, as_of=now(), done=0, total=total))


def _note(trial_id: int, **values: Any) -> None:
    DryRun.objects.filter(pk=trial_id).update(**values)


def _ask(trial: DryRun, everybody: list[int]) -> dict[str, Tally]:
    """By policy: all of them where there is a version already to choose them against, and something to choose."""
    organization = trial.badge.organization
    with tenant(organization):
        chooses = Rule.objects.filter(badge=trial.badge).exists() and not trial.floods.exists()
        policies = Policy.values if chooses else [trial.policy]
        rule = parse({**trial.definition, "id": trial.badge.slug})
        tallies = {policy: Tally(trial.badge, rule, trial.as_of) for policy in policies}
    for start in range(0, len(everybody), BATCH):
        people = everybody[start : start + BATCH]
        with tenant(organization):
            known = known_of(trial.badge, people)
            for policy, tally in tallies.items():
                book, rule, question = as_if_saved(organization, trial.definition, trial.as_of, policy)
                some = Question(question.ground, question.as_of, tuple(people))
                tally.add(stands(rule, book.rules, some), known)
            _note(trial.pk, done=start + len(people))
    return tallies


def _choice(policy: str, tally: Tally) -> list[Any]:
    return [policy, len(tally.holding), len(tally.gaining), len(tally.losing)]


def _result(tally: Tally) -> dict[str, Any]:
    """What the page shows; of people their ids, in order of name."""
    mails, unwanted = tally.mails()
    return {
        "people": len(tally.holding),
        "mails": mails,
        "unwanted": unwanted,
        "months": [
            [m.first.isoformat(), m.standing, m.gained, m.lost, m.height, m.depth] for m in tally.months()
        ],
        "places": [[place.name, place.holding, place.gaining, place.losing] for place in tally.places()],
        "gaining_ids": tally.names(tally.gaining),
        "losing_ids": tally.names(tally.losing),
    }


def waiting_trials(*, organization: Organization, asked_before: datetime) -> list[int]:
    """Those whose bell was lost, or whose worker."""
    with tenant(organization):
        asked = DryRun.objects.filter(waiting(), organization=organization, as_of__lt=asked_before)
        return list(asked.values_list("pk", flat=True))


def keep_trials(*, badge: Badge, saved: criteria.Rule, number: int) -> None:
    """Whoever asks later why a rule was saved finds what was known: trials of what is a version now."""
    for trial in DryRun.objects.filter(badge=badge, version=None).defer("result"):
        if says_the_same(trial.definition, saved):
            _note(trial.pk, version=number)


def forget_trials(*, organization: Organization) -> None:
    """What was only looked at, of rules and of settings, some at a time: it is about people, and nothing came of it."""
    before = now() - KEPT
    unsaved = ((DryRun, Q(version=None, floods=None)), (SettingsTrial, Q(saved_at=None)))
    for model, looked_at in unsaved:
        while _forget_some(organization, model, looked_at & Q(as_of__lt=before)) == FORGOTTEN_AT_ONCE:
            pass


def _forget_some(organization: Organization, model: type[DryRun | SettingsTrial], which: Q) -> int:
    with tenant(organization):
        locked = model.objects.filter(which).select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        ids = list(locked.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])
        model.objects.filter(pk__in=ids).delete()
    return len(ids)


# ---- examples
@transaction.atomic
def set_example(*, badge: Badge, person: Person, should_hold: bool) -> Example:
    example, _ = Example.objects.update_or_create(
        organization=badge.organization, badge=badge, person=person, defaults={"should_hold": should_hold}
    )
    return example


@transaction.atomic
def drop_example(*, example: Example) -> None:
    example.delete()
