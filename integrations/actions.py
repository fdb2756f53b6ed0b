"""Imports: whole or nothing, safe to repeat, every bad row named."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import IO

from django.db import transaction

from activity.actions import Delivery, record_activities, void_activities
from activity.models import Activity, Kind
from integrations import rows
from integrations.checks import (
    Known,
    doubtful_managers,
    into_closed,
    known_by_name,
    planned,
    stored_people,
    taken,
    twice,
    verified_elsewhere,
)
from integrations.encodings import UTF8
from integrations.reading import BadRows, Fault, parse_all, read_rows
from people.audit import note_for
from people.bulk import Put, put_people
from people.clock import now
from people.models import Organization
from people.statistics import LARGE, refresh_statistics

BATCH = 1000
Progress = Callable[[int], object]


@dataclass
class Imported:
    """What an import of activities did; `differing` are ids whose second delivery reads differently.

    `remarks` are what else there is to say of its rows.
    """

    new: int = 0
    same: int = 0
    differing: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


@transaction.atomic
def import_people(*, organization: Organization, file: IO[bytes], encoding: str = UTF8) -> Put:
    """Put the people of a CSV. Raises `Unreadable` or `BadRows`, storing nothing."""
    read = read_rows(file, required=rows.PEOPLE, optional=rows.PEOPLE_OPTIONAL, encoding=encoding)
    people, _ = known_by_name(organization, list(parse_all(read, rows.person_row)))
    faults = [*twice(people), *doubtful_managers(organization, people), *taken(organization, people)]
    faults += into_closed(organization, people, stored_people(organization))
    _, misplaced = planned(organization, people)
    if faults := [*faults, *misplaced]:
        raise BadRows(faults)
    put = put_people(organization=organization, rows=[person for _, person in people])
    note_for(organization, None, "imported people", f"{put.new} new, {put.changed} changed, {put.same} same")
    return put


@transaction.atomic
def import_activities(
    *, organization: Organization, file: IO[bytes], source: str, encoding: str = UTF8,
    progress: Progress = lambda done: None,
) -> Imported:  # fmt: skip
    """Record the activities of a CSV; a `source` column, where there is one, wins over `source`.

    The file is read twice: first to find every bad row, then to record in batches, so memory stays bounded.
    Raises `Unreadable` or `BadRows`, storing nothing.
    """
    known = Known(organization)
    faults: list[Fault] = []
    elsewhere: Counter[str] = Counter()
    try:
        for line, (_, delivery) in _deliveries(file, source, encoding):
            faults += known.faults(line, delivery)
            elsewhere[delivery.kind] += known.verified(delivery)
    except BadRows as bad:
        faults += bad.faults
    if faults:
        raise BadRows(faults)
    kinds = {kind.name: kind for kind in Kind.objects.filter(organization=organization)}
    imported = Imported(remarks=list(verified_elsewhere(+elsewhere, kinds)))
    for batch in batched((pair for _, pair in _deliveries(file, source, encoding)), BATCH):
        for name in sorted({source for source, _ in batch}):
            recorded = record_activities(
                organization=organization,
                source=name,
                deliveries=[delivery for source, delivery in batch if source == name],
                deliberate=True,
            )
            imported.new += recorded.new
            imported.same += recorded.same
            imported.differing += recorded.differing
        progress(len(batch))
    if imported.new >= LARGE:
        refresh_statistics(Activity)
    note_for(organization, None, "imported activities", f"{imported.new} new, {imported.same} known")
    return imported


@transaction.atomic
def import_voids(*, organization: Organization, file: IO[bytes], source: str, encoding: str = UTF8) -> int:
    """Void the activities that a CSV lists; how many were not void already. Unknown ones are bad rows."""
    file.seek(0)
    read = read_rows(file, required=rows.VOIDS, optional=rows.VOIDS_OPTIONAL, encoding=encoding)
    voids = list(parse_all(read, lambda cells: _void(cells, source)))
    faults = [
        Fault(line, f"no activity of {name} has the id {external_id!r}")
        for line, (name, external_id, _) in voids
        if not Activity.objects.filter(
            organization=organization, source__name=name, external_id=external_id
        ).exists()
    ]
    if faults:
        raise BadRows(faults)
    return sum(
        void_activities(organization=organization, source=name, external_ids=[external_id], at=at)
        for _, (name, external_id, at) in voids
    )


def _void(cells: dict[str, str], source: str) -> tuple[str, str, datetime]:
    at = rows.instant(cells["voided_at"], "“voided_at”") if cells.get("voided_at") else now()
    return rows.source_of(cells, source), cells["external_id"], at


def _deliveries(file: IO[bytes], source: str, encoding: str) -> Iterator[tuple[int, tuple[str, Delivery]]]:
    def parse(cells: dict[str, str]) -> tuple[str, Delivery]:
        return rows.source_of(cells, source), rows.delivery(cells)

    file.seek(0)
    read = read_rows(file, required=rows.ACTIVITIES, optional=rows.ACTIVITIES_OPTIONAL, encoding=encoding)
    return parse_all(read, parse)
