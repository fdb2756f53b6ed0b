"""Every criterion with every retention: Lapel's rule, and the shortest SQL by hand for the same answer.

A hand's hits are a query (person_id, at) over `a`, the matching activities. Windows are whole days: by frames and
`lag` a month's far end would be another answer (docs/adr/0004).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

type Json = dict[str, Any]

SUBMITTED = {"kinds": ["improvement.submitted"]}
FRAME = "RANGE BETWEEN interval '{} days' - interval '1 microsecond' PRECEDING AND CURRENT ROW"
MONTH = "date_part('year', at) * 12 + date_part('month', at)"
QUARTER = "date_part('year', at) * 4 + date_part('quarter', at)"


@dataclass(frozen=True)
class Case:
    name: str
    criterion: Json
    retention: Json
    by_hand: str
    repeatable: bool = False

    @property
    def rule(self) -> Json:
        return {
            "id": "measured", "criterion": self.criterion, "retention": self.retention, "repeatable": self.repeatable
        }  # fmt: skip


def filtered(over: str, test: str, columns: str = "*") -> str:
    return f"SELECT person_id, at FROM (SELECT {columns}, {over} FROM a) w WHERE {test}"


def nth(n: int) -> str:
    return filtered("row_number() OVER (PARTITION BY person_id ORDER BY at) AS n", f"n >= {n}")


def burst(n: int, days: int) -> str:
    return filtered(
        f"lag(at, {n - 1}) OVER (PARTITION BY person_id ORDER BY at) AS before",
        f"before > at - interval '{days} days'",
    )


def streak(length: int) -> str:
    return (
        "SELECT person_id, at FROM (SELECT person_id, at, count(*) FILTER (WHERE first) OVER (PARTITION BY person_id"
        f" ORDER BY week RANGE BETWEEN {length - 1} PRECEDING AND CURRENT ROW) AS run FROM (SELECT *,"
        " row_number() OVER (PARTITION BY person_id, week ORDER BY at) = 1 AS first FROM (SELECT person_id, at,"
        f" (at::date - date '2001-01-01') / 7 AS week FROM a) w) f) r WHERE run = {length}"
    )


TENURE = "SELECT id AS person_id, (joined_on + interval '3 years')::timestamptz AS at FROM people_person"
TENURE = f"SELECT * FROM ({TENURE} WHERE organization_id = %(organization)s) t WHERE at <= %(now)s"
PARTS: list[Json] = [
    {"type": "count", "at_least": 10, "select": SUBMITTED},
    {"type": "count", "at_least": 3, "within": "7 days", "select": SUBMITTED},
    {"type": "tenure", "of": "3 years"},
]


def together(k: int, parts: list[str]) -> str:
    rows = " UNION ALL ".join(
        f"SELECT *, (row_number() OVER (PARTITION BY person_id ORDER BY at) = 1)::int AS new FROM ({part}) p{i}"
        for i, part in enumerate(parts)
    )
    return (
        "SELECT person_id, at FROM (SELECT *, sum(new) OVER (PARTITION BY person_id ORDER BY at) AS parts"
        f" FROM ({rows}) u) c WHERE parts >= {k}"
    )


CRITERIA: dict[str, tuple[Json, str]] = {
    "count ≥1 ever": ({"type": "count", "at_least": 1}, "SELECT person_id, at FROM a"),
    "count ≥10 ever": ({"type": "count", "at_least": 10}, nth(10)),
    "count ≥3 in 7 days": ({"type": "count", "at_least": 3, "within": "7 days"}, burst(3, 7)),
    "count ≥5 per month": (
        {"type": "count", "at_least": 5, "per": "month"},
        filtered(f"row_number() OVER (PARTITION BY person_id, {MONTH} ORDER BY at) AS n", "n >= 5"),
    ),
    "sum ever": (
        {"type": "sum", "at_least": 10000},
        filtered("sum(value) OVER (PARTITION BY person_id ORDER BY at) AS total", "total >= 10000"),
    ),
    "sum in 30 days": (
        {"type": "sum", "at_least": 3000, "within": "30 days"},
        filtered(
            f"sum(value) OVER (PARTITION BY person_id ORDER BY at {FRAME.format(30)}) AS total", "total >= 3000"
        ),
    ),
    "sum per quarter": (
        {"type": "sum", "at_least": 5000, "per": "quarter"},
        filtered(f"sum(value) OVER (PARTITION BY person_id, {QUARTER} ORDER BY at) AS total", "total >= 5000"),
    ),
    "average ever": (
        {"type": "average", "at_least": 520, "over": 10},
        "SELECT person_id, at FROM (SELECT *, avg(value) OVER w AS mean, count(value) OVER w AS n FROM a"
        " WINDOW w AS (PARTITION BY person_id ORDER BY at)) s WHERE mean >= 520 AND n >= 10",
    ),
    "average in 90 days": (
        {"type": "average", "at_least": 600, "over": 5, "within": "90 days"},
        "SELECT person_id, at FROM (SELECT *, avg(value) OVER w AS mean, count(value) OVER w AS n FROM a"
        f" WINDOW w AS (PARTITION BY person_id ORDER BY at {FRAME.format(90)})) s WHERE mean >= 600 AND n >= 5",
    ),
    "streak of 4 weeks": ({"type": "streak", "length": 4, "per": "week"}, streak(4)),
    "tenure of 3 years": ({"type": "tenure", "of": "3 years"}, TENURE),
    "all of count, burst, tenure": (
        {"type": "all_of", "parts": PARTS}, together(3, [nth(10), burst(3, 7), TENURE])
    ),
    "2 of count, burst, tenure": (
        {"type": "at_least", "k": 2, "parts": PARTS}, together(2, [nth(10), burst(3, 7), TENURE])
    ),
}  # fmt: skip
ISLANDS = (
    "SELECT person_id, unnest(range_agg(tstzrange(at, {until}))) AS r FROM ({rows}) c GROUP BY person_id"
)
COVER = (
    "SELECT * FROM (SELECT person_id, at, lag(at) OVER (PARTITION BY person_id ORDER BY at) + interval '1 month'"
    " AS until FROM a) l WHERE until > at"
)
RETENTIONS: dict[str, Json] = {
    "permanent": {"type": "permanent"},
    "expires after 3 months": {"type": "expires", "after": "3 months"},
    "while ≥2 in 1 month": {"type": "while", "at_least": 2, "within": "1 month", "select": SUBMITTED},
}


def first(hits: str) -> str:
    return (
        f"SELECT person_id, min(at) AS starts, NULL::timestamptz AS ends FROM ({hits}) h GROUP BY person_id"
    )


def expiring(hits: str) -> str:
    islands = ISLANDS.format(until="at + interval '3 months'", rows=hits)
    return f"SELECT person_id, lower(r) AS starts, upper(r) AS ends FROM ({islands}) i"


def covered(hits: str) -> str:
    """An award is the first hit in a stretch of cover, until the stretch's end."""
    islands = ISLANDS.format(until="until", rows=COVER)
    return (
        "SELECT person_id, min(at) AS starts, stop AS ends FROM (SELECT person_id, at, hit,"
        " max(stop) OVER (PARTITION BY person_id ORDER BY at) AS stop FROM"
        f" (SELECT person_id, lower(r) AS at, upper(r) AS stop, false AS hit FROM ({islands}) i"
        f" UNION ALL SELECT person_id, at, NULL, true FROM ({hits}) h) e) x"
        " WHERE hit AND at < stop GROUP BY person_id, stop"
    )


def kth(k: int) -> str:
    parts = " UNION ALL ".join(f"({first(part)})" for part in [nth(10), burst(3, 7), TENURE])
    kth = f"(array_agg(starts ORDER BY starts))[{k}]"
    kth = f"{kth} AS starts, NULL::timestamptz AS ends"
    return f"SELECT person_id, {kth} FROM ({parts}) p GROUP BY person_id HAVING count(*) >= {k}"


HANDS = dict(zip(RETENTIONS, [first, expiring, covered], strict=True))
# Where there is a shorter way than through the hits.
SHORTER = {
    ("count ≥10 ever", "permanent"): first(nth(10).replace("n >= 10", "n = 10")),
    ("count ≥1 ever", "while ≥2 in 1 month"): (
        f"SELECT person_id, lower(r) AS starts, upper(r) AS ends FROM ({ISLANDS.format(until='until', rows=COVER)}) i"
    ),
    ("all of count, burst, tenure", "permanent"): kth(3),
    ("2 of count, burst, tenure", "permanent"): kth(2),
}  # fmt: skip


def cases() -> Iterator[Case]:
    for name, (criterion, hits) in CRITERIA.items():
        text = (
            criterion
            if criterion["type"] in {"tenure", "all_of", "at_least"}
            else {**criterion, "select": SUBMITTED}
        )
        for kept, retention in RETENTIONS.items():
            if (criterion["type"], retention["type"]) != ("tenure", "while"):
                by_hand = SHORTER.get((name, kept)) or HANDS[kept](hits)
                yield Case(f"{name}, {kept}", text, retention, by_hand)
    yield from repeated()
    yield at_a_site()


# Where somebody was on each day, as a range.
AT_SITE = """SELECT a.* FROM a JOIN (
    SELECT person_id, location_id AS place, from_on,
           lead(from_on, 1, 'infinity') OVER (PARTITION BY person_id ORDER BY from_on) AS until
    FROM people_placement WHERE organization_id = %(organization)s) w
ON w.person_id = a.person_id AND a.at::date >= w.from_on AND a.at::date < w.until
WHERE coalesce(a.location_id, w.place) = (
    SELECT id FROM people_location WHERE organization_id = %(organization)s AND external_id = 'S3')"""


def at_a_site() -> Case:
    """Where people were on the day, as no source says where it was done."""
    text = {"type": "count", "at_least": 3, "select": {**SUBMITTED, "location": "S3"}}
    nth = f"SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY at) AS n FROM ({AT_SITE}) s"
    by_hand = f"SELECT person_id, at AS starts, NULL::timestamptz AS ends FROM ({nth}) h WHERE n = 3"
    return Case("3 at a site, for good", text, {"type": "permanent"}, by_hand)


def repeated() -> Iterator[Case]:
    """Of every tenth, and of every month with five."""
    tenth = {"type": "count", "at_least": 10, "select": SUBMITTED}
    monthly = {**tenth, "at_least": 5, "per": "month"}
    hits = filtered("row_number() OVER (PARTITION BY person_id ORDER BY at) AS n", "n % 10 = 0")
    each = f"row_number() OVER (PARTITION BY person_id, {MONTH} ORDER BY at) AS n"
    for name, text, rows in (
        ("every tenth", tenth, hits),
        ("each month with 5", monthly, filtered(each, "n = 5")),
    ):
        by_hand = f"SELECT person_id, at AS starts, NULL::timestamptz AS ends FROM ({rows}) h"
        yield Case(f"{name}, repeatable", text, {"type": "permanent"}, by_hand, repeatable=True)
