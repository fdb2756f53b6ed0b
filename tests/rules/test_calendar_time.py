"""The naive evaluator reckons time as PostgreSQL does in a session whose zone is the organization's."""

import os
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.rules.calendar_time import local_day, midnight, move_day, shift

ZONES = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Havana",
    "Pacific/Apia",
]
DURATIONS = ["1 day", "2 days", "1 week", "30 days", "1 month", "3 months", "1 year", "5 years"]
RECKON = """
    SELECT moment + sign * step::interval, moment::date, (moment::date + sign * step::interval)::timestamptz
    FROM unnest(%s::timestamptz[], %s::text[], %s::int[]) WITH ORDINALITY AS given (moment, step, sign, place)
    ORDER BY place
"""


def clock_changes(zone: str, first: date) -> list[datetime]:
    halves = [datetime(first.year, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * n) for n in range(3 * 365 * 48)]
    offsets = [half.astimezone(ZoneInfo(zone)).utcoffset() for half in halves]
    return [halves[i] for i in range(1, len(halves)) if offsets[i] != offsets[i - 1]] or halves[::5000]


def random_cases(zone: str) -> list[tuple[datetime, str, int]]:
    """Most are near a clock change, from there or to there; Apia's years are those of its lost day."""
    random = Random(zone)
    near = clock_changes(zone, date(2010 if zone == "Pacific/Apia" else 2025, 1, 1))
    cases = []
    for number in range(600):
        step, sign = random.choice(DURATIONS), random.choice([1, -1])
        moment = random.choice(near) + timedelta(seconds=random.randrange(-9000, 9000, 900))
        moment += timedelta(microseconds=random.choice([0, 1, -1]))
        if number % 3 == 1:
            moment = shift(moment, step, -sign, zone) + timedelta(minutes=random.choice([0, 30, -60]))
        if number % 3 == 2:
            moment += timedelta(minutes=random.randrange(500_000))
        cases.append((moment, step, sign))
    return cases


@pytest.mark.parametrize("zone", ZONES)
def test_reckoning_is_that_of_postgresql(zone: str) -> None:
    cases = random_cases(zone)
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"]) as session:
        session.execute("SELECT set_config('TimeZone', %s, false)", [zone])
        cursor = session.execute(RECKON, [list(column) for column in zip(*cases, strict=True)])
        found = [
            (moved.astimezone(UTC), day, start.astimezone(UTC)) for moved, day, start in cursor.fetchall()
        ]
    assert found == [
        (
            shift(moment, step, sign, zone),
            local_day(moment, zone),
            midnight(move_day(local_day(moment, zone), step, sign), zone),
        )
        for moment, step, sign in cases
    ]
