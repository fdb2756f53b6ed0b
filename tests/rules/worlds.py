"""Random worlds and rules, to compare the engine with the naive evaluator.

Numbers are small and instants cluster (around midnights, month ends, clock changes, and one duration
from each other) so that windows, ties and borders are really hit. The first choice of everything is the
plainest one, so that failures shrink to something readable.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tests.rules.calendar_time import (
    DAY,
    MICROSECOND,
    local_day,
    midnight,
    minus,
    period_start,
    plus,
)
from tests.rules.naive import Activity, HandAward, Json, Person, Revocation, World, selectors

type Strategy = st.SearchStrategy[Any]
ZONES = [
    "UTC",
    "America/New_York",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Havana",
    "Asia/Kathmandu",
]
KINDS = ["improvement.submitted", "improvement.implemented", "task.completed"]
ROLES = ["author", "leader"]
LOCATIONS = {"hq": None, "east": "hq", "west": "hq", "east-1": "east"}
TITLES = ["Nurse", "Clerk"]
AREAS: list[Any] = ["docs", "floor", 1, True, None]
HAND_BADGES = ["by-hand", "belt"]
RULE_BADGES = ["b0", "b1", "b2"]
DURATIONS = ["7 days", "1 day", "2 days", "1 week", "1 month", "2 months", "3 months"]
COMBINING = ("all_of", "any_of", "at_least")
PERIODS = ["week", "day", "month", "quarter", "year"]
# Month ends, New Year, clock changes of the zones above, and a plain day first; fourteen months in all.
DAYS = [
    date(2026, 3, 4),
    date(2026, 1, 28),
    date(2026, 1, 31),
    date(2026, 2, 28),
    date(2026, 3, 1),
    date(2026, 3, 8),
    date(2026, 3, 28),
    date(2026, 3, 29),
    date(2026, 3, 30),
    date(2026, 3, 31),
    date(2026, 4, 5),
    date(2026, 4, 24),
    date(2026, 4, 30),
    date(2026, 5, 31),
    date(2026, 10, 4),
    date(2026, 10, 25),
    date(2026, 10, 29),
    date(2026, 11, 1),
    date(2026, 12, 28),
    date(2026, 12, 31),
    date(2027, 1, 1),
    date(2027, 1, 31),
    date(2027, 2, 28),
]
EPSILONS = [timedelta(0), timedelta(0), -MICROSECOND, MICROSECOND]
END_OF_WORLD = datetime(2027, 4, 1, tzinfo=UTC)

small = st.sampled_from([1, 2, 3])
duration = st.sampled_from(DURATIONS)


# Worlds ----------------------------------------------------------------------------------------------


@st.composite
def instants(draw: Callable[..., Any], zone: str, around: list[datetime]) -> datetime:
    """Near a day that matters, or beside one of the instants given, or exactly a duration from it."""
    epsilon: timedelta = draw(st.sampled_from(EPSILONS))
    ways = ["beside", "beside", "day", "apart", "beside", "apart"]
    way = draw(st.sampled_from(ways if around else ["day"]))
    if way == "day":
        minutes: int = draw(st.sampled_from([720, 0, 30, 90, 120, 150, 180, 1410]))
        return midnight(draw(st.sampled_from(DAYS)), zone) + timedelta(minutes=minutes) + epsilon
    other: datetime = draw(st.sampled_from(around))
    if way == "apart":
        forward: bool = draw(st.booleans())
        return (plus if forward else minus)(other, draw(duration), zone) + epsilon
    hours: int = draw(st.sampled_from([0, 1, 6, 24, 24, 25, 48, 72, 168, 720]))
    return other + timedelta(hours=hours) + (epsilon if hours else timedelta(0))


@st.composite
def people(draw: Callable[..., Any]) -> dict[str, Person]:
    names = ["ann", "bob", "cid", "dot"][: draw(st.sampled_from([1, 1, 1, 2, 2, 3, 4]))]
    return {name: draw(persons(name)) for name in names}


@st.composite
def persons(draw: Callable[..., Any], name: str) -> Person:
    joined_on = draw(
        st.sampled_from([date(2026, 1, 1), None, date(2026, 1, 31), date(2026, 10, 31), date(2024, 2, 29)])
    )
    since = draw(st.lists(st.sampled_from([None, *DAYS]), max_size=3, unique=True))
    since.sort(key=lambda day: day or date.min)
    where, titles = st.sampled_from(["hq", "east", "east-1", "west", None]), st.sampled_from(TITLES)
    return Person(name, joined_on, tuple((day, draw(where), draw(titles)) for day in since))


@st.composite
def activities(draw: Callable[..., Any], number: int, person: str, occurred_at: datetime) -> Activity:
    value = draw(st.sampled_from([1, 2, None, 5, -1, -3, "0.5"]))
    area = draw(st.sampled_from(["none", *AREAS]))
    return Activity(
        person=person,
        kind=draw(st.sampled_from([KINDS[0], KINDS[0], KINDS[1], KINDS[2]])),
        role=draw(st.sampled_from(ROLES)),
        occurred_at=occurred_at,
        value=None if value is None else Decimal(value),
        attributes={} if area == "none" else {"area": area},
        location=draw(st.sampled_from([None, *LOCATIONS])),
        source=draw(st.sampled_from(["lapel", "import"])),
        external_id=f"{number % 7}-{number}",  # not in the order of arrival
        voided=draw(st.sampled_from([False] * 7 + [True])),
    )


@st.composite
def worlds(draw: Callable[..., Any], rules: list[Json] | None = None) -> World:
    """Revocations are of the `rules`, with keys where they are repeatable; else of `RULE_BADGES`."""
    zone = draw(st.sampled_from(ZONES))
    first_weekday = draw(st.sampled_from([1, 7, 6, 3]))
    folks = draw(people())
    names = st.sampled_from([*folks])
    at: list[datetime] = []
    ledger = []
    # The most of three draws: many activities are the rule, and shrinking still gets down to few.
    for number in range(max(draw(st.integers(0, 25)) for _ in range(3))):
        moment = draw(instants(zone, at))
        at.append(min(moment, END_OF_WORLD))
        ledger.append(draw(activities(number, draw(names), at[-1])))
    near = instants(zone, at)
    hand = [
        HandAward(draw(st.sampled_from([*HAND_BADGES, RULE_BADGES[0]])), draw(names), starts, ends)
        for starts in draw(st.lists(near, max_size=4))
        if (ends := draw(st.none() | near)) is None or ends > starts
    ]
    revoked = [
        draw(revocations(rules, draw(names), draw(near), zone, first_weekday, at)) for _ in range(draw(few()))
    ]
    return World(zone, first_weekday, folks, dict(LOCATIONS), tuple(ledger), tuple(revoked), tuple(hand))


def few() -> Strategy:
    return st.sampled_from([0, 0, 1, 2, 3])


@st.composite
def revocations(
    draw: Callable[..., Any],
    rules: list[Json] | None,
    person: str,
    at: datetime,
    zone: str,
    first_weekday: int,
    around: list[datetime],
) -> Revocation:
    """Of a rule of the list; with the key of an award that it might have, where it is repeatable."""
    if rules is None:
        return Revocation(draw(st.sampled_from(RULE_BADGES)), person, at)
    rule = draw(st.sampled_from(rules))
    if not rule["repeatable"]:
        return Revocation(rule["id"], person, at)
    per = rule["criterion"].get("per")
    if per is None:
        return Revocation(rule["id"], person, at, draw(st.sampled_from(["1", "2", "3"])))
    moment = draw(st.sampled_from([*around, at]))
    period = period_start(local_day(moment, zone), per, first_weekday)
    return Revocation(rule["id"], person, at, period.isoformat())


# Rules -----------------------------------------------------------------------------------------------


@st.composite
def selects(draw: Callable[..., Any]) -> Json:
    """Mostly one kind and nothing else; what narrows further is rare, and rarer together."""
    select: Json = {"kinds": draw(st.sampled_from([[KINDS[0]], KINDS, KINDS[:2], [KINDS[1]]]))}
    narrow = {
        "roles": st.sampled_from([["author"], ["leader"], ROLES]),
        "attributes": st.sampled_from(
            [{"area": ["docs", "floor"]}, {"area": "docs"}, {"area": [1]}, {"area": [True, None]}]
        ),
        "min_value": st.sampled_from([1, 2, 0.5, -1]),
        "location": st.sampled_from(["hq", "east"]),
        "per_day": st.sampled_from([1, 2]),
    }
    for key in draw(
        st.sampled_from(
            [[], [], [], *([key] for key in narrow), ["per_day", "min_value"], ["roles", "location"]]
        )
    ):
        select[key] = draw(narrow[key])
    if draw(st.sampled_from([False] * 9 + [True])):
        del select["kinds"]
    return select


@st.composite
def windows(draw: Callable[..., Any], ways: list[str]) -> Json:
    way = draw(st.sampled_from(ways))
    return {
        "ever": {},
        "within": {"within": draw(duration)},
        "per": {"per": draw(st.sampled_from(PERIODS[:4]))},
    }[way]


@st.composite
def counts(draw: Callable[..., Any], ways: tuple[str, ...] = ("ever", "within", "within", "per")) -> Json:
    return {"type": "count", "at_least": draw(small), **draw(windows([*ways])), "select": draw(selects())}


@st.composite
def sums(draw: Callable[..., Any], ways: tuple[str, ...] = ("ever", "within", "within", "per")) -> Json:
    at_least = draw(st.sampled_from([2, 1, 0, 2.5, 5, -1]))
    return {"type": "sum", "at_least": at_least, **draw(windows([*ways])), "select": draw(selects())}


@st.composite
def averages(draw: Callable[..., Any]) -> Json:
    window = draw(windows(["ever", "within"]))
    at_least = draw(st.sampled_from([1, 0, 1.5, 2]))
    return {"type": "average", "at_least": at_least, "over": draw(small), **window, "select": draw(selects())}


@st.composite
def streaks(draw: Callable[..., Any]) -> Json:
    length, each = draw(st.sampled_from([2, 1, 3])), draw(st.sampled_from([1, 1, 2]))
    per = draw(st.sampled_from(["day", "week", "month", "quarter"]))
    return {"type": "streak", "length": length, "per": per, "each": each, "select": draw(selects())}


def tenures() -> Strategy:
    return st.sampled_from(["1 month", "2 months", "90 days", "1 year"]).map(
        lambda of: {"type": "tenure", "of": of}
    )


@st.composite
def holdings(draw: Callable[..., Any], earlier: tuple[str, ...]) -> Json:
    badges = draw(st.lists(st.sampled_from([*earlier, *HAND_BADGES]), min_size=1, max_size=3, unique=True))
    return {"type": "holds", "at_least": draw(st.integers(1, len(badges))), "badges": badges}


@st.composite
def combinations(
    draw: Callable[..., Any], earlier: tuple[str, ...], depth: int, kinds: tuple[str, ...] = COMBINING
) -> Json:
    parts = draw(st.lists(criteria(earlier, depth - 1), min_size=1 if depth == 1 else 2, max_size=3))
    kind = draw(st.sampled_from(kinds))
    combination: Json = {"type": kind, "parts": parts}
    if kind == "at_least":
        combination["k"] = draw(st.integers(1, len(parts)))
    if draw(st.sampled_from([False, False, True])):
        combination["within"] = draw(duration)
    return combination


def criteria(earlier: tuple[str, ...], depth: int = 2) -> Strategy:
    plain = [counts(), sums(), averages(), streaks(), tenures(), holdings(earlier)]
    return st.one_of(*plain, *([combinations(earlier, depth)] * 4 if depth else []))


def repeatable_criteria() -> Strategy:
    return st.one_of(counts(("ever", "per")), sums(("per",)), streaks())


@st.composite
def retentions(draw: Callable[..., Any], criterion: Json, repeatable: bool) -> Json:
    kind = criterion["type"]
    allowed = ["permanent", "expires", "expires"]
    if not repeatable:
        allowed += [] if kind in {"tenure", "holds"} else ["while", "while"]
        allowed += ["satisfied", "satisfied"] if kind in {"holds", "streak"} else []
    chosen = draw(st.sampled_from(allowed))
    grace = {"grace": draw(duration)} if chosen != "permanent" and draw(st.booleans()) else {}
    if chosen == "expires":
        return {"type": chosen, "after": draw(duration), **grace}
    if chosen != "while":
        return {"type": chosen, **grace}
    cover: Json = {"type": chosen, "at_least": draw(st.sampled_from([1, 1, 2, 3])), "within": draw(duration)}
    cover |= grace
    if len(selectors(criterion)) != 1 or draw(st.booleans()):
        cover["select"] = draw(selects())
    return cover


@st.composite
def audiences(draw: Callable[..., Any]) -> Json:
    audience = {
        "locations": st.sampled_from([["hq"], ["east"], ["east-1", "west"]]),
        "titles": st.sampled_from([["Nurse"], TITLES]),
        "joined_from": st.sampled_from(["2026-01-01", "2026-01-31"]),
    }
    return {
        key: draw(audience[key])
        for key in draw(st.lists(st.sampled_from([*audience]), min_size=1, unique=True))
    }


@st.composite
def campaigns(draw: Callable[..., Any]) -> Json:
    """From one instant up to another, of which either may be missing."""
    days = sorted(draw(st.lists(st.sampled_from(DAYS), min_size=2, max_size=2, unique=True)))
    edges = [
        f"{day.isoformat()}T{draw(st.sampled_from(['00:00:00', '12:00:00', '04:00:00']))}Z" for day in days
    ]
    campaign = dict(zip(["from", "until"], edges, strict=True))
    for key in draw(st.sampled_from([[], ["from"], ["until"]])):
        del campaign[key]
    return campaign


def some(strategy: Strategy, one_in: int) -> Strategy:
    return st.sampled_from([False] * (one_in - 1) + [True]).flatmap(
        lambda yes: strategy if yes else st.none()
    )


@st.composite
def rules(draw: Callable[..., Any], badge: str = "b0", earlier: tuple[str, ...] = ()) -> Json:
    repeatable = draw(st.sampled_from([False, False, False, True]))
    criterion = draw(repeatable_criteria() if repeatable else criteria(earlier))
    rule: Json = {
        "id": badge,
        "name": badge.upper(),
        "repeatable": repeatable,
        "criterion": criterion,
        "retention": draw(retentions(criterion, repeatable)),
    }
    for key, extra in (("for", some(audiences(), 5)), ("counts", some(campaigns(), 6))):
        if (drawn := draw(extra)) is not None:
            rule[key] = drawn
    return rule


@st.composite
def rule_sets(draw: Callable[..., Any], max_size: int = len(RULE_BADGES)) -> list[Json]:
    """Rules of which each may hold the badges of those before it."""
    count = draw(st.integers(1, max_size))
    return [draw(rules(RULE_BADGES[i], tuple(RULE_BADGES[:i]))) for i in range(count)]


@st.composite
def cases(draw: Callable[..., Any]) -> tuple[World, list[Json], datetime]:
    """A world, rules for it, and an instant to ask about: the end of it all, or one amid it."""
    rule_list = draw(rule_sets())
    world = draw(worlds(rule_list))
    end = END_OF_WORLD + 30 * DAY
    moments = [activity.occurred_at for activity in world.activities]
    as_of = draw(st.sampled_from([end, end, end, "near"]))
    if as_of == "near":
        as_of = draw(instants(world.zone, moments))
    return world, rule_list, as_of
