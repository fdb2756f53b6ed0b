"""A bulk edit as a CSV file to take home: a line for each person and badge, some people at a time."""

from collections.abc import Iterator
from datetime import datetime
from itertools import batched

from badges.batch_lines import Line, Told, entries_of, lines
from badges.models import Batch, BatchState, Undoing
from badges.planning import Do
from people.csv_files import csv_lines
from people.tenancy import tenant

CHUNK = 1000
HEADING = (
    "Person", "Staff number", "Location", "Outcome", "Left out because", "Badge", "What", "Ended before", "Ends now",
    "Undone", "Kept from rules", "Mail",
)  # fmt: skip
SAID = {
    Do.GIVE: "given",
    Do.RENEW: "renewed",
    Do.TAKE_BACK: "taken back",
    Do.HELD: "held already",
    Do.ABSENT: "not held",
    Do.BY_RULE: "a rule gave it, so it stays",
    Do.REFUSED: "left out because of it",
}


def parts_of(batch: Batch, only: str = "") -> Iterator[bytes]:
    """By name of the person, each part read by itself: a long file is never held as a whole."""
    yield csv_lines([HEADING], begins=True)
    with tenant(batch.organization):
        ids = list(entries_of(batch, only).values_list("pk", flat=True))
    for some in batched(ids, CHUNK):
        with tenant(batch.organization):
            entries = entries_of(batch, only).select_related("person__location").filter(pk__in=some)
            rows = [row for line in lines(batch, list(entries)) for row in _rows(batch, line)]
        yield csv_lines(rows)


def _rows(batch: Batch, line: Line) -> Iterator[list[object]]:
    entry = line.entry
    who = [entry.person.name, entry.person.external_id, entry.person.location or ""]
    outcome = entry.get_planned_display() if batch.state == BatchState.DRAFT else entry.get_outcome_display()
    told = [outcome or "its turn comes", entry.get_why_display()]
    rest = [entry.kept_by_rule or "", "yes" if entry.is_mailed and batch.undone_at is None else "no"]
    for step in line.steps:
        yield [*who, *told, *_step(batch, step), *rest]
    if not line.steps:
        yield [*who, *told, "", "", "", "", "", *rest]


def _step(batch: Batch, step: Told) -> list[object]:
    def day(at: datetime | None) -> str:
        return at.astimezone(batch.organization.time_zone).date().isoformat() if at else ""

    undone = Undoing(step.undone).label if step.undone else ""
    return [step.badge or "", SAID[Do(step.do)], day(step.before), day(step.after), undone]
