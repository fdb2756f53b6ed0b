"""What people have submitted, by month."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncMonth

from activity.counts import SUBMITTED
from activity.models import Activity
from activity.months import last_twelve, month_start
from boards.months import Rhythm, Runs, runs
from people.clock import now
from people.models import Person

IMPLEMENTED = "improvement.implemented"


def rhythms(people: Sequence[Person], viewer: Person) -> dict[int, Rhythm]:
    """By person, the improvements submitted in the last twelve months. One query."""
    zone = viewer.organization.time_zone
    months = last_twelve(now(), zone)
    submitted = _done(people, viewer).filter(
        kind__name=SUBMITTED, occurred_at__gte=month_start(months[0], zone)
    )
    counts = {(person, month.date()): count for person, _, month, count in _monthly(submitted, viewer)}
    return {
        person.pk: Rhythm([(month, counts.get((person.pk, month), 0)) for month in months])
        for person in people
    }


@dataclass(frozen=True)
class Deeds:
    """One person's improvements: the last twelve months, runs of months, and totals since ever."""

    rhythm: Rhythm
    runs: Runs
    submitted: int
    implemented: int


def deeds(person: Person, viewer: Person) -> Deeds:
    """One query."""
    done = _done([person], viewer).filter(kind__name__in=[SUBMITTED, IMPLEMENTED])
    counts = {(kind, month.date()): count for _, kind, month, count in _monthly(done, viewer)}
    months = last_twelve(now(), viewer.organization.time_zone)
    return Deeds(
        Rhythm([(month, counts.get((SUBMITTED, month), 0)) for month in months]),
        runs([month for kind, month in counts if kind == SUBMITTED], months[-1]),
        sum(count for (kind, _), count in counts.items() if kind == SUBMITTED),
        sum(count for (kind, _), count in counts.items() if kind == IMPLEMENTED),
    )


def _done(people: Sequence[Person], viewer: Person) -> Any:
    ids = [person.pk for person in people]
    return Activity.objects.visible_to(viewer).counting().filter(person__in=ids, occurred_at__lte=now())


def _monthly(activities: Any, viewer: Person) -> Any:
    """(person, kind's name, first instant of the month, how many)."""
    month = TruncMonth("occurred_at", tzinfo=viewer.organization.time_zone)
    rows = activities.annotate(month=month).order_by().values_list("person", "kind__name", "month")
    return rows.annotate(Count("pk"))
