"""A habit by calendar months of the organization."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from activity.months import number_of

Months = list[tuple[date, int]]


@dataclass(frozen=True)
class Rhythm:
    """Twelve months with their counts, oldest first; the last one is still running."""

    months: Months

    @property
    def values(self) -> list[int]:
        return [count for _, count in self.months]

    @property
    def total(self) -> int:
        return sum(self.values)

    @property
    def running_month(self) -> date:
        return self.months[-1][0]

    @property
    def counted(self) -> bool:
        """Whether the running month has one already."""
        return self.months[-1][1] > 0


@dataclass(frozen=True)
class Runs:
    """Months in a row with at least one: up to now, and the most ever."""

    current: int
    longest: int


def runs(active: Sequence[date], running: date) -> Runs:
    """From the first days of active months. The running month, still open, does not cut what came before."""
    numbers = sorted({number_of(first) for first in active})
    stretches = [
        [n for _, n in group] for _, group in groupby(enumerate(numbers), lambda pair: pair[1] - pair[0])
    ]
    longest = max((len(stretch) for stretch in stretches), default=0)
    last = stretches[-1] if stretches else []
    current = len(last) if last and last[-1] >= number_of(running) - 1 else 0
    return Runs(current, longest)
