"""Stored awards by rule brought in line with a rule's timeline, and awards ended when their time has come.

The timeline comes as a query (person_id, key, starts, ends, revoked, evidence), `ends` null for never; whose it is
does not matter here. Everything is done inside `tenant()`, with the people's rows locked by the caller.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.db import connection
from psycopg.sql import SQL, Composable, Literal

from badges.counts import recount_badges
from badges.models import AwardChange
from badges.settling import NEWS, Change, Orders, Stand, Stored, settle
from badges.signals import announce
from people.models import Organization
from people.tenancy import tenant
from people.zones import local_time

__all__ = ["NEWS", "Changes", "Orders", "end_due_awards", "reconcile"]

BATCH = 1_000


@dataclass
class Changes:
    """What a reconciliation has done."""

    granted: int = 0
    changed: int = 0
    ended: int = 0
    people: set[int] = field(default_factory=set)

    def add(self, other: "Changes") -> None:
        self.granted += other.granted
        self.changed += other.changed
        self.ended += other.ended
        self.people |= other.people


def reconcile(orders: Orders, timeline: Composable) -> Changes:
    """Grant, bring up to date and end, as the timeline says. A second run changes nothing.

    Those who never had the badge get it in one statement; only people whose stored awards differ are looked at
    one by one.
    """
    granted_to, differing = _compare(orders, timeline)
    changes = Changes(granted=len(granted_to), people=set(granted_to))
    wanted = [change for rows in differing for change in settle(orders, *rows)]
    _write(orders, wanted)
    for change in wanted:
        _count(changes, change)
    _follow_up(orders.badge.organization_id, changes.people)
    return changes


def _count(changes: Changes, change: Change) -> None:
    changes.people.add(change.award.person)
    if not change.award.id:
        changes.granted += 1
    elif change.change == AwardChange.ENDED:
        changes.ended += 1
    else:
        changes.changed += 1


def _follow_up(organization_id: int, people: Iterable[int]) -> None:
    people = list(people)
    if people:
        recount_badges(organization_id, people)
        announce(organization_id)


# ---- the statements
COLUMNS = (
    "organization_id, badge_id, person_id, origin, key, starts_at, expires_at, ended_at, ended_why, evidence"
)
COLUMNS += ", rule_version, reason, end_reason, recorded_at"

# The two sides are grouped rather than joined: how many rows a timeline has, no planner can foresee, and a nested
# loop over thousands of people would be the price. For the same reason people are looked up in hashed lists.
COMPARE = """
WITH timeline AS MATERIALIZED ({timeline}),
stored AS MATERIALIZED (
    SELECT * FROM badges_award
    WHERE organization_id = {organization} AND badge_id = {badge} AND origin = 'rule' AND {only}),
expected AS (
    SELECT t.*, CASE WHEN NOT revoked THEN ends END AS expires, CASE WHEN ends <= {at} THEN ends END AS ended,
           CASE WHEN ends > {at} OR ends IS NULL THEN '' WHEN revoked THEN 'revoked' ELSE {natural_end} END AS why
    FROM timeline t),
fresh AS (
    INSERT INTO badges_award ({columns})
    SELECT {organization}, {badge}, person_id, 'rule', key, starts, expires, ended, why, evidence,
           {version}, '', '', {at}
    FROM expected WHERE person_id NOT IN (SELECT person_id FROM stored)
    RETURNING id, person_id, starts_at, ended_at),
events AS (
    INSERT INTO badges_awardevent (organization_id, award_id, change, at, reason, to_tell)
    SELECT {organization}, id, 'granted', {at}, '', {tells} AND ended_at IS NULL AND starts_at > {news_since}
    FROM fresh),
sides AS (
    SELECT true AS is_stored, person_id, key, starts_at AS starts,
           CASE WHEN ended_why <> 'revoked' THEN expires_at END AS expires, ended_at AS ended, ended_why AS why,
           evidence
    FROM stored
    UNION ALL SELECT false, person_id, key, starts, expires, ended, why, evidence FROM expected),
alike AS (
    SELECT person_id, bool_or(is_stored) AS has_stored, bool_or(NOT is_stored) AS has_expected,
           bool_or(is_stored AND ended IS NULL) AS stands, {differs} AS differs
    FROM sides GROUP BY person_id, key, starts),
differing AS MATERIALIZED (
    SELECT person_id FROM alike GROUP BY person_id
    HAVING bool_or(has_stored)
       AND bool_or(CASE WHEN NOT has_stored THEN true WHEN has_expected THEN differs ELSE stands END))
SELECT 0, person_id, NULL::bigint, NULL, NULL::timestamp, NULL::timestamp, NULL::timestamp, NULL, NULL::boolean,
       NULL::bigint[] FROM fresh
UNION ALL
SELECT 1, person_id, id, key, starts_at AT TIME ZONE 'UTC', expires_at AT TIME ZONE 'UTC', ended_at AT TIME ZONE 'UTC',
       ended_why, NULL, evidence FROM stored WHERE (person_id IN (SELECT person_id FROM differing)) IS TRUE
UNION ALL
SELECT 2, person_id, NULL, key, starts AT TIME ZONE 'UTC', ends AT TIME ZONE 'UTC', NULL, NULL, revoked, evidence
FROM timeline WHERE (person_id IN (SELECT person_id FROM differing)) IS TRUE
"""
DIFFERS = " OR ".join(
    f"max({column}) FILTER (WHERE is_stored) IS DISTINCT FROM max({column}) FILTER (WHERE NOT is_stored)"
    for column in ("expires", "ended", "why", "evidence")
)


def _compare(
    orders: Orders, timeline: Composable
) -> tuple[list[int], list[tuple[list[Stand], list[Stored]]]]:
    """Grant what is new to people without any; return them, and both sides of the people that differ."""
    badge = orders.badge
    query = SQL(COMPARE).format(
        timeline=timeline,
        columns=SQL(COLUMNS),
        differs=SQL(DIFFERS),
        only=SQL("true") if orders.people is None else SQL("person_id = ANY({})").format(_ids(orders.people)),
        organization=Literal(badge.organization_id),
        badge=Literal(badge.pk),
        at=Literal(orders.at),
        natural_end=Literal(str(orders.natural_end)),
        version=_version(orders),
        tells=Literal(orders.tells_on_grant),
        news_since=Literal(orders.at - NEWS),
    )
    with local_time(badge.organization.zone), connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        rows = cursor.fetchall()
    return [row[1] for row in rows if row[0] == 0], _by_person(row for row in rows if row[0])


def _version(orders: Orders) -> Composable:
    """The number of the version that gave what `starts` then."""
    cases = [
        SQL(" WHEN starts < {} THEN {}").format(Literal(until), Literal(number))
        for until, number in orders.earlier
    ]
    current = Literal(orders.rule_version)
    return SQL("CASE{} ELSE {} END").format(SQL("").join(cases), current) if cases else current


def _by_person(rows: Iterable[tuple[Any, ...]]) -> list[tuple[list[Stand], list[Stored]]]:
    people = groupby(sorted(rows, key=lambda row: row[1]), key=lambda row: row[1])
    sides = (list(own) for _, own in people)
    return [([_stand(r) for r in own if r[0] == 2], [_stored(r) for r in own if r[0] == 1]) for own in sides]


def _stand(row: tuple[Any, ...]) -> Stand:
    _, person, _, key, starts, ends, _, _, revoked, evidence = row
    return Stand(person, key, starts.replace(tzinfo=UTC), _utc(ends), revoked, tuple(evidence))


def _stored(row: tuple[Any, ...]) -> Stored:
    _, person, own_id, key, starts, expires, ended, why, _, evidence = row
    return Stored(
        own_id, person, key, starts.replace(tzinfo=UTC), _utc(expires), _utc(ended), why, tuple(evidence)
    )


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None


def _ids(people: Iterable[int]) -> Composable:
    return Literal("{" + ",".join(str(int(person)) for person in people) + "}") + SQL("::bigint[]")


WANTED = """
WITH wanted AS (
    SELECT * FROM unnest(%(id)s::bigint[], %(person)s::bigint[], %(key)s::text[], %(starts)s::timestamptz[],
                         %(expires)s::timestamptz[], %(ended)s::timestamptz[], %(why)s::text[], %(evidence)s::text[],
                         %(change)s::text[], %(to_tell)s::boolean[], %(version)s::integer[])
        AS w(id, person_id, key, starts, expires, ended, why, evidence, change, to_tell, version)),
"""
EVENTS = """
INSERT INTO badges_awardevent (organization_id, award_id, change, at, reason, to_tell)
SELECT %(organization)s, id, change, %(at)s, '', to_tell FROM done
"""
UPDATE = (
    WANTED
    + """done AS (
    UPDATE badges_award a SET starts_at = w.starts, expires_at = w.expires, ended_at = w.ended, ended_why = w.why,
        end_reason = CASE WHEN w.ended IS NULL THEN '' ELSE a.end_reason END,
        evidence = w.evidence::bigint[],
        rule_version = CASE WHEN w.ended IS NULL THEN w.version ELSE a.rule_version END
    FROM wanted w WHERE a.id = w.id AND a.organization_id = %(organization)s
    RETURNING a.id, w.change, w.to_tell)"""
    + EVENTS
)
INSERT = (
    WANTED
    + f"""new AS (
    INSERT INTO badges_award ({COLUMNS})
    SELECT %(organization)s, %(badge)s, person_id, 'rule', key, starts, expires, ended, why, evidence::bigint[],
           version, '', '', %(at)s FROM wanted
    RETURNING id, person_id, key, starts_at),
done AS (SELECT n.id, w.change, w.to_tell FROM new n
         JOIN wanted w ON w.person_id = n.person_id AND w.key = n.key AND w.starts = n.starts_at)"""
    + EVENTS
)


def _write(orders: Orders, changes: Sequence[Change]) -> None:
    """What ends before what begins: of one person's awards of a badge only one may stand."""
    ending = [change for change in changes if change.award.id and change.award.ended]
    standing = [change for change in changes if change.award.id and not change.award.ended]
    new = [change for change in changes if not change.award.id]
    for statement, some in ((UPDATE, ending), (UPDATE, standing), (INSERT, new)):
        if some:
            with connection.cursor() as cursor:
                cursor.execute(statement, _parameters(orders, some))


def _parameters(orders: Orders, changes: Sequence[Change]) -> dict[str, Any]:
    awards = [change.award for change in changes]
    columns = {name: [getattr(award, name) for award in awards] for name in ("id", "person", "key", "starts")}
    columns |= {name: [getattr(award, name) for award in awards] for name in ("expires", "ended")}
    return {
        **columns,
        "why": [str(award.why) for award in awards],
        "evidence": ["{" + ",".join(map(str, award.evidence)) + "}" for award in awards],
        "change": [str(change.change) for change in changes],
        "to_tell": [change.to_tell for change in changes],
        "organization": orders.badge.organization_id,
        "badge": orders.badge.pk,
        "version": [orders.version_at(award.starts) for award in awards],
        "at": orders.at,
    }


# ---- awards whose time has come
DUE = """
WITH due AS (
    SELECT a.id, a.person_id, a.expires_at FROM badges_award a
    JOIN people_person p ON p.organization_id = a.organization_id AND p.id = a.person_id
    WHERE a.organization_id = %(organization)s AND a.ended_at IS NULL
      AND a.expires_at <= %(now)s AND a.expires_at >= %(since)s
      AND NOT EXISTS (SELECT FROM activity_pendingevaluation q
                      WHERE q.organization_id = a.organization_id AND q.person_id = a.person_id)
    ORDER BY a.expires_at LIMIT %(batch)s
    FOR NO KEY UPDATE OF p SKIP LOCKED),
done AS (
    UPDATE badges_award a SET ended_at = a.expires_at,
        ended_why = CASE WHEN a.origin = 'rule' AND a.badge_id = ANY(%(lapsing)s) THEN 'lapsed' ELSE 'expired' END
    FROM due, badges_badge b
    WHERE a.id = due.id AND a.organization_id = %(organization)s AND a.ended_at IS NULL AND a.expires_at <= %(now)s
      AND b.organization_id = a.organization_id AND b.id = a.badge_id
    RETURNING a.id, a.person_id, a.expires_at, b.tells_on_loss),
events AS (
    INSERT INTO badges_awardevent (organization_id, award_id, change, at, reason, to_tell)
    SELECT %(organization)s, id, 'ended', %(now)s, '', tells_on_loss FROM done)
SELECT person_id, expires_at FROM done
"""
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def end_due_awards(*, organization: Organization, now: datetime, lapsing: Sequence[int] = ()) -> int:
    """End every award, by rule or by hand, whose stored end has come; in batches, each its own transaction.

    `lapsing` are the badges whose rules' awards lapse rather than expire. Who is being worked on just now, or has
    something in the record that no rule has looked at yet, is left for the next time.
    """
    ended, since = 0, LONG_AGO
    while True:
        with tenant(organization), connection.cursor() as cursor:
            values: dict[str, Any] = {
                "organization": organization.pk,
                "now": now,
                "since": since,
                "batch": BATCH,
                "lapsing": [*lapsing],
            }
            cursor.execute(DUE, values)
            rows = cursor.fetchall()
            _follow_up(organization.pk, {person for person, _ in rows})
        ended += len(rows)
        if len(rows) < BATCH:
            return ended
        since = max(at for _, at in rows)
