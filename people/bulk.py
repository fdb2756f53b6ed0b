"""Putting many people at once: an import's writer. Set-based, safe to repeat."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import batched
from typing import Any

from django.db import transaction
from django.utils import timezone

from people.changes import change_record
from people.clock import now
from people.models import Invitation, Organization, Person, Placement
from people.planting import Planted, Spot, plant_locations
from people.rows import update_each
from people.signposts import free_addresses, led_on

SINCE_EVER = date.min
FIELDS = ("name", "email", "title", "location_id", "joined_on")
RESTORED = (*FIELDS, "manager_id")
SEEN_BY_RULES = {"title", "location_id", "joined_on"}
BATCH = 1000


@dataclass(frozen=True)
class PersonRow:
    """A person as a source tells it: unique by external id; manager and location by their external ids.

    `part_of` is what the location belongs to, from the top down; nothing is said by an empty one.
    """

    external_id: str
    name: str
    email: str = ""
    title: str = ""
    location: str = ""
    joined_on: date | None = None
    manager: str = ""
    part_of: tuple[str, ...] = ()

    def spot(self, line: int = 0) -> Spot:
        return Spot(line, self.location, self.part_of)


@dataclass(frozen=True)
class Put:
    new: int
    changed: int
    same: int
    new_ids: list[int] = field(default_factory=list, compare=False)
    changes: list["PersonChange"] = field(default_factory=list, compare=False)
    planted: list[Planted] = field(default_factory=list, compare=False)


@dataclass(frozen=True)
class PersonChange:
    """What was changed about somebody: by field, what it was and what it became, as JSON can hold it."""

    person_id: int
    before: dict[str, Any]
    after: dict[str, Any]


@transaction.atomic
def put_people(
    *,
    organization: Organization,
    rows: Sequence[PersonRow],
    anew: Collection[int] = (),
    progress: Callable[[int], object] = lambda done: None,
) -> Put:
    """Add who is new, bring the others up to date, add locations where the rows say, else at the top.

    Who is named by the id of a merged record is the one that is kept. A changed location or title is a move from
    the organization's today on. Managers must be among the rows or known already.
    Nobody is removed. Whose address changed loses invitations that are still open. Who is to come `anew` had left,
    and is here as if they had not been known: from the first day on where the row says.
    """
    rows = [row for row in led_on(organization, rows) if row is not None]
    places, planted = plant_locations(organization, [row.spot() for row in rows if row.location])
    wanted = [_wanted(organization, row, places) for row in rows]
    known = _known(organization, rows)
    new = [person for person in wanted if person.external_id not in known]
    for some in batched(new, BATCH):
        Person.objects.bulk_create(some)
        progress(len(some))
    known |= {person.external_id: person for person in new}
    known |= _held({*_differing(rows, wanted, known), *anew})
    Person.objects.filter(pk__in=anew).update(left_on=None)
    were = {person.pk: _told(person) for person in known.values()}
    changed = [_changed(known[person.external_id], person) for person in wanted]
    moved = [person for person, fields in changed if {"location_id", "title"} & fields]
    differing = [person for person, fields in changed if fields]
    mailed_elsewhere = [person for person, fields in changed if "email" in fields]
    free_addresses({person.pk: person.email for person in mailed_elsewhere})
    for some in batched(differing, BATCH):
        update_each(some, [*FIELDS, "folded"])
        progress(len(some))
    Invitation.objects.filter(person__in=mailed_elsewhere, closed_at=None).update(closed_at=now())
    managed = _set_managers(rows, known)
    returned = [person for person in known.values() if person.pk in anew]
    new += returned
    Placement.objects.filter(person__in=returned).delete()
    _place(organization, new, [person for person in moved if person.pk not in anew])
    new_ids = [person.pk for person in new]
    touched = {person.pk: person for person in [*differing, *managed]}
    for pk in new_ids:
        touched.pop(pk, None)
    if new or any(SEEN_BY_RULES & fields for _, fields in changed):
        change_record(organization)
    same = len(rows) - len(new) - len(touched)
    return Put(len(new), len(touched), same, new_ids, _changes(touched, were), planted)


def _known(organization: Organization, rows: Sequence[PersonRow]) -> dict[str, Person]:
    """Those who are there, by external id, managers who are named among them."""
    named = {row.external_id for row in rows} | {row.manager for row in rows if row.manager}
    people = Person.objects.filter(organization=organization, external_id__in=named)
    return {person.external_id: person for person in people}


def _differing(rows: Sequence[PersonRow], wanted: Sequence[Person], known: Mapping[str, Person]) -> list[int]:
    """The ids of those whom the rows change: the others are not held, so that nobody waits for them."""
    return [
        stored.pk
        for row, person in zip(rows, wanted, strict=True)
        if (stored := known[row.external_id]) is not person
        if _other_fields(stored, person) or stored.manager_id != _manager_id(row, known)
    ]


def _held(person_ids: Collection[int]) -> dict[str, Person]:
    """Until the transaction ends, as they stand now."""
    people = Person.objects.select_for_update(no_key=True).filter(pk__in=person_ids).order_by("pk")
    return {person.external_id: person for person in people}


def _manager_id(row: PersonRow, known: Mapping[str, Person]) -> int | None:
    return known[row.manager].pk if row.manager else None


def _told(person: Person) -> dict[str, Any]:
    told = {name: getattr(person, name) for name in RESTORED}
    return {**told, "joined_on": person.joined_on.isoformat() if person.joined_on else None}


def _changes(touched: Mapping[int, Person], were: Mapping[int, dict[str, Any]]) -> list[PersonChange]:
    changes = []
    for pk in sorted(touched):
        before, after = were[pk], _told(touched[pk])
        names = [name for name in RESTORED if before[name] != after[name]]
        changes.append(
            PersonChange(pk, {name: before[name] for name in names}, {name: after[name] for name in names})
        )
    return changes


@transaction.atomic
def restore_people(*, organization: Organization, changes: Sequence[PersonChange], on: date) -> set[int]:
    """Put back what `put_people` changed on the day `on`, for those who are still as it left them: whom.

    A move that it recorded is taken out of the history as well: it never was.
    """
    by_id = {change.person_id: change for change in changes}
    known = Person.objects.filter(pk__in=by_id, organization=organization, merged_into=None)
    people = known.select_for_update(no_key=True)
    restored = [person for person in people.order_by("pk") if _is_as(person, by_id[person.pk].after)]
    for person in restored:
        for name, value in by_id[person.pk].before.items():
            is_day = name == "joined_on" and value
            setattr(person, name, date.fromisoformat(value) if is_day else value)
        person.folded = person.search_text()
    update_each(restored, [*RESTORED, "folded"])
    moved = [person for person in restored if {"location_id", "title"} & by_id[person.pk].before.keys()]
    _place_on(organization, moved, on)
    if any(SEEN_BY_RULES & by_id[person.pk].before.keys() for person in restored):
        change_record(organization)
    return {person.pk for person in restored}


def _is_as(person: Person, after: dict[str, Any]) -> bool:
    told = _told(person)
    return all(told[name] == value for name, value in after.items())


@transaction.atomic
def let_leave(*, organization: Organization, person_ids: Iterable[int], left_on: date) -> set[int]:
    """Mark people as left who have neither login nor roles: those who were still here."""
    here = Person.objects.filter(
        organization=organization, pk__in=list(person_ids), left_on=None, user=None, role_assignments=None
    )
    left = set(here.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
    Person.objects.filter(pk__in=left).update(left_on=left_on)
    if left:
        change_record(organization)
    return left


def _wanted(organization: Organization, row: PersonRow, places: dict[str, int]) -> Person:
    person = Person(
        organization=organization,
        external_id=row.external_id,
        name=row.name,
        email=row.email,
        title=row.title,
        location_id=places.get(row.location),
        joined_on=row.joined_on,
    )
    person.folded = person.search_text()
    return person


def _other_fields(stored: Person, wanted: Person) -> set[str]:
    return {name for name in FIELDS if getattr(stored, name) != getattr(wanted, name)}


def _changed(stored: Person, wanted: Person) -> tuple[Person, set[str]]:
    fields = _other_fields(stored, wanted)
    for name in fields:
        setattr(stored, name, getattr(wanted, name))
    if fields:
        stored.folded = stored.search_text()
    return stored, fields


def _set_managers(rows: Sequence[PersonRow], known: Mapping[str, Person]) -> list[Person]:
    """Those whose manager changed."""
    changed = []
    for row in rows:
        person, manager_id = known[row.external_id], _manager_id(row, known)
        if person.manager_id != manager_id:
            person.manager_id = manager_id
            changed.append(person)
    update_each(changed, ["manager"])
    return changed


def _place(organization: Organization, new: Iterable[Person], moved: Iterable[Person]) -> None:
    today = timezone.localdate(now(), organization.time_zone)
    first = [_placement(organization, person, person.joined_on or SINCE_EVER) for person in new]
    Placement.objects.bulk_create(first, batch_size=1000)
    _place_on(organization, moved, today)


def _place_on(organization: Organization, people: Iterable[Person], day: date) -> None:
    Placement.objects.bulk_create(
        [_placement(organization, person, day) for person in people],
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["organization", "person", "from_on"],
        update_fields=["location", "title"],
    )


def _placement(organization: Organization, person: Person, from_on: date) -> Placement:
    return Placement(
        organization=organization,
        person=person,
        from_on=from_on,
        location_id=person.location_id,
        title=person.title,
    )
