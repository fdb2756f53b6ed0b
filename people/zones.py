"""PostgreSQL reckoning in an organization's own time."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


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
