"""An organization's own time: what a clock on its wall says, and PostgreSQL reckoning by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.db import connection


def instant_of(local: datetime, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which clocks there say this; as everywhere in rules, the later of two readings.

    There are two where the time comes twice, or not at all, as clocks change. Raises `OverflowError`.
    """
    return max(local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


def last_instant(day: date, zone: tzinfo) -> datetime:
    """The last microsecond, in UTC, whose local date is that day."""
    following = datetime.combine(day + timedelta(days=1), time(), zone)
    return following.astimezone(UTC) - timedelta(microseconds=1)


@contextmanager
def local_time(zone: str) -> Iterator[None]:
    """Let PostgreSQL reckon in that zone until the block ends; inside a transaction.

    In the block, read instants as `x AT TIME ZONE 'UTC'`: Django takes every timestamptz for UTC, whatever its offset.
    """
    _set_zone(zone)
    yield
    _set_zone("UTC")


def _set_zone(zone: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('TimeZone', %s, true)", [zone])
