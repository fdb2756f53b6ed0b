"""What one person has of each condition of a rule, and until when it counts; some rules in one statement."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg.sql import SQL, Composable, Composed

from people.models import Person
from people.zones import local_time
from rules.criteria import Average, Combination, Count, Criterion, Holds, Rule, Streak, Sum, Tenure
from rules.engine import Holdings, Question, reckoning
from rules.engine.hits import Hits
from rules.engine.record import Record
from rules.engine.revocations import revocations_of
from rules.engine.statement import Statement, sql, union
from rules.queries import Book

NOTHING = SQL("SELECT NULL::numeric AS have, 0 AS of, NULL::timestamptz AS until")


@dataclass(frozen=True)
class Found:
    """Of one condition: when it was last met, and whether that still counts; how much there is, and until when."""

    met_at: datetime | None = None
    counts: bool = False
    have: Decimal | None = None
    of: int = 0
    until: datetime | None = None


def amounts(person: Person, book: Book, rule: Rule, at: datetime) -> list[Found]:
    """Of every condition, each before its parts."""
    statement = Statement()
    question = Question(book.ground, at, (person.pk,))
    query = statement.ending("{all} ORDER BY 1", all=union(conditions(statement, book, rule, question)))
    with local_time(book.ground.zone), connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        return [found(*row) for _, *row in cursor.fetchall()]


def found(
    met: datetime | None, counts: bool | None, have: Decimal | None, of: int | None, until: datetime | None
) -> Found:
    return Found(_utc(met), bool(counts), have, of or 0, _utc(until))


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def conditions(
    statement: Statement, book: Book, rule: Rule, question: Question, *, briefly: bool = False
) -> Iterator[Composed]:
    """Queries (i, met, counts, have, of, until) about one person, in turn.

    `briefly` leaves out when what can be seen from the amounts was met, and the badges that are held.
    """
    asking = Asking(statement, book, rule, question)
    for i, (criterion, within) in enumerate(in_turn(rule.criterion)):
        if briefly and (i == 0 or isinstance(criterion, Combination | Holds) or _is_plain(criterion, within)):
            yield asking.briefly(i, criterion)
        else:
            yield asking.condition(i, criterion, within)


def in_turn(criterion: Criterion, within: str | None = None) -> Iterator[tuple[Criterion, str | None]]:
    """Every condition before its parts, with the duration within which a part must have been met."""
    yield criterion, within
    if isinstance(criterion, Combination):
        for part in criterion.parts:
            yield from in_turn(part, criterion.within)


def _is_plain(criterion: Criterion, within: str | None) -> bool:
    """Whether it is met where there are enough."""
    return isinstance(criterion, Count) and not (criterion.within or criterion.per or within)


def taken_back_at(rule: Rule, question: Question) -> Composed | None:
    """When the badge was last taken back from the person asked about; None where it never was from anybody."""
    badge = question.ground.badges.get(rule.id)
    if badge is None or badge not in question.ground.revoked:
        return None
    return sql(
        "(SELECT coalesce(max(at), '-infinity') FROM ({revocations}) r)",
        revocations=revocations_of(badge, question, "key = ''"),
    )


class Asking:
    """One person, one rule. After it was taken back from them only what came later counts."""

    def __init__(self, statement: Statement, book: Book, rule: Rule, question: Question) -> None:
        self.statement, self.book, self.question = statement, book, question
        self.at = sql("{at}::timestamptz", at=question.as_of)
        counts_from = next((edition.counts_from for edition in book.editions(rule.id)[-1:]), None)
        record = Record(statement, question, rule.counts, None, counts_from, taken_back_at(rule, question))
        self.hits = Hits(record, Holdings(statement, book.rules, question))

    def condition(self, i: int, criterion: Criterion, within: str | None) -> Composed:
        """`counts` where it was met, recently enough if that is asked."""
        recent = reckoning.in_window(SQL("m.at"), self.at, within) if within else sql("true")
        return sql(
            "SELECT {i}::int, m.at AT TIME ZONE 'UTC', m.at IS NOT NULL AND {recent}, x.have::numeric, x.of::int,"
            " x.until AT TIME ZONE 'UTC' FROM (SELECT max(at) AS at FROM {hits} h) m, ({amount}) x",
            i=i,
            recent=recent,
            hits=self.hits.of(criterion),
            amount=self._amount(criterion),
        )

    def briefly(self, i: int, criterion: Criterion) -> Composed:
        return sql(
            "SELECT {i}::int, NULL::timestamp, coalesce(x.have >= {enough}, false), x.have::numeric, x.of::int,"
            " x.until AT TIME ZONE 'UTC' FROM ({amount}) x",
            i=i,
            enough=criterion.at_least if isinstance(criterion, Count) else SQL("NULL"),
            amount=NOTHING if isinstance(criterion, Holds) else self._amount(criterion),
        )

    def _amount(self, criterion: Criterion) -> Composed:
        asked: Any = getattr(self, f"_{type(criterion).__name__.lower()}")
        amount: Composed = asked(criterion)
        return amount

    def _combination(self, criterion: Combination) -> Composable:
        return NOTHING

    def _windowed(self, leaf: Count | Sum | Average, amount: str) -> Composed:
        per = getattr(leaf, "per", None)
        test, until = SQL("true"), SQL("NULL::timestamptz")
        if leaf.within:
            test = reckoning.in_window(SQL("at"), self.at, leaf.within)  # type: ignore[assignment]
            until = reckoning.window_end(SQL("min(at)"), leaf.within)  # type: ignore[assignment]
        elif per:
            same = (self.hits.number(per, SQL("at")), self.hits.number(per, self.at))
            test = sql("{one} = {other}", one=same[0], other=same[1])  # type: ignore[assignment]
            until = self._period_end(per)  # type: ignore[assignment]
        return sql(
            "SELECT " + amount + ", {until} AS until FROM {found} f WHERE {test}",
            until=until,
            found=self.hits.record.matching(leaf.select),
            test=test,
        )

    def _period_end(self, per: str) -> Composed:
        following = sql("({number} + 1)", number=self.hits.number(per, self.at))
        return reckoning.first_instant(reckoning.first_day(per, self.book.ground.first_weekday, following))

    def _count(self, leaf: Count) -> Composed:
        return self._windowed(leaf, "count(*) AS have, 0 AS of")

    def _sum(self, leaf: Sum) -> Composed:
        return self._windowed(leaf, "sum(value) AS have, 0 AS of")

    def _average(self, leaf: Average) -> Composed:
        return self._windowed(leaf, "avg(value) AS have, count(value) AS of")

    def _streak(self, leaf: Streak) -> Composed:
        """The run that goes on, or can still go on in this period."""
        return sql(
            "SELECT max(r.last - r.first + 1) AS have, 0 AS of, {until} AS until FROM {runs} r"
            " WHERE r.last >= {number} - 1",
            runs=self.hits.runs(leaf),
            number=self.hits.number(leaf.per, self.at),
            until=self._period_end(leaf.per),
        )

    def _tenure(self, leaf: Tenure) -> Composed:
        return sql(
            "SELECT NULL AS have, 0 AS of, (joined_on + {of}::interval)::timestamptz AS until FROM people_person"
            " WHERE organization_id = {organization} AND {only}",
            of=leaf.of,
            organization=self.book.ground.organization_id,
            only=self.question.only(SQL("id")),
        )

    def _holds(self, leaf: Holds) -> Composed:
        """How many of them are held now, whether or not it is enough."""
        held = [
            sql(
                "SELECT {slug}::text AS slug FROM ({times}) t WHERE starts <= {at} AND ends > {at}",
                slug=slug,
                times=union(queries),
                at=self.at,
            )
            for slug in leaf.badges
            if (queries := self.hits.held(slug))
        ]
        if not held:
            return sql("SELECT 0 AS have, 0 AS of, NULL::timestamptz AS until")
        return sql(
            "SELECT count(DISTINCT slug) AS have, 0 AS of, NULL::timestamptz AS until FROM ({held}) h",
            held=union(held),
        )
