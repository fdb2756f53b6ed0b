"""Calendar months of an organization."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def month_start(first: date, zone: ZoneInfo) -> datetime:
    return datetime(first.year, first.month, 1, tzinfo=zone)


def number_of(first: date) -> int:
    return first.year * 12 + first.month - 1


def first_of(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def last_months(count: int, at: datetime, zone: ZoneInfo) -> list[date]:
    """First days of so many months up to the one of `at`, oldest first."""
    running = number_of(at.astimezone(zone).date())
    return [first_of(number) for number in range(running - count + 1, running + 1)]


def last_twelve(at: datetime, zone: ZoneInfo) -> list[date]:
    return last_months(12, at, zone)
