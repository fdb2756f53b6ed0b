"""How far somebody is from a badge, clause by clause: what is there, what is missing, and by when.

All clauses of a rule are asked in one statement, of one person, as of now.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from psycopg.sql import SQL, Composable, Composed

from people.clock import now
from people.models import Person, Placement
from people.zones import local_time
from rules.criteria import Average, Combination, Count, Criterion, Holds, Rule, Streak, Sum, Tenure
from rules.engine import Holdings, Question, reckoning
from rules.engine.hits import Hits
from rules.engine.record import Record
from rules.engine.revocations import lives_with_revocations
from rules.engine.statement import Statement, sql, union
from rules.queries import Book, names_of, rulebook
from rules.sentences import Names, audience, earned, number


@dataclass(frozen=True)
class Found:
    """Of one condition: when it was last met, and whether that still counts; how much there is, and until when."""

    met_at: datetime | None = None
    counts: bool = False
    have: Decimal | None = None
    of: int = 0
    until: datetime | None = None


@dataclass
class Clause:
    """A condition in words; `have` and `missing` are words too, `by` is when it must have come."""

    words: str
    is_met: bool
    met_at: datetime | None = None
    have: str = ""
    missing: str = ""
    by: datetime | None = None
    parts: list["Clause"] = field(default_factory=list)


def clauses(person: Person, slug: str, book: Book | None = None) -> list[Clause]:
    """Of whom does not hold the badge; none where it has no rule in force."""
    book = book or rulebook(person.organization)
    rule = book.rules.get(slug)
    if rule is None:
        return []
    return clauses_of(person, rule, book, now(), is_held=False)


def clauses_of(person: Person, rule: Rule, book: Book, at: datetime, *, is_held: bool) -> list[Clause]:
    """The same of a rule that need not be in the book, and of whom would hold the badge by it."""
    names = names_of(person.organization)
    found = iter(_ask(person, book, rule, at))
    tell = _clause if is_held else _first
    return [*_audience(person, rule, names, book), tell(rule.criterion, names, found)]


def _audience(person: Person, rule: Rule, names: Names, book: Book) -> list[Clause]:
    wanted = rule.for_
    if wanted is None:
        return []
    today = now().astimezone(person.organization.time_zone).date()
    place = Placement.objects.filter(person=person, from_on__lte=today).order_by("from_on").last()
    fits = [
        not wanted.locations
        or bool(place and place.location_id in book.ground.location_ids(wanted.locations)),
        not wanted.titles or bool(place and place.title in wanted.titles),
        not wanted.joined_from or bool(person.joined_on and person.joined_on >= wanted.joined_from),
    ]
    return [Clause(audience(rule, names).rstrip("."), all(fits))]


# ---- telling
def _first(criterion: Criterion, names: Names, found: Iterator[Found]) -> Clause:
    """The whole. What was met once has ended since, or else they would hold it: the next time counts."""
    told = _clause(criterion, names, found)
    if not told.parts and told.met_at is not None and not isinstance(criterion, Holds | Tenure):
        told.is_met = False
    return told


def _clause(criterion: Criterion, names: Names, found: Iterator[Found]) -> Clause:
    here = next(found)
    if isinstance(criterion, Combination):
        return _group(criterion, here, [_clause(part, names, found) for part in criterion.parts])
    have, missing = _amounts(criterion, here)
    is_met = here.counts
    if isinstance(criterion, Holds):
        is_met = (here.have or 0) >= criterion.at_least
    return Clause(earned(criterion, names), is_met, here.met_at, have, missing, here.until)


def _group(criterion: Combination, here: Found, parts: list[Clause]) -> Clause:
    met = sum(part.is_met for part in parts)
    words = f"At least {criterion.needed} of these"
    if criterion.needed == len(parts):
        words = "All of these" if len(parts) > 1 else "This"
    elif criterion.needed == 1:
        words = "Any one of these"
    if criterion.within:
        words += f", within {criterion.within}"
    return Clause(words, met >= criterion.needed, have=f"{met} of {criterion.needed}", parts=parts)


def _amounts(criterion: Criterion, found: Found) -> tuple[str, str]:
    """What is there, and what is missing."""
    have = found.have or Decimal(0)
    if isinstance(criterion, Tenure):
        return "", ""
    if isinstance(criterion, Average):
        missing = criterion.over - found.of
        said = f"an average of {have:.2f} over {found.of}" if found.of else "none yet"
        return said, f"{missing} more are needed" if missing > 0 else "a higher average is needed"
    need = Decimal(criterion.length if isinstance(criterion, Streak) else getattr(criterion, "at_least", 1))
    least = Decimal(1) if isinstance(criterion, Count | Streak) else Decimal(0)
    return f"{number(min(have, need - least))} of {number(need)}", f"{number(max(need - have, least))} more"


# ---- asking
def _in_turn(criterion: Criterion, within: str | None = None) -> Iterator[tuple[Criterion, str | None]]:
    """Every condition before its parts, with the duration within which a part must have been met."""
    yield criterion, within
    if isinstance(criterion, Combination):
        for part in criterion.parts:
            yield from _in_turn(part, criterion.within)


def _ask(person: Person, book: Book, rule: Rule, at: datetime) -> list[Found]:
    asking = _Asking(person, book, rule, at)
    every = enumerate(_in_turn(rule.criterion))
    queries = [asking.condition(i, criterion, within) for i, (criterion, within) in every]
    query = asking.statement.ending("{all} ORDER BY 1", all=union(queries))
    with local_time(book.ground.zone), connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        return [
            Found(_utc(met), bool(counts), have, of or 0, _utc(until))
            for _, met, counts, have, of, until in cursor.fetchall()
        ]


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


class _Asking:
    """One person, one rule, one statement."""

    def __init__(self, person: Person, book: Book, rule: Rule, at: datetime) -> None:
        self.statement, self.book, self.at = Statement(), book, sql("{at}::timestamptz", at=at)
        self.person = person.pk
        question = Question(book.ground, at, (person.pk,))
        self.lives = lives_with_revocations(self.statement, rule, question)
        counts_from = next((edition.counts_from for edition in book.editions(rule.id)[-1:]), None)
        record = Record(self.statement, question, rule.counts, self.lives, counts_from)
        self.hits = Hits(record, Holdings(self.statement, book.rules, question))

    def condition(self, i: int, criterion: Criterion, within: str | None) -> Composed:
        """(i, met, counts, have, of, until): `counts` where it was met, recently enough if that is asked."""
        amount: Any = getattr(self, f"_{type(criterion).__name__.lower()}")(criterion)
        recent = reckoning.in_window(SQL("m.at"), self.at, within) if within else sql("true")
        return sql(
            "SELECT {i}::int, m.at AT TIME ZONE 'UTC', m.at IS NOT NULL AND {recent}, x.have::numeric, x.of::int,"
            " x.until AT TIME ZONE 'UTC' FROM (SELECT max(at) AS at FROM {hits} h WHERE {life}) m, ({amount}) x",
            i=i,
            recent=recent,
            hits=self.hits.of(criterion),
            life=self._in_this_life(),
            amount=amount,
        )

    def _combination(self, criterion: Combination) -> Composed:
        return sql("SELECT NULL AS have, 0 AS of, NULL::timestamptz AS until")

    def _in_this_life(self) -> Composable:
        if self.lives is None:
            return SQL("true")
        return sql("life = (SELECT max(life) FROM {lives})", lives=self.lives)

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
            "SELECT " + amount + ", {until} AS until FROM {found} f WHERE {test} AND {life}",
            until=until,
            found=self.hits.record.matching(leaf.select),
            test=test,
            life=self._in_this_life(),
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
            " WHERE r.last >= {number} - 1 AND {life}",
            runs=self.hits.runs(leaf),
            number=self.hits.number(leaf.per, self.at),
            until=self._period_end(leaf.per),
            life=self._in_this_life(),
        )

    def _tenure(self, leaf: Tenure) -> Composed:
        return sql(
            "SELECT NULL AS have, 0 AS of, (joined_on + {of}::interval)::timestamptz AS until FROM people_person"
            " WHERE organization_id = {organization} AND id = {person}",
            of=leaf.of,
            organization=self.book.ground.organization_id,
            person=self.person,
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
