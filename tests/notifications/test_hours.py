"""Quiet hours and the hour of the digest, also on the days on which clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.hours import Hours

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")


def local(text: str, zone: ZoneInfo, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


@pytest.mark.parametrize(
    ("quiet", "at", "goes_at"),
    [
        ((22, 6), "2026-06-01 21:59", "2026-06-01 21:59"),
        ((22, 6), "2026-06-01 22:00", "2026-06-02 06:00"),
        ((22, 6), "2026-06-02 05:59", "2026-06-02 06:00"),
        ((22, 6), "2026-06-02 06:00", "2026-06-02 06:00"),
        ((8, 17), "2026-06-02 08:00", "2026-06-02 17:00"),
        ((8, 17), "2026-06-02 07:59", "2026-06-02 07:59"),
        ((8, 17), "2026-06-02 17:00", "2026-06-02 17:00"),
        ((22, 0), "2026-06-01 23:30", "2026-06-02 00:00"),
        ((22, 6), "2026-03-28 23:00", "2026-03-29 06:00"),  # Berlin loses 2:00 to 3:00 in this night
        ((22, 6), "2026-10-24 23:00", "2026-10-25 06:00"),  # and has it twice in this one
        ((22, 2), "2026-03-28 23:00", "2026-03-29 03:00"),  # 2:00 does not come
    ],
)
def test_quiet_hours_end_on_the_local_clock(quiet: tuple[int, int], at: str, goes_at: str) -> None:
    hours = Hours(BERLIN, quiet_from=quiet[0], quiet_until=quiet[1])
    assert hours.after_quiet(local(at, BERLIN)) == local(goes_at, BERLIN).astimezone(UTC)


def test_in_the_second_two_o_clock_it_is_as_quiet_as_in_the_first() -> None:
    hours = Hours(BERLIN, quiet_from=22, quiet_until=3)
    for fold in (0, 1):
        at = local("2026-10-25 02:30", BERLIN, fold)
        assert hours.after_quiet(at) == datetime(2026, 10, 25, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "digest"),
    [
        ("2026-03-07 09:00", "2026-03-08 08:00"),  # New York's 8 March has 23 hours
        ("2026-03-08 07:59", "2026-03-08 08:00"),
        ("2026-03-08 08:00", "2026-03-09 08:00"),
        ("2026-10-31 08:00", "2026-11-01 08:00"),  # its 1 November has 25
        ("2026-11-01 08:00", "2026-11-02 08:00"),
    ],
)
def test_the_digest_goes_at_its_hour_of_the_local_day(at: str, digest: str) -> None:
    assert Hours(NEW_YORK).next_digest(local(at, NEW_YORK)) == local(digest, NEW_YORK).astimezone(UTC)


def test_a_digest_at_an_hour_that_comes_twice_goes_once() -> None:
    hours = Hours(NEW_YORK, digest=1)
    first = hours.next_digest(local("2026-10-31 12:00", NEW_YORK))
    assert first == datetime(2026, 11, 1, 5, tzinfo=UTC)
    assert hours.next_digest(first) == datetime(2026, 11, 2, 6, tzinfo=UTC)


def test_a_digest_at_an_hour_that_is_left_out_goes_after_it() -> None:
    at = Hours(NEW_YORK, digest=2).next_digest(local("2026-03-07 12:00", NEW_YORK))
    assert at == datetime(2026, 3, 8, 7, tzinfo=UTC)


def test_a_digest_in_quiet_hours_waits_for_their_end() -> None:
    hours = Hours(BERLIN, digest=5, quiet_from=22, quiet_until=7)
    assert hours.next_digest(local("2026-06-01 12:00", BERLIN)) == local("2026-06-02 07:00", BERLIN)


@given(
    st.integers(0, 365 * 24 * 60).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m)),
    st.integers(0, 23),
    st.integers(0, 23),
    st.integers(0, 23),
)
def test_it_is_never_quiet_then_and_never_more_than_two_days_off(
    at: datetime, digest: int, start: int, end: int
) -> None:
    hours = Hours(BERLIN, digest, *((None, None) if start == end else (start, end)))
    for goes_at in (hours.after_quiet(at), hours.next_digest(at)):
        assert at <= goes_at <= at + timedelta(hours=49)
        assert hours.after_quiet(goes_at) == goes_at
