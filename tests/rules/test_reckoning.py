"""Windows and periods in PostgreSQL against the calendar spelled out, where clocks change and months end."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from psycopg.sql import SQL

from people.zones import instant_of, last_instant, local_time
from rules.engine import reckoning
from rules.engine.statement import sql, union
from tests.rules.calendar_time import first_instant, local_day, midnight, minus, period_start, plus, within
from tests.rules.worlds import DAYS

ZONES = [
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Havana",
    "Asia/Beirut",
    "Antarctica/Troll",
    "UTC",
]
DURATIONS = ["1 day", "7 days", "1 month", "2 months", "1 year"]
MICROSECOND = timedelta(microseconds=1)


def near(random: Random, zone: str) -> datetime:
    """Near a month's end or a change of clocks, often at a whole quarter."""
    quarters = timedelta(minutes=15 * random.randint(-12, 110))
    return midnight(random.choice(DAYS), zone) + quarters + random.choice([0, 0, 1, -1]) * MICROSECOND


def pairs(zone: str, duration: str) -> list[tuple[datetime, datetime]]:
    """(earlier, at): about a window's length apart."""
    random = Random(f"{zone} {duration}")
    found = []
    for _ in range(25):
        at = near(random, zone)
        lag = timedelta(minutes=15 * random.randint(-8, 300)) + random.choice([0, 1, -1]) * MICROSECOND
        found.append((minus(at, duration, zone) + lag, at))
    for at in around_changes(zone, duration):
        found += [(minus(at, duration, zone) + timedelta(minutes=lag), at) for lag in (15, 30, 60, 105)]
    return [(earlier, at) for earlier, at in found if earlier <= at]


def around_changes(zone: str, duration: str) -> list[datetime]:
    """Every half hour beside a change of clocks, or a window's length after one."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(365 * 24)]
    local = ZoneInfo(zone)
    changes = [
        b for a, b in pairwise(hours) if a.astimezone(local).utcoffset() != b.astimezone(local).utcoffset()
    ]
    steps = [timedelta(minutes=30 * n) for n in range(-3, 7)]
    return [
        at + step for change in changes for at in (change, plus(change, duration, zone)) for step in steps
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("duration", DURATIONS)
@pytest.mark.parametrize("zone", ZONES)
def test_what_is_in_a_window(zone: str, duration: str) -> None:
    asked = pairs(zone, duration)
    rows = union(sql("SELECT {number} AS number, {earlier} AS earlier, {at} AS at", number=i, earlier=e, at=at)
                 for i, (e, at) in enumerate(asked))  # fmt: skip
    query = sql(
        "SELECT {test} FROM ({rows}) p ORDER BY number",
        test=reckoning.in_window(SQL("earlier"), SQL("at"), duration),
        rows=rows,
    )
    with local_time(zone), connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        answers = [row[0] for row in cursor.fetchall()]
    assert answers == [within(earlier, at, duration, zone) for earlier, at in asked]


@pytest.mark.django_db
@pytest.mark.parametrize("per", ["day", "week", "month", "quarter", "year"])
@pytest.mark.parametrize("zone", ZONES)
def test_periods_begin_where_the_calendar_says(zone: str, per: str) -> None:
    random = Random(f"{zone} {per}")
    instants = [near(random, zone) for _ in range(40)]
    for first_weekday in (1, 7, 3):
        number = reckoning.period_number(per, first_weekday)
        rows = union(
            sql("SELECT {number} AS number, {at} AS at", number=i, at=at) for i, at in enumerate(instants)
        )
        query = sql(
            "SELECT {day} FROM ({rows}) p ORDER BY number",
            day=reckoning.first_day(per, first_weekday, number),
            rows=rows,
        )
        with local_time(zone), connection.cursor() as cursor:
            cursor.execute(query.as_string(connection.connection))
            answers = [row[0] for row in cursor.fetchall()]
        assert answers == [period_start(local_day(at, zone), per, first_weekday) for at in instants]


@pytest.mark.django_db
@pytest.mark.parametrize("zone", [*ZONES, "Pacific/Apia", "Atlantic/Azores"])
def test_the_first_instant_of_a_day(zone: str) -> None:
    days = [*DAYS, date(2011, 12, 30), date(2011, 12, 31), date(2026, 3, 29), date(2026, 10, 25)]
    query = union(
        sql("SELECT {at} AT TIME ZONE 'UTC'", at=reckoning.first_instant(sql("{day}::date", day=day)))
        for day in days
    )
    with local_time(zone), connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        answers = [row[0].replace(tzinfo=UTC) for row in cursor.fetchall()]
    assert answers == [first_instant(day, zone) for day in days]


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ZONES[:-1])
def test_what_people_write_is_read_as_rules_reckon(zone: str) -> None:
    """Local times around every change of clocks: those that come twice, and those that do not come."""
    written = [
        (at.astimezone(ZoneInfo(zone)) + timedelta(minutes=minutes)).replace(tzinfo=None)
        for at in around_changes(zone, "1 day")
        for minutes in (0, 30)
    ]
    query = union(sql("SELECT {at}::timestamp AT TIME ZONE {zone}", at=at, zone=zone) for at in written)
    with connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        assert [instant_of(at, ZoneInfo(zone)) for at in written] == [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize(
    ("zone", "day", "last"),
    [
        ("Africa/Cairo", date(2026, 10, 29), "2026-10-29T22:00"),  # from midnight back to eleven
        ("America/Nuuk", date(2026, 3, 28), "2026-03-29T01:00"),  # from eleven to midnight
        ("America/New_York", date(2026, 11, 1), "2026-11-02T05:00"),
    ],
)
def test_a_day_lasts_until_the_next_one_begins(zone: str, day: date, last: str) -> None:
    assert last_instant(day, ZoneInfo(zone)) == datetime.fromisoformat(last + "Z") - MICROSECOND
