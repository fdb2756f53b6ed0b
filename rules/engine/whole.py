"""A rule's whole timeline: the awards of its versions, of everybody's lives, of a badge that may be closed."""

from psycopg.sql import Composed

from rules.criteria import Rule
from rules.engine import tail
from rules.engine.awards import Awards
from rules.engine.editions import Edition
from rules.engine.ground import Ground
from rules.engine.hits import Held
from rules.engine.record import Question, Record
from rules.engine.revocations import lives_with_revocations
from rules.engine.statement import Statement, sql, union


def query_of_rule(
    rule: Rule, statement: Statement, question: Question, held: Held, *, with_evidence: bool
) -> list[Composed]:
    """Queries (person_id, key, starts, ends, revoked, evidence) that make up the timeline together."""
    editions = editions_of(rule, question.ground)
    queries = [
        query
        for edition in editions
        for query in _of_edition(edition, statement, question, held, with_evidence=with_evidence)
    ]
    together = queries if len(editions) == 1 else _succeeding(statement, queries)
    return [_without_newcomers(query, rule, question) for query in together]


def editions_of(rule: Rule, ground: Ground) -> tuple[Edition, ...]:
    """The versions that have a say; mostly the rule alone."""
    return ground.editions.get(rule.id) or (Edition(rule.version or 1, rule),)


def _without_newcomers(query: Composed, rule: Rule, question: Question) -> Composed:
    """Of a closed badge, what began before it was closed, or while the person held it by hand."""
    badge = question.ground.badges.get(rule.id)
    closed_at = question.ground.closed.get(badge) if badge else None
    if closed_at is None:
        return query
    return sql(
        "SELECT * FROM ({query}) o WHERE starts <= {closed_at}::timestamptz OR EXISTS (SELECT FROM badges_award w"
        " WHERE w.organization_id = {organization} AND w.badge_id = {badge} AND w.person_id = o.person_id"
        " AND w.origin = 'hand' AND w.ended_why <> 'undone' AND w.starts_at <= starts"
        " AND coalesce(w.ended_at, w.expires_at, 'infinity') > starts)",
        query=query,
        closed_at=closed_at,
        organization=question.ground.organization_id,
        badge=badge,
    )


def _of_edition(
    edition: Edition, statement: Statement, question: Question, held: Held, *, with_evidence: bool
) -> list[Composed]:
    rule, since = edition.rule, edition.counts_from
    record = Record(
        statement,
        question,
        rule.counts,
        counts_from=since,
        read_after=tail.read_after(rule, question),
    )
    everybody = Awards(edition, record, held).query(with_evidence=with_evidence)
    lives = None if rule.repeatable else lives_with_revocations(statement, rule, question)
    if lives is None:
        return [everybody]
    again = Awards(edition, Record(statement, question, rule.counts, lives, since), held).query(
        with_evidence=with_evidence
    )
    spared = sql(
        "SELECT * FROM ({everybody}) o WHERE person_id NOT IN (SELECT person_id FROM {lives})",
        everybody=everybody,
        lives=lives,
    )
    return [spared, again]


def _succeeding(statement: Statement, queries: list[Composed]) -> list[Composed]:
    """The awards of versions that follow each other as one timeline.

    A hit of a later version while an earlier one's award stands renews it, and never shortens it: stretches that
    meet are one award, which began as its first one did. Repeatable awards of the same period are one, the first.
    """
    every = statement.add("every", "SELECT * FROM ({all}) e", all=union(queries))
    merged = statement.add(
        "merged",
        "SELECT person_id, unnest(range_agg(tstzrange(starts, ends))) AS r FROM {every} e WHERE key = ''"
        " GROUP BY person_id",
        every=every,
    )
    single = sql(
        "SELECT e.person_id, e.key, e.starts, upper(m.r) AS ends, EXISTS (SELECT FROM {every} o"
        " WHERE o.person_id = e.person_id AND o.key = '' AND o.ends = upper(m.r) AND o.revoked) AS revoked, e.evidence"
        " FROM {merged} m JOIN {every} e ON e.person_id = m.person_id AND e.starts = lower(m.r) AND e.key = ''",
        every=every,
        merged=merged,
    )
    repeated = sql(
        "(SELECT DISTINCT ON (person_id, key) person_id, key, starts, ends, revoked, evidence"
        " FROM {every} e WHERE key <> '' ORDER BY person_id, key, starts)",
        every=every,
    )
    return [single, repeated]
