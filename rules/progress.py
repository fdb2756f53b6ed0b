"""How far somebody is from the badges that rules give and they do not hold: all rules in one statement.

Its text depends on the rules and the organization alone, and stays prepared; see `rules.asking`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from django.db import connection
from psycopg.sql import SQL, Composable

from badges.models import Award, Badge, BadgeState
from people.clock import now
from people.models import Person
from people.prepared import array, ask_prepared
from people.zones import local_time
from rules.amounts import Found, conditions, found, in_turn
from rules.asking import AT, key_of
from rules.clauses import Clause, first, is_for, placement
from rules.criteria import Count, Criterion, Holds, Rule, Streak, Sum
from rules.engine import Question
from rules.engine.statement import Statement, sql, union
from rules.models import Rule as RuleRow
from rules.queries import Book, names_of, rulebook
from rules.sentences import sentence

PATIENCE = timedelta(minutes=10)  # in which the re-check of a large organization is done, where nothing fails


@dataclass(frozen=True)
class HowFar:
    """`told` is what is there and `missing` what is not ("2 of 3", "1 more"), `by` when it must have come.

    A tenure has `by` alone. Where everybody is `rechecked` just now, it may be that they hold it soon.
    """

    badge: Badge
    percent: int
    told: str
    missing: str
    by: datetime | None
    sentence: str
    rechecked: bool = False


def how_far(person: Person) -> list[HowFar]:
    """For badges that a rule in force could give them: nearest first. What comes by time alone is last."""
    book, at = rulebook(person.organization), now()
    held = set(Award.objects.standing().filter(person=person).values_list("badge", flat=True))
    rules = _open_to(person, book, held, at)
    if not rules:
        return []
    slugs = frozenset(slug for slug, pk in book.ground.badges.items() if pk in held)
    amounts, names = _amounts(book, person, at), names_of(person.organization)
    near = []
    for slug, rule in rules.items():
        its = _with_held(rule, amounts[slug], slugs)
        if rule.repeatable and not _goes_on(rule.criterion, its):
            continue
        told = first(rule.criterion, names, iter(its))
        row, said = book.rows[slug], sentence(rule, names)
        missing = told.missing or _last_one(rule.criterion, told)
        known = told.have, missing, told.by, said, row.recheck_asked_at is not None
        near.append(HowFar(row.badge, min(99, told.percent), *known))
    return sorted(near, key=lambda one: (-one.percent, one.badge.name))


def _last_one(criterion: Criterion, told: Clause) -> str:
    """Of conditions that must all be met, the only one that is not."""
    left = [part for part in told.parts if not part.is_met]
    if len(left) != 1 or left[0].parts or getattr(criterion, "needed", 0) < len(told.parts):
        return ""
    return f"not yet: {left[0].words.removeprefix('has ')}"


def _open_to(person: Person, book: Book, held: set[int], at: datetime) -> dict[str, Rule]:
    """The rules that could give them something yet; not those by which everybody is just being looked at."""
    rules = {
        slug: rule
        for slug, rule in book.rules.items()
        if book.rows[slug].badge.state == BadgeState.ACTIVE
        and not is_just_rechecked(book.rows[slug], at)
        and (rule.repeatable or book.rows[slug].badge_id not in held)
        and not (rule.counts and rule.counts.until and rule.counts.until <= at)
    }
    if all(rule.for_ is None for rule in rules.values()):
        return rules
    place = placement(person, at)
    return {
        slug: rule
        for slug, rule in rules.items()
        if rule.for_ is None or is_for(rule.for_, person, place, book)
    }


def is_just_rechecked(rule: RuleRow, at: datetime) -> bool:
    """Everybody is being looked at, so what is missing may be there in a moment. Not so after a while."""
    return rule.recheck_asked_at is not None and rule.recheck_asked_at > at - PATIENCE


def _goes_on(criterion: Criterion, its: list[Found]) -> bool:
    """Puts in how much there is for the next of a repeatable badge; False: this period has had its own."""
    have = its[0].have or Decimal(0)
    if isinstance(criterion, Count | Sum) and criterion.per:
        return have < criterion.at_least
    need = criterion.length if isinstance(criterion, Streak) else getattr(criterion, "at_least", 1)
    its[0] = replace(its[0], have=have % need, counts=False)
    return True


def _with_held(rule: Rule, its: list[Found], held: frozenset[str]) -> list[Found]:
    """With how many of the badges that it asks for are held."""
    asked = [criterion for criterion, _ in in_turn(rule.criterion)]
    return [
        replace(one, have=Decimal(len(held & set(criterion.badges)))) if isinstance(criterion, Holds) else one
        for criterion, one in zip(asked, its, strict=True)
    ]


@dataclass(frozen=True)
class Text:
    """All rules of a book; `key` is all that the text of their statement depends on."""

    key: tuple[object, ...]
    book: Book = field(compare=False)


def _amounts(book: Book, person: Person, at: datetime) -> Mapping[str, list[Found]]:
    rows: dict[str, list[Found]] = defaultdict(list)
    with local_time(book.ground.zone):
        for slug, _, *row in ask_prepared(_statement(Text(key_of(book), book)), [at, array([person.pk])]):
            rows[slug].append(found(*row))
    return rows


@lru_cache(maxsize=100)
def _statement(text: Text) -> str:
    """`$1` is the instant and `$2` the person, as an array; each must have a type, whatever the rules ask."""
    statement = Statement()
    question = Question(text.book.ground, AT, SQL("$2::bigint[]"))
    query = statement.ending("{all} ORDER BY 1, 2", all=union(_queries(text.book, statement, question)))
    typed = (
        "WITH parameters AS (SELECT $1::timestamptz, $2::bigint[]) SELECT * FROM ({query}) q ORDER BY 1, 2"
    )
    return sql(typed, query=query).as_string(connection.connection)


def _queries(book: Book, statement: Statement, question: Question) -> Iterator[Composable]:
    for slug, rule in book.rules.items():
        for query in conditions(statement, book, rule, question, briefly=True):
            yield sql("SELECT {slug}::text, c.* FROM ({query}) c", slug=slug, query=query)
