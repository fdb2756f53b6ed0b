"""The next instant at which time alone may start an award: tenure, an activity dated ahead, a badge so gained.

What is dated ahead is rare, so it is read once for all rules, as a relation `ahead` of the `people` asked about.
"""

from collections.abc import Iterator, Mapping

from psycopg.sql import SQL, Composable, Composed

from rules.criteria import Combination, Criterion, Rule, Tenure, While, selectors
from rules.engine.record import Question, Record
from rules.engine.statement import Statement, sql, union

# Person by person, whatever the planner believes of how much lies ahead: OFFSET keeps the inner query whole.
AHEAD = """
SELECT a.* FROM people p
CROSS JOIN LATERAL (SELECT * FROM activity_activity a WHERE a.organization_id = {organization} AND a.person_id = p.id
                    AND a.voided_at IS NULL AND a.occurred_at > {as_of} OFFSET 0) a
"""
NOBODY = SQL("SELECT NULL::bigint AS person_id, NULL::timestamptz AS at WHERE false")


def ahead(organization_id: int, as_of: Composable) -> Composed:
    """All activities of these people that are dated ahead."""
    return sql(AHEAD, organization=organization_id, as_of=as_of)


def next_due(rules: Mapping[str, Rule], question: Question) -> Composed:
    """A query (person_id, due_at) for a rule together with those of the badges that it looks at, by what is `ahead`.

    The session's TimeZone must be the organization's. An instant may turn out to start nothing: it is then passed.
    """
    editions = question.ground.editions
    every = {one for rule in rules.values() for one in (rule, *(e.rule for e in editions.get(rule.id, ())))}
    queries = [query for rule in every for query in _of_rule(rule, question)]
    return sql(
        "SELECT person_id, min(at) AS due_at FROM ({all}) d"
        " WHERE at > {now} AND at < {now} + interval '150 years' GROUP BY person_id",
        all=union([*queries, NOBODY]),
        now=question.as_of,
    )


def _of_rule(rule: Rule, question: Question) -> Iterator[Composed]:
    for tenure in set(_tenures(rule.criterion)):
        yield sql(
            "SELECT p.id AS person_id, (p.joined_on + {of}::interval)::timestamptz AS at FROM people_person p"
            " WHERE p.organization_id = {organization} AND {only}",
            of=tenure.of,
            organization=question.ground.organization_id,
            only=question.only(SQL("p.id")),
        )
    selects = {*selectors(rule.criterion)} | ({rule.cover} if isinstance(rule.retention, While) else set())
    record = Record(Statement(), question, rule.counts)
    for select in selects:
        yield record.ahead_query(select)


def _tenures(criterion: Criterion) -> Iterator[Tenure]:
    if isinstance(criterion, Combination):
        for part in criterion.parts:
            yield from _tenures(part)
    elif isinstance(criterion, Tenure):
        yield criterion
