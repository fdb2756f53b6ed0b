"""Awards taken back by hand, and the lives that begin after them."""

from psycopg.sql import SQL, Composed, Identifier

from rules.criteria import Rule
from rules.engine.record import Question
from rules.engine.statement import Statement, sql


def revocations_of(badge: int, question: Question, keys: str) -> Composed:
    return sql(
        "SELECT person_id, key, revoked_at AS at FROM badges_revocation r WHERE organization_id = {organization}"
        " AND badge_id = {badge} AND lifted_at IS NULL AND revoked_at <= {as_of} AND " + keys + " AND {only}",
        organization=question.ground.organization_id,
        badge=badge,
        as_of=question.as_of,
        only=question.only(SQL("person_id")),
    )


def lives_with_revocations(statement: Statement, rule: Rule, question: Question) -> Identifier | None:
    """`lives_of`, where the rule's badge was taken back from anybody asked about."""
    badge = question.ground.badges.get(rule.id)
    revoked = question.ground.revoked.get(badge, frozenset()) if badge else frozenset()
    if isinstance(question.people, tuple):
        revoked &= frozenset(question.people)
    return lives_of(statement, badge, question) if badge and revoked else None


def lives_of(statement: Statement, badge: int, question: Question) -> Identifier:
    """(person_id, life, since, until) of the people with revocations: time before, between and after them."""
    return statement.add(
        "lives",
        "SELECT person_id, life, since,"
        " lead(since, 1, 'infinity') OVER (PARTITION BY person_id ORDER BY since) AS until"
        " FROM (SELECT person_id, since, row_number() OVER (PARTITION BY person_id ORDER BY since) AS life FROM ("
        "SELECT person_id, '-infinity'::timestamptz AS since FROM ({revocations}) r"
        " UNION SELECT person_id, at FROM ({revocations}) r) s) l",
        revocations=revocations_of(badge, question, "key = ''"),
    )
