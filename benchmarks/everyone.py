"""One rule about everybody, against the shortest SQL by hand for the same answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection
from psycopg.sql import SQL, Composable

from benchmarks.cases import Case, cases
from benchmarks.data import NOW
from benchmarks.meter import cost
from people.models import Organization
from people.tenancy import tenant
from people.zones import local_time
from rules.criteria import parse
from rules.engine import Ground, Question, ground, timeline


@dataclass(frozen=True)
class Compared:
    """Backend seconds; `rows` of the answer, and how many are in one answer alone."""

    name: str
    by_hand: float
    lapel: float
    with_evidence: float
    rows: int
    differing: int

    @property
    def ratio(self) -> float:
        return self.lapel / max(self.by_hand, 1e-6)


def compare_all(organization: Organization, only: str = "") -> Iterator[Compared]:
    for case in cases():
        if only in case.name:
            with tenant(organization):
                yield _compared(case, ground(organization))


def _compared(case: Case, there: Ground) -> Compared:
    question = Question(there, NOW)
    rule = parse(case.rule)
    by_hand = _by_hand(case, there)
    lapel = timeline(rule, {}, question, with_evidence=False)
    with local_time(there.zone):
        rows, differing = _differing(lapel, by_hand)
        return Compared(
            case.name,
            min(seconds(by_hand) for _ in range(2)),
            min(seconds(lapel) for _ in range(2)),
            seconds(timeline(rule, {}, question), evidence=True),
            rows,
            differing,
        )


def _by_hand(case: Case, there: Ground) -> Composable:
    """Over the same rows by the same index, as whoever writes SQL for this one badge would have it."""
    values = {"organization": there.organization_id, "now": f"'{NOW.isoformat()}'::timestamptz"}
    matching = (
        "SELECT person_id, occurred_at AS at, value, location_id FROM activity_activity"
        " WHERE organization_id = {organization} AND kind_id = {kind} AND voided_at IS NULL AND occurred_at <= {now}"
    ).format(kind=there.kinds["improvement.submitted"], **values)
    query = case.by_hand.replace("%(organization)s", str(values["organization"]))
    query = query.replace("%(now)s", str(values["now"]))
    return SQL(f"WITH a AS NOT MATERIALIZED ({matching}) {query}")


def _differing(one: Composable, other: Composable) -> tuple[int, int]:
    return _row(
        "WITH one AS MATERIALIZED (SELECT person_id, starts, ends FROM ({one}) o),"
        " other AS MATERIALIZED (SELECT person_id, starts, ends FROM ({other}) o)"
        " SELECT (SELECT count(*) FROM one),"
        " (SELECT count(*) FROM (TABLE one EXCEPT ALL TABLE other) d)"
        " + (SELECT count(*) FROM (TABLE other EXCEPT ALL TABLE one) d)",
        one=one,
        other=other,
    )


def seconds(query: Composable, *, evidence: bool = False) -> float:
    more = ", sum(cardinality(evidence))" if evidence else ""
    whole = f"SELECT count(*), max(starts), max(ends){more} FROM ({{query}}) q"
    return cost(lambda: _row(whole, query=query)).backend


def _row(template: str, **queries: Composable) -> tuple[int, int]:
    text = SQL(template).format(**queries).as_string(connection.connection)
    with connection.cursor() as cursor:
        cursor.execute(text)
        row: tuple[int, int] = cursor.fetchone()
    return row
