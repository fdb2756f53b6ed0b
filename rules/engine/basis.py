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
from rules.engine import Edition, Holdings, Question
from rules.engine.evidence import latest_of_part
from rules.engine.hits import Hits
from rules.engine.record import Record
from rules.engine.revocations import lives_with_revocations
from rules.engine.statement import Statement, sql, union
from rules.engine.whole import editions_of

type Moment = tuple[int, datetime]
"""A person, and the start of an award of theirs."""
type Basis = dict[Moment, list[tuple[str, datetime]]]
"""By award, the slugs of the badges that were held, each with the start of its award; by slug and start."""


def held_for(rule: Rule, book: Mapping[str, Rule], question: Question, awards: Iterable[Moment]) -> Basis:
    """Inside `tenant()`; each by the version whose hit began it. Awards that rest on no badges are left out."""
    moments = sorted(set(awards))
    found: Basis = defaultdict(list)
    editions = [one for one in editions_of(rule, question.ground) if badges_named(one.rule.criterion)]
    if not moments or not editions:
        return found
    with local_time(question.ground.zone), connection.cursor() as cursor:
        cursor.execute(_query(editions, book, question, moments).as_string(connection.connection))
        for person, starts, slug, since in cursor.fetchall():
            found[person, starts.replace(tzinfo=UTC)].append((slug, since.replace(tzinfo=UTC)))
    return found


def _query(
    editions: Iterable[Edition], book: Mapping[str, Rule], question: Question, awards: Sequence[Moment]
) -> Composed:
    statement = Statement()
    some = Question(question.ground, question.as_of, tuple(sorted({person for person, _ in awards})))
    held = Holdings(statement, book, some)
    moments = statement.add(
        "moments",
        "SELECT person_id, ''::text AS key, at AS starts, at FROM (VALUES {rows}) v(person_id, at)",
        rows=SQL(", ").join(
            sql("({person}::bigint, {at}::timestamptz)", person=p, at=at) for p, at in awards
        ),
    )
    queries = [
        query for edition in editions for query in _of_edition(edition, statement, some, held, moments)
    ]
    return statement.ending(
        "SELECT DISTINCT person_id, starts AT TIME ZONE 'UTC' AS starts, slug COLLATE \"C\","
        " since AT TIME ZONE 'UTC' FROM ({all}) h ORDER BY 1, 2, 3, 4",
        all=union(queries),
    )


def _of_edition(
    edition: Edition, statement: Statement, question: Question, held: Holdings, moments: Identifier
) -> list[Composed]:
    """Of those moments that are its own: in the life in which each is, where its person has several."""
    rule, lives = edition.rule, lives_with_revocations(statement, edition.rule, question)
    own = statement.add(
        "moments",
        "SELECT * FROM {moments} m WHERE at >= {since}::timestamptz AND at < {until}::timestamptz",
        moments=moments,
        since=edition.since or "-infinity",
        until=edition.until or "infinity",
    )
    hits = Hits(Record(statement, question, rule.counts, None, edition.counts_from), held)
    if lives is None:
        return _rows(hits, rule.criterion, own)
    once = statement.add(
        "moments",
        "SELECT * FROM {own} m WHERE person_id NOT IN (SELECT person_id FROM {lives})",
        own=own,
        lives=lives,
    )
    again = statement.add(
        "moments",
        "SELECT m.*, l.life FROM {own} m JOIN {lives} l ON l.person_id = m.person_id"
        " AND m.at > l.since AND m.at <= l.until",
        own=own,
        lives=lives,
    )
    anew = Hits(Record(statement, question, rule.counts, lives, edition.counts_from), held)
    return [*_rows(hits, rule.criterion, once), *_rows(anew, rule.criterion, again)]


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
            " JOIN {spans} s ON {same} AND s.lower <= m.at AND m.at < s.upper"
            " JOIN ({times}) t ON t.person_id = m.person_id AND t.starts <= m.at AND m.at < t.ends",
            slug=slug,
            moments=moments,
            same=hits.record.same("s", "m"),
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
