"""Bulk edits as their pages tell them: sums, and a line for each person."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from badges.models import Badge, Batch, BatchChange, BatchEntry, BatchState, Outcome, Undoing


@dataclass(frozen=True)
class Sums:
    """How many people change, stay and are left out, and get mail; so far, or as previewed."""

    changed: int
    unchanged: int
    left_out: int
    mailed: int
    restored: int
    not_restored: int

    def __str__(self) -> str:
        change = "changes" if self.changed == 1 else "change"
        stay = "stays as it is" if self.unchanged == 1 else "stay as they are"
        are = "is" if self.left_out == 1 else "are"
        return f"{self.changed} {change}, {self.unchanged} {stay}, {self.left_out} {are} left out"


@dataclass(frozen=True)
class Told:
    """A step with its badge."""

    badge: Badge | None
    do: str
    before: datetime | None
    after: datetime | None
    undone: str


@dataclass(frozen=True)
class Line:
    entry: BatchEntry
    outcome: str
    steps: list[Told] = field(default_factory=list)

    @property
    def is_otherwise(self) -> bool:
        """Whether it came otherwise than the preview said."""
        return self.entry.outcome not in {"", self.entry.planned}


def sums(batch: Batch) -> Sums:
    """Of the preview for a draft, of the outcomes for all others."""
    entries = BatchEntry.objects.filter(batch=batch)
    name = "planned" if batch.state == BatchState.DRAFT else "outcome"
    counts = entries.aggregate(
        **{outcome.value: Count("pk", filter=Q(**{name: outcome})) for outcome in Outcome},
        mailed=Count("pk", filter=Q(is_mailed=True)),
    )
    changes = BatchChange.objects.filter(entry__batch=batch)
    undone = changes.aggregate(
        restored=Count("pk", filter=Q(undone=Undoing.RESTORED)),
        not_restored=Count("pk", filter=~Q(undone__in=["", Undoing.RESTORED])),
    )
    return Sums(**counts, **undone)


@dataclass(frozen=True)
class Progress:
    done: int
    people: int


def progress_of(batch: Batch) -> Progress:
    """How many have their outcome; of a batch that is being undone, how many whom it changed have been undone."""
    if batch.state != BatchState.UNDOING:
        return Progress(batch.done, batch.people)
    changed = BatchEntry.objects.filter(batch=batch, outcome=Outcome.CHANGED)
    return Progress(**changed.aggregate(done=Count("undone_at"), people=Count("pk")))


def entries_of(batch: Batch, only: str = "") -> QuerySet[BatchEntry]:
    """By name of the person; `only` narrows them to an outcome."""
    entries = BatchEntry.objects.filter(batch=batch).select_related("person")
    if only:
        name = "planned" if batch.state == BatchState.DRAFT else "outcome"
        entries = entries.filter(**{name: only})
    found: QuerySet[BatchEntry] = entries.order_by("person__name", "person_id")
    return found


def lines(batch: Batch, entries: Sequence[BatchEntry]) -> list[Line]:
    """With two queries, however many. Whoever's turn has not come has no outcome, and no steps."""
    draft = batch.state == BatchState.DRAFT
    badges = Badge.objects.in_bulk({step["badge"] for entry in entries for step in entry.steps})
    undone = _undone(batch, entries)
    return [
        Line(
            entry,
            entry.planned if draft else entry.outcome,
            [_told(step, badges, undone.get((entry.pk, step["badge"]), "")) for step in entry.steps],
        )
        for entry in entries
    ]


def _told(step: dict[str, Any], badges: dict[int, Badge], undone: str) -> Told:
    return Told(badges.get(step["badge"]), step["do"], _at(step["before"]), _at(step["after"]), undone)


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _undone(batch: Batch, entries: Sequence[BatchEntry]) -> dict[tuple[int, int], str]:
    if batch.undone_at is None:
        return {}
    changes = BatchChange.objects.filter(entry__in=entries).values_list("entry", "award__badge", "undone")
    return {(entry, badge): undone for entry, badge, undone in changes}
