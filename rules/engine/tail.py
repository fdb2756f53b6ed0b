"""Only what stands at an instant or begins later, where nothing before it has changed since awards were stored.

Whether something is a hit depends on what was up to then. So what was over before the first change stays as it is
stored; what stood at it began as is stored, and reaches at least as far; and no window looks back further than its
length. Of a busy person's years the last weeks are read.
"""

from psycopg.sql import SQL, Composed

from rules.criteria import Average, Count, Criterion, Rule, Satisfied, Streak, Sum, While
from rules.engine.ground import Ground
from rules.engine.record import Question
from rules.engine.statement import sql

SLACK = SQL("interval '5 days'")  # months of other lengths and changed clocks move a window's far end by less
MONTHS = {"month": 1, "quarter": 3, "year": 12}


def applies(rule: Rule, ground: Ground) -> bool:
    """Whether a rule can be asked so: not where earlier versions have a say, or somebody's award was taken back."""
    return rule.id not in ground.editions and ground.badges.get(rule.id) not in ground.revoked


def read_after(rule: Rule, question: Question) -> Composed | None:
    """The instant after which activities decide what stands at `since` and later; None: any may."""
    lengths = _look_back(rule)
    if question.since is None or lengths is None:
        return None
    ends = [sql("{since} - {length}::interval", since=question.since, length=one) for one in lengths]
    return sql(
        "(least({ends}) - {slack})",
        ends=SQL(", ").join([*ends, sql("{since}", since=question.since)]),
        slack=SLACK,
    )


def _look_back(rule: Rule) -> list[str] | None:
    """The lengths of all its windows; None where it looks at everything, or counts by day or by run."""
    earned = _of_criterion(rule.criterion)
    if earned is None or isinstance(rule.retention, Satisfied):
        return None
    if rule.repeatable and not getattr(rule.criterion, "per", None):
        return None
    if isinstance(rule.retention, While):
        return None if rule.cover.per_day else [*earned, rule.retention.within]
    return earned


def _of_criterion(criterion: Criterion) -> list[str] | None:
    if not isinstance(criterion, Count | Sum | Average | Streak) or criterion.select.per_day:
        return None
    if isinstance(criterion, Streak):
        return [_periods(criterion.length, criterion.per)]
    if criterion.within:
        return [criterion.within]
    if not isinstance(criterion, Average) and criterion.per:
        return [_periods(1, criterion.per)]
    return [] if isinstance(criterion, Count) and criterion.at_least == 1 else None


def _periods(number: int, per: str) -> str:
    return f"{number * MONTHS[per]} months" if per in MONTHS else f"{number} {per}s"


STOOD = """
SELECT person_id, starts_at AS starts, coalesce(ended_at, expires_at, 'infinity') AS ends FROM badges_award w
WHERE organization_id = {organization} AND badge_id = {badge} AND origin = 'rule' AND {only}
  AND starts_at < {since} AND coalesce(ended_at, expires_at, 'infinity') >= {since}
  AND starts_at < coalesce(ended_at, expires_at, 'infinity')
  AND ended_why IN ('', 'expired', 'lapsed')
"""
KNOWN = """
CASE WHEN starts < {since} THEN (
    SELECT w.evidence FROM badges_award w
    WHERE w.organization_id = {organization} AND w.badge_id = {badge} AND w.person_id = k.person_id
      AND w.starts_at = k.starts AND w.origin = 'rule' AND w.key = '' AND w.ended_why IN ('', 'expired', 'lapsed')
    ORDER BY w.ended_at IS NOT NULL, w.id LIMIT 1) END
"""


def stood(rule: Rule, question: Question) -> Composed:
    """The awards (person_id, starts, ends) that stood at `since`, as they are stored."""
    return sql(
        STOOD,
        organization=question.ground.organization_id,
        badge=question.ground.badges[rule.id],
        only=question.only(SQL("person_id")),
        since=question.since,
    )


def known_evidence(rule: Rule, question: Question) -> Composed:
    """Of an award k that began before `since`, the evidence that is stored with it; null where there is none."""
    if question.since is None or rule.repeatable:
        return sql("NULL::bigint[]")
    return sql(
        KNOWN,
        organization=question.ground.organization_id,
        badge=question.ground.badges[rule.id],
        since=question.since,
    )


def touching(rule: Rule, question: Question) -> Composed:
    """The condition that an award is of that time. Each of a repeatable badge's stands by itself."""
    return sql("{edge} >= {since}", edge=SQL("starts" if rule.repeatable else "ends"), since=question.since)


def stored_touching(repeatable: list[int], since: SQL) -> Composed:
    """The same of a stored award a."""
    return sql(
        "CASE WHEN a.badge_id = ANY({badges}::bigint[]) THEN a.starts_at >= {since}"
        " ELSE a.ended_at IS NULL OR a.ended_at >= {since} END",
        badges="{" + ",".join(map(str, repeatable)) + "}",
        since=since,
    )
