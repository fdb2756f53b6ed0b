"""The badges that an award rests on: of each `holds` part that was satisfied, the awards that were held.

Asked only where somebody wants to know, of awards that are known already: their activities are in `evidence`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from django.db import connection
from psycopg.sql import SQL, Composed, Identifier

from people.zones import local_time
from rules.criteria import Combination, Criterion, Holds, Rule, badges_named
from rules.engine import Holdings, Question
from rules.engine.evidence import latest_of_part
from rules.engine.hits import Hits
from rules.engine.record import Record
from rules.engine.statement import Statement, sql, union

type Moment = tuple[int, datetime]
"""A person, and the start of an award of theirs."""
type Basis = dict[Moment, list[tuple[str, datetime]]]
"""By award, the slugs of the badges that were held, each with the start of its award; by slug and start."""


def held_for(rule: Rule, book: Mapping[str, Rule], question: Question, awards: Iterable[Moment]) -> Basis:
    """Inside `tenant()`. Awards that rest on no badges are left out."""
    moments = sorted(set(awards))
    found: Basis = defaultdict(list)
    if not moments or not badges_named(rule.criterion):
        return found
    with local_time(question.ground.zone), connection.cursor() as cursor:
        cursor.execute(_query(rule, book, question, moments).as_string(connection.connection))
        for person, starts, slug, since in cursor.fetchall():
            found[person, starts.replace(tzinfo=UTC)].append((slug, since.replace(tzinfo=UTC)))
    return found


def _query(rule: Rule, book: Mapping[str, Rule], question: Question, awards: Sequence[Moment]) -> Composed:
    statement = Statement()
    some = Question(question.ground, question.as_of, tuple(sorted({person for person, _ in awards})))
    hits = Hits(Record(statement, some, rule.counts), Holdings(statement, book, some))
    moments = hits.add(
        "moments",
        "SELECT person_id, ''::text AS key, at AS starts, at FROM (VALUES {rows}) v(person_id, at)",
        rows=SQL(", ").join(
            sql("({person}::bigint, {at}::timestamptz)", person=p, at=at) for p, at in awards
        ),
    )
    return statement.ending(
        "SELECT DISTINCT person_id, starts AT TIME ZONE 'UTC' AS starts, slug COLLATE \"C\","
        " since AT TIME ZONE 'UTC' FROM ({all}) h ORDER BY 1, 2, 3, 4",
        all=union(_rows(hits, rule.criterion, moments)),
    )


def _rows(hits: Hits, criterion: Criterion, moments: Identifier) -> list[Composed]:
    if isinstance(criterion, Holds):
        return _held(hits, criterion, moments)
    if not isinstance(criterion, Combination) or not badges_named(criterion):
        return []
    queries = []
    for part in criterion.parts:
        its = moments if isinstance(part, Holds) else latest_of_part(hits, part, criterion.within, moments)
        queries += _rows(hits, part, its) if its else []
    return queries


def _held(hits: Hits, criterion: Holds, moments: Identifier) -> list[Composed]:
    """What was held at each moment, where that was enough."""
    return [
        sql(
            "SELECT m.person_id, m.starts, {slug}::text AS slug, t.starts AS since FROM {moments} m"
            " JOIN {spans} s ON s.person_id = m.person_id AND s.lower <= m.at AND m.at < s.upper"
            " JOIN ({times}) t ON t.person_id = m.person_id AND t.starts <= m.at AND m.at < t.ends",
            slug=slug,
            moments=moments,
            spans=hits.spans(criterion),
            times=union(queries),
        )
        for slug in criterion.badges
        if (queries := hits.held(slug))
    ] or [
        SQL(
            "SELECT NULL::bigint AS person_id, NULL::timestamptz AS starts, '' AS slug, NULL::timestamptz AS since"
            " WHERE false"
        ).format()
    ]
