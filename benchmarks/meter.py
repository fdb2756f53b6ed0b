"""What a piece of work costs: CPU seconds of the database's backend and of this process, and time on the wall.

The backend's is the measure: other people's load on the machine changes it least.
"""

import os
import statistics
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


def server_ms(action: Callable[[], object], rounds: int) -> float:
    """The median CPU time of this connection's server process."""
    pid = _backend()
    return _median_ms(lambda: _cpu_of(pid), action, rounds)


def here_ms(action: Callable[[], object], rounds: int) -> float:
    """The median CPU time of this process."""
    return _median_ms(time.process_time, action, rounds)


def first_ms(action: Callable[[], object]) -> float:
    """What a server process costs that is started for this alone: it knows neither the tables nor any plan."""
    times = []
    for _ in range(5):
        connection.close()
        pid = _backend()
        action()
        times.append(_cpu_of(pid))
    return 1000 * statistics.median(times)


def _median_ms(clock: Callable[[], float], action: Callable[[], object], rounds: int) -> float:
    """Once before it counts."""
    action()
    times = []
    for _ in range(rounds):
        before = clock()
        action()
        times.append(clock() - before)
    return 1000 * statistics.median(times)


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
