"""Changing an item after it was submitted. What it put on people's records is corrected with it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.formats import date_format

from activity.correcting import correct_credits, credits_of
from activity.impacts import impact_differences, put_expectations, put_impacts, settle
from activity.models import CLAIMS, FIELD_WORDS, ItemChange, ItemKind, ItemState, TeamMember, WorkItem
from activity.moving import is_seconded
from activity.news import tell_of_claim, tell_of_part
from activity.queries import is_waiting
from people.audit import note
from people.changes import Refused
from people.clock import now
from people.models import Person

Facts = dict[str, tuple[Any, str]]


class EditRefused(Refused):
    """The message says why, and `field` which of the fields it is about; none where somebody else was quicker."""

    def __init__(self, field: str | None, message: str) -> None:
        self.field = field
        super().__init__(message)


@transaction.atomic
def edit_item(*, item: WorkItem, by: Person, seen: int, said: Mapping[str, Any]) -> WorkItem:
    """The item says what `said` names, the rest stays. `seen` is the edition that the form showed.

    Activities that it has written are voided and recorded anew where they read differently now. Raises
    `EditRefused` for what is unsound, and where somebody was quicker. The same again changes nothing.
    """
    item = WorkItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    before, were, waited = facts_of(item), credits_of(item), is_waiting(item)
    if edition(item) != seen:
        raise EditRefused(
            None, "Somebody changed this meanwhile. Look at what they changed, then save again."
        )
    team, impacts, expectations = _apply(item, said), said.get("impacts", {}), said.get("expectations", {})
    changes = differences(before, facts_of(item, team)) | impact_differences(item, impacts)
    changes |= impact_differences(item, expectations, "expectations")
    if not changes:
        return item
    _refuse(item, by, changes, team)
    if item.impact is not None:
        settle(item, None)
    item.save()
    put_impacts(item, impacts)
    put_expectations(item, expectations)
    _put_team(item, team)
    record_change(item, by, changes)
    note(by, "edited", item, fields=sorted(changes))
    correct_credits(item, were)
    _tell(item, by, before, team, waited)
    return item


def _tell(item: WorkItem, by: Person, before: Facts, team: list[Person], waited: bool) -> None:
    leader = item.leader if item.leader_id != before["leader"][0] else None
    tell_of_part(item, by, leader=leader, team=[one for one in team if one.pk not in before["team"][0]])
    if not waited:
        tell_of_claim(item, by)


def edition(item: WorkItem) -> int:
    """Which change of the item was the latest; 0 before the first."""
    latest: int | None = ItemChange.objects.filter(item=item).values_list("pk", flat=True).first()
    return latest or 0


def overtaking(changes: Sequence[ItemChange]) -> str:
    """Who came first, and with what, in words; where it was moved, that is what counts."""
    latest = next((one for one in changes if "state" in one.changes), changes[0])
    state = latest.changes.get("state", ["", ""])[1]
    return f"{latest.by.name} {_CLOSED.get(state, 'changed it')}"


_CLOSED = {
    "Completed": "completed it", "Done": "marked it as done", "Held": "marked it as held",
    "Not taken on": "set it aside", "Dropped": "dropped it", "Called off": "called it off", "Void": "removed it",
}  # fmt: skip


def record_change(item: WorkItem, by: Person, changes: Mapping[str, Any]) -> ItemChange:
    change: ItemChange = ItemChange.objects.create(
        organization=item.organization, item=item, by=by, changed_at=now(), changes=dict(changes)
    )
    return change


def facts_of(item: WorkItem, team: list[Person] | None = None) -> Facts:
    """By field, what tells two values apart, and the value in words."""
    people = _team(item) if team is None else team
    facts: Facts = {name: (getattr(item, name), _words(getattr(item, name))) for name in _PLAIN}
    facts["completed_on"] = (_day(item), _words(_day(item)))
    facts["team"] = ({person.pk for person in people}, ", ".join(sorted(map(str, people))))
    for name in ("author", "leader", "location"):
        facts[name] = (getattr(item, f"{name}_id"), _words(getattr(item, name)))
    return facts


_PLAIN = ("title", "problem", "idea", "expected", "impact", "happens_on")


def _words(value: Any) -> str:
    if isinstance(value, date):
        return date_format(value, "j M Y")
    return "" if value is None else str(value)


def _day(item: WorkItem) -> date | None:
    return item.completed_at.astimezone(item.organization.time_zone).date() if item.completed_at else None


def differences(before: Facts, after: Facts) -> dict[str, Any]:
    return {
        name: [before[name][1], after[name][1]] for name in FIELD_WORDS if before.get(name) != after.get(name)
    }


def _apply(item: WorkItem, said: Mapping[str, Any]) -> list[Person]:
    """Write what was said onto the item; the team that it is to have."""
    for name in (*_PLAIN, "author", "leader", "location"):
        if name in said:
            setattr(item, name, said[name])
    day = said.get("completed_on")
    if day and item.completed_at and day != _day(item):
        item.completed_at = datetime(day.year, day.month, day.day, 12, tzinfo=item.organization.time_zone)
    return list(said["team"]) if "team" in said else _team(item)


def _team(item: WorkItem) -> list[Person]:
    return [member.person for member in item.team.select_related("person")]


def _put_team(item: WorkItem, team: list[Person]) -> None:
    item.team.exclude(person__in=team).delete()
    known = set(item.team.values_list("person_id", flat=True))
    TeamMember.objects.bulk_create(
        TeamMember(organization=item.organization, item=item, person=person)
        for person in {person.pk: person for person in team}.values()
        if person.pk not in known
    )


def _refuse(item: WorkItem, by: Person, changes: Mapping[str, Any], team: list[Person]) -> None:
    today = now().astimezone(item.organization.time_zone).date()
    held = item.kind == ItemKind.EVENT and item.state == ItemState.COMPLETED
    if held and item.happens_on and item.happens_on > today:
        raise EditRefused("happens_on", "It was held already, so its day cannot be still to come.")
    if "author" in changes and item.completed_by_id == item.author_id and is_seconded(item):
        raise EditRefused("author", f"{item.author} completed it, which a second person does.")
    day, submitted = _day(item), item.submitted_at.astimezone(item.organization.time_zone).date()
    if "completed_on" in changes and day and not submitted <= day <= today:
        raise EditRefused("completed_on", "It was completed between the day it was submitted and today.")
    verified = item.verifications.filter(withdrawn_at=None).select_related("by")
    verifiers = {one.by.merged_into_id or one.by_id: one.by for one in verified}
    for name, ids in (
        ("author", {item.author_id}),
        ("leader", {item.leader_id}),
        ("team", {one.pk for one in team}),
    ):
        if found := next((one for pk, one in verifiers.items() if pk in ids), None):
            raise EditRefused(name, f"{found} verified what it saves, and can have had no hand in it.")
    if by.pk in verifiers and (field := _claimed(changes)):
        raise EditRefused(field, "You verified what it saves. Somebody else says what was reported.")


def _claimed(changes: Mapping[str, Any]) -> str | None:
    """A changed field that says what the item brings."""
    return next((name for name in CLAIMS if name in changes), None)
