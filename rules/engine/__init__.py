"""Rules compiled to SQL: one statement yields a rule's whole timeline, for one person, some, or everybody.

matching activities → hits → coverage → awards, set by set; nothing is looped over and nothing is kept between
runs. A dry run, the worker, a nightly reconciliation and an explanation all ask `timeline`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from psycopg.sql import SQL, Composable, Composed

from people.zones import local_time
from rules.criteria import Rule
from rules.engine.editions import Edition, Editions, Saved, in_succession, named_by
from rules.engine.ground import Ground, ground
from rules.engine.record import Question
from rules.engine.statement import Statement, sql, union
from rules.engine.whole import query_of_rule

__all__ = [
    "Edition",
    "Editions",
    "Ground",
    "Holdings",
    "Question",
    "Saved",
    "Stand",
    "depends_on",
    "ground",
    "in_succession",
    "named_by",
    "stands",
    "stands_of",
    "timeline",
    "timelines",
]


@dataclass(frozen=True)
class Stand:
    """An award of a timeline: `[starts, ends)`, with the ids of its activities in order; `ends` None is never."""

    person: int
    key: str
    starts: datetime
    ends: datetime | None
    revoked: bool
    evidence: tuple[int, ...]


def timeline(
    rule: Rule, book: Mapping[str, Rule], question: Question, *, with_evidence: bool = True
) -> Composed:
    """A query (person_id, key, starts, ends, revoked, evidence) of all that ever stood; `ends` null is never.

    `book` holds the rules, by slug, of the badges that may be held; those badges' timelines are worked out within.
    The session's TimeZone must be the organization's: ask it inside `people.zones.local_time`.
    """
    statement = Statement()
    queries = query_of_rule(
        rule, statement, question, Holdings(statement, book, question), with_evidence=with_evidence
    )
    return statement.ending(
        "SELECT person_id, key, starts, nullif(ends, 'infinity') AS ends, revoked, evidence FROM ({all}) t",
        all=union(queries),
    )


def timelines(book: Mapping[str, Rule], questions: Mapping[str, Question]) -> Composed:
    """The timelines of several rules of the book, each with a question of its own: badge_id first, then as above."""
    statement = Statement()
    queries = []
    for slug, question in questions.items():
        held = Holdings(statement, book, question)
        own = query_of_rule(book[slug], statement, question, held, with_evidence=True)
        badge = question.ground.badges[slug]
        queries.append(
            sql("SELECT {badge}::bigint AS badge_id, t.* FROM ({own}) t", badge=badge, own=union(own))
        )
    return statement.ending(
        "SELECT badge_id, person_id, key, starts, nullif(ends, 'infinity') AS ends, revoked, evidence FROM ({all}) t",
        all=union(queries),
    )


class Holdings:
    """By slug, queries (person_id, starts, ends): by its rule, where there is one, and by hand."""

    def __init__(self, statement: Statement, book: Mapping[str, Rule], question: Question) -> None:
        self.statement, self.book, self.question = statement, book, replace(question, since=None)
        self.known: dict[str, list[Composable]] = {}

    def __call__(self, slug: str) -> list[Composable]:
        if slug not in self.known:
            self.known[slug] = [*self._by_rule(slug), *self._as_given(slug)]
        return self.known[slug]

    def _by_rule(self, slug: str) -> list[Composable]:
        if slug not in self.book:
            return []
        queries = query_of_rule(self.book[slug], self.statement, self.question, self, with_evidence=False)
        held = self.statement.add(
            "timeline", "SELECT person_id, starts, ends FROM ({all}) t", all=union(queries)
        )
        return [sql("SELECT * FROM {held}", held=held)]

    def _as_given(self, slug: str) -> list[Composable]:
        ground = self.question.ground
        badge = ground.badges.get(slug)
        if badge is None or badge in ground.withdrawn_badges:
            return []
        ends = SQL("coalesce(ended_at, expires_at, 'infinity')")
        if badge in ground.resting_badges:
            ends = SQL("coalesce(ended_at, CASE WHEN origin = 'hand' THEN expires_at END, 'infinity')")
        return [
            sql(
                "SELECT person_id, starts_at AS starts, {ends} AS ends FROM badges_award w"
                " WHERE organization_id = {organization} AND badge_id = {badge} AND {origin} AND starts_at <= {as_of}"
                " AND ended_why <> 'undone'"
                " AND starts_at < {ends} AND {only}",
                organization=ground.organization_id,
                badge=badge,
                ends=ends,
                origin=SQL("true") if badge in ground.frozen_badges else SQL("origin = 'hand'"),
                as_of=self.question.as_of,
                only=self.question.only(SQL("person_id")),
            )
        ]


def stands(
    rule: Rule, book: Mapping[str, Rule], question: Question, *, with_evidence: bool = True
) -> list[Stand]:
    """A rule's timeline as values, in order of person, start and key. Inside `tenant()`."""
    query = sql(
        "SELECT person_id, key, starts AT TIME ZONE 'UTC', ends AT TIME ZONE 'UTC', revoked, evidence FROM ({all}) t"
        " ORDER BY person_id, starts, key",
        all=timeline(rule, book, question, with_evidence=with_evidence),
    )
    return [_stand(row) for row in _rows(query, question)]


def stands_of(book: Mapping[str, Rule], question: Question) -> list[tuple[int, Stand]]:
    """The timelines of all rules of the book in one statement, each stand with its badge. Inside `tenant()`."""
    if not book:
        return []
    query = sql(
        "SELECT badge_id, person_id, key, starts AT TIME ZONE 'UTC', ends AT TIME ZONE 'UTC', revoked, evidence"
        " FROM ({all}) t",
        all=timelines(book, dict.fromkeys(book, question)),
    )
    return [(badge, _stand(row)) for badge, *row in _rows(query, question)]


def _rows(query: Composed, question: Question) -> list[Sequence[Any]]:
    with local_time(question.ground.zone), connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        rows: list[Sequence[Any]] = cursor.fetchall()
    return rows


def _stand(row: Sequence[Any]) -> Stand:
    person, key, starts, ends, revoked, found = row
    return Stand(person, key, _utc(starts), _utc(ends) if ends else None, revoked, tuple(found))


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC)


def depends_on(rule: Rule, book: Mapping[str, Rule], editions: Editions | None = None) -> set[str]:
    """Slugs of the badges that a rule looks at, directly or through others, by any version that has a say."""
    found: set[str] = set()
    waiting = named_by(rule, editions or {})
    while waiting:
        slug = waiting.pop()
        if slug not in found:
            found.add(slug)
            waiting |= named_by(book[slug], editions or {}) if slug in book else set()
    return found
