"""Local time in SQL, in a session whose TimeZone is the organization's.

There `timestamptz ± interval`, `date_trunc` and `::date` are the calendar of docs/rules.md: local, by calendar, and
back to an instant, the later one where a local time comes twice or not at all.
"""

from psycopg.sql import SQL, Composable, Composed

from rules.engine.statement import sql

# Of the numbers of successive periods each is one more than the last. 0001-01-01 is a Monday.
NUMBER = {
    "day": "({at}::date - date '0001-01-01')",
    "week": "(({at}::date - date '0001-01-01' - {first}) / 7)",
    "month": "(date_part('year', {at}) * 12 + date_part('month', {at}) - 1)::int",
    "quarter": "(date_part('year', {at}) * 4 + date_part('quarter', {at}) - 1)::int",
    "year": "date_part('year', {at})::int",
}
FIRST_DAY = {
    "day": "(date '0001-01-01' + {number})",
    "week": "(date '0001-01-01' + {first} + 7 * ({number}))",
    "month": "make_date(({number}) / 12, ({number}) % 12 + 1, 1)",
    "quarter": "make_date(({number}) / 4, ({number}) % 4 * 3 + 1, 1)",
    "year": "make_date({number}, 1, 1)",
}
# Hours, which are no calendar's: what lies further apart is of two periods, and neither's number need be reckoned.
LONGER_THAN = {
    per: f"{24 * (days + 1)} hours"
    for per, days in {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}.items()
}

AT = SQL("at")


def period_number(per: str, first_weekday: int, at: Composable = AT) -> Composed:
    return sql(NUMBER[per], at=at, first=first_weekday - 1)


def first_day(per: str, first_weekday: int, number: Composable) -> Composed:
    return sql(FIRST_DAY[per], number=number, first=first_weekday - 1)


def first_instant(day: Composable) -> Composed:
    """The first instant whose local date is `day` or later; of two midnights the earlier, unlike `day::timestamptz`."""
    return sql(
        "(SELECT min(q) FROM generate_series({day}::timestamptz - interval '26 hours', {day}::timestamptz,"
        " interval '15 minutes') q WHERE q::date >= {day})",
        day=day,
    )


def parts(duration: str) -> tuple[int, int]:
    """Months and days of a duration, of which one is nought."""
    number, unit = duration.split()
    months = {"month": 1, "year": 12}.get(unit.removesuffix("s"), 0)
    days = {"day": 1, "week": 7}.get(unit.removesuffix("s"), 0)
    return months * int(number), days * int(number)


def after(at: Composable, duration: str) -> Composed:
    return sql("({at} + {duration}::interval)", at=at, duration=duration)


def window_end(at: Composable, duration: str) -> Composed:
    """The first instant at which what happened `at` has left a window of that length, never to come back.

    That is the first t with t - D >= at. Mostly it is `at` + D. 31 January leaves a month only on 1 March: on
    28 February, at any hour, a month ago is 28 January. Where a clock changes near one end, t - D may jump to and
    fro, and all quarters of an hour nearby are tried: clocks change at whole quarters.
    """
    end = _calendar_end(at, duration)
    return sql(
        "CASE WHEN {near_start} OR {near_end} THEN {search} ELSE {end} END",
        near_start=_clock_changes(at),
        near_end=_clock_changes(end),
        search=_search(at, end, duration),
        end=end,
    )


def _calendar_end(at: Composable, duration: str) -> Composed:
    if not parts(duration)[0]:
        return after(at, duration)
    return sql(
        "(CASE WHEN date_part('day', {end}) = date_part('day', {at}) THEN {end}"
        " ELSE date_trunc('month', {end}) + interval '1 month' END)",
        at=at,
        end=after(at, duration),
    )


def _clock_changes(at: Composable) -> Composed:
    return sql(
        "date_part('timezone', {at} - interval '26 hours') <> date_part('timezone', {at} + interval '26 hours')",
        at=at,
    )


def _search(at: Composable, end: Composable, duration: str) -> Composed:
    return sql(
        "(SELECT min(greatest(q, q + ({at} - (q - {duration}::interval))))"
        " FROM generate_series(date_trunc('hour', {end}) - interval '27 hours',"
        " date_trunc('hour', {end}) + interval '28 hours', interval '15 minutes') q"
        " WHERE (q - {duration}::interval) + interval '15 minutes' > {at})",
        at=at,
        end=end,
        duration=duration,
    )


def in_window(earlier: Composable, at: Composable, duration: str) -> Composed:
    """Whether what happened `earlier` is in the window at `at`; costly only near the window's far end."""
    return sql(
        "({earlier} > {at} - {duration}::interval"
        " AND CASE WHEN {at} < {earlier} + {surely}::interval THEN true ELSE {end} > {at} END)",
        earlier=earlier,
        at=at,
        duration=duration,
        surely=_surely_in(duration),
        end=window_end(earlier, duration),
    )


def _surely_in(duration: str) -> str:
    """For so long after it happened, something has not left the window, whatever months and clocks do."""
    months, days = parts(duration)
    hours = (months * 304 // 10 - 3 * bool(months) + days) * 24 - 27
    return f"{max(hours, 0)} hours"


def frame_in_doubt(oldest: Composable, at: Composable, duration: str) -> Composed:
    """Whether a frame of that length might hold what has left the window already, or lack what has not.

    Only where t - D may have stepped back before `at`: after the end of a shorter month, and where a clock changes
    near one end; and only if something lies near the window's far end. That the frame's `oldest` is not there
    settles it: whatever a frame has passed by was at or before some earlier t - D, and has left.
    """
    then = sql("({at} - {duration}::interval)", at=at, duration=duration)
    doubts = [_clock_changes(at), _clock_changes(then)]
    if parts(duration)[0]:
        doubts.append(sql("date_part('day', {then}) <> date_part('day', {at})", then=then, at=at))
    return sql(
        "({oldest} < {at} - {surely}::interval AND ({doubts}))",
        oldest=oldest,
        at=at,
        surely=_surely_in(duration),
        doubts=SQL(" OR ").join(doubts),
    )
