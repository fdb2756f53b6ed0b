"""What editing an item changes about people's records: voided, and written anew under a reference to the old."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from activity.crediting import (
    COMPLETION,
    FACILITATION,
    START,
    Credited,
    attendees,
    everybody,
    held_at,
    void,
    write,
)
from activity.models import Activity, ItemKind, ItemState, WorkItem


class Credit(NamedTuple):
    """What an item puts on somebody's record, as far as editing the item can change it."""

    role: str
    value: Decimal | None
    location_id: int | None
    when: date | datetime | None


# By kind and person.
Credits = dict[str, dict[int, Credit]]


def credits_of(item: WorkItem) -> Credits:
    """What the item stands for now: the kinds that it has written, and that its completion writes."""
    written: Any = Activity.objects.filter(item=item, voided_at=None)
    kinds = set(written.values_list("kind__name", flat=True))
    if item.state == ItemState.COMPLETED:
        kinds |= {COMPLETION[ItemKind(item.kind)], *([FACILITATION] if item.kind == ItemKind.EVENT else [])}
    return {kind: _credits(item, kind) for kind in sorted(kinds)}


def correct_credits(item: WorkItem, before: Credits) -> None:
    """Void what is wrong since the item was edited, and write what is right, naming the activity that it replaces.

    What had been voided by itself stays so, and so does what the edit voided: an impact that is said no more.
    """
    for kind, are in credits_of(item).items():
        were = before[kind]
        gone, changed = were.keys() - are.keys(), {one for one in are if are[one] != were.get(one)}
        if gone or changed:
            _correct(item, kind, were, gone, changed)


def _credits(item: WorkItem, kind: str) -> dict[int, Credit]:
    completion = kind == COMPLETION[ItemKind(item.kind)]
    value = item.impact if completion else None
    when: date | datetime | None = item.completed_at if completion else None
    if item.kind == ItemKind.EVENT:
        when = item.happens_on
    return {person.pk: Credit(role, value, item.location_id, when) for person, role in _people_of(item, kind)}


def _people_of(item: WorkItem, kind: str) -> Credited:
    if kind == START[ItemKind.IMPROVEMENT]:
        return [(item.author, "author")]
    if kind in (START[ItemKind.PROJECT], FACILITATION):
        return [(item.leader or item.author, "leader")]
    return attendees(item) if kind == COMPLETION[ItemKind.EVENT] else everybody(item)


def _correct(item: WorkItem, kind: str, were: dict[int, Credit], gone: set[int], changed: set[int]) -> None:
    rows: Any = Activity.objects.filter(item=item, kind__name=kind, voided_at=None).order_by("pk")
    standing = {row.person_id: row for row in rows}
    void(item, [standing[one] for one in gone | changed if one in standing])
    owed = [
        (person, role)
        for person, role in _people_of(item, kind)
        if person.pk in changed and (person.pk in standing or person.pk not in were)
    ]
    first = next(iter(standing.values()), None)
    completion = kind == COMPLETION[ItemKind(item.kind)]
    if not owed:
        return
    write(
        item,
        first.external_id.split("/")[1] if first else _STEP_NAMES.get(kind, "completed"),
        kind,
        owed,
        value=item.impact if completion or not first else first.value,
        at=_corrected_at(item, were, kind, first),
        corrects=_replaced(owed, were, gone, standing),
    )


_STEP_NAMES = {FACILITATION: "held", COMPLETION[ItemKind.EVENT]: "attended"}


def _corrected_at(
    item: WorkItem, were: dict[int, Credit], kind: str, first: Activity | None
) -> datetime | None:
    """The instant that stood there, unless the item's own day was changed."""
    now_when = {credit.when for credit in _credits(item, kind).values()}
    if first and now_when <= {credit.when for credit in were.values()}:
        at: datetime = first.occurred_at
        return at
    return held_at(item) if item.kind == ItemKind.EVENT else item.completed_at


def _replaced(
    owed: Credited, were: dict[int, Credit], gone: set[int], standing: Mapping[int, Activity]
) -> dict[int, int]:
    """By person, the activity that theirs replaces: their own, else one of somebody gone who had that role."""
    vacant = [one for one in sorted(gone) if one in standing]
    found = {}
    for person, role in owed:
        if person.pk in standing:
            found[person.pk] = standing[person.pk].pk
        elif one := next((one for one in vacant if were[one].role == role), None):
            vacant.remove(one)
            found[person.pk] = standing[one].pk
    return found
