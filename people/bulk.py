"""Putting many people at once: an import's writer. Set-based, safe to repeat."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import batched
from typing import Any

from django.db import connection, models, transaction
from django.db.models.expressions import RawSQL
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
PLACED = {"title", "location_id"}
SEEN_BY_RULES = {*PLACED, "joined_on"}
BATCH = 1000
# Which transaction wrote a row: another one than when it was read, and it was changed since.
EDITION: dict[str, Any] = {
    "edition": RawSQL("people_person.xmin::text::bigint", (), models.BigIntegerField())
}
HOLD = "SELECT id, xmin::text::bigint FROM people_person WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
PLACE = """
INSERT INTO people_placement (organization_id, person_id, from_on, location_id, title)
SELECT organization_id, id, COALESCE(%(on)s::date, joined_on, %(ever)s), location_id, title
FROM people_person WHERE id = ANY(%(ids)s)
ON CONFLICT (organization_id, person_id, from_on)
DO UPDATE SET location_id = EXCLUDED.location_id, title = EXCLUDED.title
"""


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
    changes = _changes(rows, wanted, known)
    if overtaken := _hold(known, {*changes, *anew}):
        known |= overtaken
        changes = _changes(rows, wanted, known)
    Person.objects.filter(pk__in=anew).update(left_on=None)
    differing = [person for person in wanted if person.pk in changes]
    mailed_elsewhere = {
        person.pk: person.email for person in differing if "email" in changes[person.pk].after
    }
    free_addresses(mailed_elsewhere)
    for some in batched(differing, BATCH):
        update_each(some, [*FIELDS, "folded", "manager"])
        progress(len(some))
    Invitation.objects.filter(person__in=mailed_elsewhere, closed_at=None).update(closed_at=now())
    update_each([person for person in new if person.manager_id], ["manager"])
    Placement.objects.filter(person__in=anew).delete()
    new_ids = [*(person.pk for person in new), *anew]
    _place(new_ids)
    said = [change for change in changes.values() if change.person_id not in anew]
    _place([change.person_id for change in said if PLACED & change.after.keys()], _today(organization))
    if new_ids or any(SEEN_BY_RULES & change.after.keys() for change in said):
        change_record(organization)
    same = len(rows) - len(new_ids) - len(said)
    return Put(len(new_ids), len(said), same, new_ids, said, planted)


def _known(organization: Organization, rows: Sequence[PersonRow]) -> dict[str, Person]:
    """Those who are there, by external id, managers who are named among them."""
    named = {row.external_id for row in rows} | {row.manager for row in rows if row.manager}
    people = Person.objects.filter(organization=organization, external_id__in=named).annotate(**EDITION)
    return {person.external_id: person for person in people}


def _hold(known: Mapping[str, Person], person_ids: Collection[int]) -> dict[str, Person]:
    """Those whom the rows change, until the transaction ends; nobody waits for the others.

    Everything was read and compared before, so that they are not held for long: whoever was changed
    meanwhile is handed back as they stand now.
    """
    read = {person.pk: getattr(person, "edition", None) for person in known.values()}
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [sorted(person_ids)])
        overtaken = [pk for pk, edition in cursor.fetchall() if edition != read[pk]]
    people = Person.objects.filter(pk__in=overtaken).annotate(**EDITION)
    return {person.external_id: person for person in people}


def _changes(
    rows: Sequence[PersonRow], wanted: Sequence[Person], known: Mapping[str, Person]
) -> dict[int, PersonChange]:
    """What the rows change about those who are known already, by id; those who are `wanted` become them."""
    changes = {}
    for row, person in zip(rows, wanted, strict=True):
        stored = known[row.external_id]
        person.pk, person.manager_id = stored.pk, known[row.manager].pk if row.manager else None
        if stored is not person and (names := [name for name in RESTORED if _differ(stored, person, name)]):
            changes[stored.pk] = PersonChange(stored.pk, _told(stored, names), _told(person, names))
    return dict(sorted(changes.items()))


def _differ(one: Person, other: Person, name: str) -> bool:
    return bool(getattr(one, name) != getattr(other, name))


def _told(person: Person, names: Iterable[str]) -> dict[str, Any]:
    told = {name: getattr(person, name) for name in names}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in told.items()}


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
    _place([person.pk for person in restored if PLACED & by_id[person.pk].before.keys()], on)
    if any(SEEN_BY_RULES & by_id[person.pk].before.keys() for person in restored):
        change_record(organization)
    return {person.pk for person in restored}


def _is_as(person: Person, after: dict[str, Any]) -> bool:
    return _told(person, after) == after


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


def _today(organization: Organization) -> date:
    return timezone.localdate(now(), organization.time_zone)


def _place(person_ids: Collection[int], on: date | None = None) -> None:
    """Say that people work where they are since a day; without one since they joined, else since ever."""
    with connection.cursor() as cursor:
        cursor.execute(PLACE, {"ids": list(person_ids), "on": on, "ever": SINCE_EVER})
