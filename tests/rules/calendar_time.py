"""Local reckoning, spelled out for the naive evaluator: `t ± D`, calendar periods, what a window has lost."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)
MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}


def parse_duration(text: str) -> tuple[int, int]:
    """'2 weeks' -> (0 months, 14 days); '1 year' -> (12 months, 0 days)."""
    number, unit = text.split()
    unit = unit.removesuffix("s")
    months = {"month": 1, "year": 12}.get(unit, 0) * int(number)
    days = {"day": 1, "week": 7}.get(unit, 0) * int(number)
    if (months > 0) == (days > 0):
        raise ValueError(text)
    return months, days


def add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def move_day(day: date, duration: str, sign: int) -> date:
    months, days = parse_duration(duration)
    return add_months(day, sign * months) + timedelta(days=sign * days)


def readings(local: datetime, zone: str) -> list[datetime]:
    """The two readings of a local time, alike but for one that comes twice or not at all."""
    return [local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]


def later_reading(local: datetime, zone: str) -> datetime:
    return max(readings(local, zone))


def local_time(at: datetime, zone: str) -> datetime:
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def local_day(at: datetime, zone: str) -> date:
    return local_time(at, zone).date()


@lru_cache(maxsize=100_000)
def shift(at: datetime, duration: str, sign: int, zone: str) -> datetime:
    local = local_time(at, zone)
    return later_reading(datetime.combine(move_day(local.date(), duration, sign), local.time()), zone)


def plus(at: datetime, duration: str, zone: str) -> datetime:
    return shift(at, duration, 1, zone)


def minus(at: datetime, duration: str, zone: str) -> datetime:
    return shift(at, duration, -1, zone)


def midnight(day: date, zone: str) -> datetime:
    """The instant that the local time 00:00 names: of two readings the later."""
    return later_reading(datetime.combine(day, time()), zone)


def first_instant(day: date, zone: str) -> datetime:
    """The first instant whose local date is `day` or, where the zone leaves that day out, a later one.

    Where midnight comes twice this is the earlier one, unlike `midnight`.
    """
    near = midnight(day, zone) - 2 * DAY
    steps = [near + timedelta(minutes=15 * n) for n in range(4 * 24 * 4)]
    return next(step for step in steps if local_day(step, zone) >= day)


# Windows -------------------------------------------------------------------------------------------


@lru_cache(maxsize=100_000)
def window_low(at: datetime, duration: str, zone: str) -> datetime:
    """What is later than this has never left the window that ends at `at`.

    Reading: "what has left a window does not come back" is taken of time itself, not of the instants at which
    somebody looked: an activity has left at the first t' with `t' - D` at or past it, activity at t' or none.
    So the low end is the furthest that `t' - D` has been at any t' up to `at`.
    """
    low = minus(at, duration, zone)
    if steps_are_even(at, duration, zone):
        return low
    return max([low, *(minus(step, duration, zone) for step in steps_before(at))])


def steps_are_even(at: datetime, duration: str, zone: str) -> bool:
    """Whether `t - D` cannot have stepped backwards shortly before `at`: no shorter month and no clock change
    is near. (A saving of time only: `window_low` is right without it, which a test checks.)"""
    low = minus(at, duration, zone)
    local, local_low = local_time(at, zone), local_time(low, zone)
    same_day = parse_duration(duration)[0] == 0 or local.day == local_low.day
    moments = [at - 7 * DAY, at, low - 7 * DAY, low, low + 7 * DAY]
    offsets = [moment.astimezone(ZoneInfo(zone)).utcoffset() for moment in moments]
    return same_day and offsets[0] == offsets[1] and offsets[2] == offsets[3] == offsets[4]


@lru_cache(maxsize=10_000)
def steps_before(at: datetime) -> list[datetime]:
    """The last microsecond of every quarter of an hour in the week before `at`: wherever `t - D` jumps
    (midnights, clock changes), it jumps at a whole quarter in the zones of today."""
    quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
    return [quarter - timedelta(minutes=15 * n) - MICROSECOND for n in range(7 * 24 * 4)]


def within(earlier: datetime, at: datetime, duration: str, zone: str) -> bool:
    return window_low(at, duration, zone) < earlier <= at


# Calendar periods ----------------------------------------------------------------------------------


def period_start(day: date, per: str, first_weekday: int) -> date:
    """The first local day of the day's period, which also names the period."""
    if per == "day":
        return day
    if per == "week":
        return day - timedelta(days=(day.isoweekday() - first_weekday) % 7)
    months = MONTHS_OF[per]
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def next_period(start: date, per: str) -> date:
    if per in MONTHS_OF:
        return add_months(start, MONTHS_OF[per])
    return start + timedelta(days=7 if per == "week" else 1)


def previous_period(start: date, per: str) -> date:
    if per in MONTHS_OF:
        return add_months(start, -MONTHS_OF[per])
    return start - timedelta(days=7 if per == "week" else 1)


def period_end(start: date, per: str, zone: str) -> datetime:
    return first_instant(next_period(start, per), zone)
