"""What a piece of work costs: CPU seconds of the database's backend and of this process, and time on the wall.

The backend's is the measure: other people's load on the machine changes it least.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    backend: float = 0.0
    python: float = 0.0
    wall: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.backend + other.backend, self.python + other.python, self.wall + other.wall)


def cost(work: Callable[[], object]) -> Cost:
    pid = _backend()
    before = (_cpu_of(pid), time.process_time(), time.perf_counter())
    work()
    after = (_cpu_of(pid), time.process_time(), time.perf_counter())
    return Cost(*(b - a for a, b in zip(before, after, strict=True)))


def percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _cpu_of(pid: int) -> float:
    """By the scheduler's account, where the kernel keeps one: `stat` counts hundredths of a second only."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except FileNotFoundError:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
