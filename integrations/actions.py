"""Imports: whole or nothing, safe to repeat, every bad row named."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import IO

from django.db import transaction

from activity.actions import Delivery, record_activities, void_activities
from activity.models import Activity
from integrations import rows
from integrations.reading import BadRows, Fault, parse_all, read_rows
from people.audit import note_for
from people.bulk import PersonRow, Put, put_people
from people.clock import now
from people.models import Location, Organization, Person

BATCH = 1000
Progress = Callable[[int], object]


@dataclass
class Imported:
    """What an import of activities did; `differing` are ids whose second delivery reads differently."""

    new: int = 0
    same: int = 0
    differing: list[str] = field(default_factory=list)


@transaction.atomic
def import_people(*, organization: Organization, file: IO[bytes]) -> Put:
    """Put the people of a CSV. Raises `Unreadable` or `BadRows`, storing nothing."""
    read = read_rows(file, required=rows.PEOPLE, optional=rows.PEOPLE_OPTIONAL)
    people = list(parse_all(read, rows.person_row))
    if faults := [*_twice(people), *_doubtful_managers(organization, people), *_taken(organization, people)]:
        raise BadRows(faults)
    put = put_people(organization=organization, rows=[person for _, person in people])
    note_for(organization, None, "imported people", f"{put.new} new, {put.changed} changed, {put.same} same")
    return put


@transaction.atomic
def import_activities(
    *, organization: Organization, file: IO[bytes], source: str, progress: Progress = lambda done: None
) -> Imported:
    """Record the activities of a CSV; a `source` column, where there is one, wins over `source`.

    The file is read twice: first to find every bad row, then to record in batches, so memory stays bounded.
    Raises `Unreadable` or `BadRows`, storing nothing.
    """
    known = _Known(organization)
    faults: list[Fault] = []
    try:
        for line, (_, delivery) in _deliveries(file, source):
            faults += known.faults(line, delivery)
    except BadRows as bad:
        faults += bad.faults
    if faults:
        raise BadRows(faults)
    imported = Imported()
    for batch in batched((pair for _, pair in _deliveries(file, source)), BATCH):
        for name in sorted({source for source, _ in batch}):
            recorded = record_activities(
                organization=organization,
                source=name,
                deliveries=[delivery for source, delivery in batch if source == name],
            )
            imported.new += recorded.new
            imported.same += recorded.same
            imported.differing += recorded.differing
        progress(len(batch))
    note_for(organization, None, "imported activities", f"{imported.new} new, {imported.same} known")
    return imported


@transaction.atomic
def import_voids(*, organization: Organization, file: IO[bytes], source: str) -> int:
    """Void the activities that a CSV lists; how many were not void already. Unknown ones are bad rows."""
    file.seek(0)
    found = list(parse_all(read_rows(file, required=rows.VOIDS, optional=rows.VOIDS_OPTIONAL), _void))
    voids = [(line, given or source, external_id, at) for line, (given, external_id, at) in found]
    faults = [
        Fault(line, f"no activity of {name} has the id {external_id!r}")
        for line, name, external_id, _ in voids
        if not Activity.objects.filter(
            organization=organization, source__name=name, external_id=external_id
        ).exists()
    ]
    if faults:
        raise BadRows(faults)
    return sum(
        void_activities(organization=organization, source=name, external_ids=[external_id], at=at)
        for _, name, external_id, at in voids
    )


def _void(cells: dict[str, str]) -> tuple[str, str, datetime]:
    at = rows.instant(cells["voided_at"], "voided_at") if cells.get("voided_at") else now()
    return cells.get("source", ""), cells["external_id"], at


def _deliveries(file: IO[bytes], source: str) -> Iterator[tuple[int, tuple[str, Delivery]]]:
    def parse(cells: dict[str, str]) -> tuple[str, Delivery]:
        return cells.get("source") or source, rows.delivery(cells)

    file.seek(0)
    return parse_all(read_rows(file, required=rows.ACTIVITIES, optional=rows.ACTIVITIES_OPTIONAL), parse)


class _Known:
    """Holds the rows of a file against the people and locations that the organization has."""

    def __init__(self, organization: Organization) -> None:
        of = {"organization": organization}
        self.people = set(Person.objects.filter(**of).values_list("external_id", flat=True))
        self.locations = set(Location.objects.filter(**of).values_list("external_id", flat=True))

    def faults(self, line: int, delivery: Delivery) -> Iterator[Fault]:
        if delivery.person_external_id not in self.people:
            yield Fault(line, f"nobody has the external id {delivery.person_external_id!r}")
        if delivery.location_external_id and delivery.location_external_id not in self.locations:
            yield Fault(line, f"no location has the id {delivery.location_external_id!r}")


def _twice(people: list[tuple[int, PersonRow]]) -> Iterator[Fault]:
    seen: dict[tuple[str, str], int] = {}
    for line, person in people:
        for column, value in (("external_id", person.external_id), ("email", person.email.lower())):
            first = seen.setdefault((column, value), line)
            if value and first != line:
                yield Fault(line, f"{column} {value!r} stands on line {first} already")


def _taken(organization: Organization, people: list[tuple[int, PersonRow]]) -> Iterator[Fault]:
    """Addresses that somebody outside the file has."""
    ids = {person.external_id for _, person in people}
    others = (
        Person.objects.filter(organization=organization).exclude(email="").values_list("email", "external_id")
    )
    owner = {email.lower(): external_id for email, external_id in others}
    for line, person in people:
        holder = owner.get(person.email.lower())
        if holder is not None and holder != person.external_id and holder not in ids:
            yield Fault(line, f"email {person.email!r} belongs to {holder!r}")


def _doubtful_managers(
    organization: Organization, people: Iterable[tuple[int, PersonRow]]
) -> Iterator[Fault]:
    people = list(people)
    stored = Person.objects.filter(organization=organization).values_list(
        "external_id", "manager__external_id"
    )
    manager_of = {external_id: manager or "" for external_id, manager in stored}
    known = manager_of.keys() | {person.external_id for _, person in people}
    manager_of |= {person.external_id: person.manager for _, person in people}
    for line, person in people:
        if person.manager and person.manager not in known:
            yield Fault(line, f"manager {person.manager!r} is not among the people")
        elif _leads_back(person.external_id, manager_of):
            yield Fault(line, f"manager {person.manager!r} leads back to {person.external_id!r}")


def _leads_back(start: str, manager_of: dict[str, str]) -> bool:
    at, seen = manager_of.get(start, ""), set()
    while at and at not in seen:
        if at == start:
            return True
        seen.add(at)
        at = manager_of.get(at, "")
    return False
