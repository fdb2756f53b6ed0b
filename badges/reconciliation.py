"""Stored awards by rule brought in line with a rule's timeline.

The timeline comes as a query (person_id, key, starts, ends, revoked, evidence), `ends` null for never; whose it is
does not matter here. Everything is done inside `tenant()`, with the people's rows locked by the caller.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from django.db import connection
from psycopg.sql import SQL, Composable, Composed, Literal

from badges.counts import recount_locked
from badges.endings import write_down
from badges.models import AwardChange
from badges.settling import JUST_NOW, NEWS, Change, Orders, Stand, Stored, settle
from badges.signals import announce
from people.prepared import ask_prepared
from people.zones import local_time


@dataclass
class Changes:
    """What a reconciliation has done.

    `recounted` are the people who may hold other badges now, or since another instant; `begun` are badge and person of
    what was granted, stands, and began within a day.
    """

    granted: int = 0
    changed: int = 0
    ended: int = 0
    recounted: set[int] = field(default_factory=set)
    begun: list[tuple[int, int]] = field(default_factory=list)

    def add(self, other: "Changes") -> None:
        self.granted += other.granted
        self.changed += other.changed
        self.ended += other.ended
        self.recounted |= other.recounted
        self.begun += other.begun

    def __bool__(self) -> bool:
        return bool(self.granted or self.changed or self.ended)


def reconcile(orders: Orders, timeline: Composable) -> Changes:
    """Grant, bring up to date and end, as the timeline says. A second run changes nothing. To be concluded.

    Those who never had the badge get it in one statement; only people whose stored awards differ are looked at
    one by one.
    """
    badge, at = orders.badge, Literal(orders.at)
    only = SQL("true") if orders.people is None else SQL("person_id = ANY({})").format(_ids(orders.people))
    query = comparison(
        [orders],
        SQL("SELECT {}::bigint AS badge_id, t.* FROM ({}) t").format(Literal(badge.pk), timeline),
        SQL(
            "SELECT * FROM badges_award WHERE organization_id = {} AND badge_id = {} AND origin = 'rule'"
            " AND ended_why <> 'merged' AND {}"
        ).format(Literal(badge.organization_id), Literal(badge.pk), only),
        at,
    )
    with local_time(badge.organization.zone), connection.cursor() as cursor:
        cursor.execute(query.as_string(connection.connection))
        rows = cursor.fetchall()
    return _bring_in_line([orders], rows)


@dataclass(frozen=True)
class Prepared:
    """A `comparison` with parameters, for several badges of an organization."""

    orders: Sequence[Orders]
    text: str
    parameters: Sequence[Any]


def reconcile_prepared(comparisons: Sequence[Prepared]) -> Changes:
    """The same for many badges of an organization, concluded; nobody is asked about twice for the same badge."""
    orders = [one for each in comparisons for one in each.orders]
    if not orders:
        return Changes()
    with local_time(orders[0].badge.organization.zone):
        rows = [row for each in comparisons for row in ask_prepared(each.text, each.parameters)]
    changes = _bring_in_line(orders, rows)
    conclude(orders[0].badge.organization_id, changes)
    return changes


def _bring_in_line(orders: Sequence[Orders], rows: Sequence[tuple[Any, ...]]) -> Changes:
    by_badge = {one.badge.pk: one for one in orders}
    granted = [row for row in rows if row[0] == 0]
    changes = Changes(granted=len(granted), recounted={row[1] for row in granted})
    for _, person, badge, _, _, starts, _, ended, *_ in granted:
        _note_begun(changes, by_badge[badge], person, starts.replace(tzinfo=UTC), _utc(ended))
    wanted: list[Wanted] = []
    for badge, stands, stored in _by_person(row for row in rows if row[0]):
        own = by_badge[badge]
        wanted += [(own, change) for change in settle(own, stands, stored)]
    _write(wanted)
    for own, change in wanted:
        _count(changes, own, change)
    return changes


def conclude(organization_id: int, changes: Changes) -> None:
    """What follows once from changes, however many badges they are of; in the same transaction."""
    if changes.recounted:
        recount_locked(organization_id, changes.recounted)
    if changes:
        announce(organization_id)


def _note_begun(
    changes: Changes, orders: Orders, person: int, starts: datetime, ended: datetime | None
) -> None:
    if ended is None and starts > orders.at - JUST_NOW:
        changes.begun.append((orders.badge.pk, person))


def _count(changes: Changes, orders: Orders, change: Change) -> None:
    award = change.award
    if change.change != AwardChange.RENEWED:  # which leaves its start alone
        changes.recounted.add(award.person)
    if not award.id:
        changes.granted += 1
        _note_begun(changes, orders, award.person, award.starts, award.ended)
    elif change.change == AwardChange.ENDED:
        changes.ended += 1
    else:
        changes.changed += 1


# ---- the statements
COLUMNS = "organization_id, badge_id, person_id, origin, key, starts_at, expires_at, ended_at, ended_why, ended_in_time"
COLUMNS += ", evidence, rule_version, reason, end_reason, recorded_at"

# The two sides are grouped rather than joined: how many rows a timeline has, no planner can foresee, and a nested
# loop over thousands of people would be the price. For the same reason people are looked up in hashed lists.
COMPARE = """
WITH timeline AS MATERIALIZED ({timeline}),
orders(badge_id, natural_end, version, tells) AS (VALUES {orders}),
stored AS MATERIALIZED ({stored}),
expected AS (
    SELECT t.*, {version} AS version, CASE WHEN NOT revoked THEN ends END AS expires,
           CASE WHEN ends <= {at} THEN ends END AS ended,
           CASE WHEN ends > {at} OR ends IS NULL THEN '' WHEN revoked THEN 'revoked' ELSE natural_end END AS why
    FROM timeline t JOIN orders USING (badge_id)),
fresh AS (
    INSERT INTO badges_award ({columns})
    SELECT {organization}, badge_id, person_id, 'rule', key, starts, expires, ended, why,
           ended IS NOT NULL AND ended IS NOT DISTINCT FROM expires, evidence, version, '', '', {at}
    FROM expected WHERE (badge_id, person_id) NOT IN (SELECT badge_id, person_id FROM stored)
    RETURNING id, badge_id, person_id, starts_at, ended_at),
events AS (
    INSERT INTO badges_awardevent (organization_id, award_id, change, at, reason, to_tell)
    SELECT {organization}, id, 'granted', {at}, '', tells AND ended_at IS NULL AND starts_at > {at} - {news}::interval
    FROM fresh JOIN orders USING (badge_id)),
sides AS (
    SELECT true AS is_stored, badge_id, person_id, key, starts_at AS starts,
           CASE WHEN ended_why <> 'revoked' THEN expires_at END AS expires, ended_at AS ended, ended_why AS why,
           evidence
    FROM stored
    UNION ALL SELECT false, badge_id, person_id, key, starts, expires, ended, why, evidence FROM expected),
alike AS (
    SELECT badge_id, person_id, bool_or(is_stored) AS has_stored, bool_or(NOT is_stored) AS has_expected,
           bool_or(is_stored AND ended IS NULL) AS stands, {differs} AS differs
    FROM sides GROUP BY badge_id, person_id, key, starts),
differing AS MATERIALIZED (
    SELECT badge_id, person_id FROM alike GROUP BY badge_id, person_id
    HAVING bool_or(has_stored)
       AND bool_or(CASE WHEN NOT has_stored THEN true WHEN has_expected THEN differs ELSE stands END))
SELECT 0, person_id, badge_id, NULL::bigint, NULL, starts_at AT TIME ZONE 'UTC', NULL::timestamp,
       ended_at AT TIME ZONE 'UTC', NULL, NULL::boolean, NULL::bigint[] FROM fresh
UNION ALL
SELECT 1, person_id, badge_id, id, key, starts_at AT TIME ZONE 'UTC', expires_at AT TIME ZONE 'UTC',
       ended_at AT TIME ZONE 'UTC', ended_why, NULL, evidence
FROM stored WHERE ((badge_id, person_id) IN (SELECT badge_id, person_id FROM differing)) IS TRUE
UNION ALL
SELECT 2, person_id, badge_id, NULL, key, starts AT TIME ZONE 'UTC', ends AT TIME ZONE 'UTC', NULL, NULL, revoked,
       evidence
FROM timeline WHERE ((badge_id, person_id) IN (SELECT badge_id, person_id FROM differing)) IS TRUE
"""
DIFFERS = " OR ".join(
    f"max({column}) FILTER (WHERE is_stored) IS DISTINCT FROM max({column}) FILTER (WHERE NOT is_stored)"
    for column in ("expires", "ended", "why", "evidence")
)


def comparison(
    orders: Sequence[Orders], timelines: Composable, stored: Composable, at: Composable
) -> Composed:
    """Grants what is new to people without any; yields them, and both sides of the people that differ.

    `timelines` say the badge first; `stored` are the awards by rule that the orders are about.
    """
    return SQL(COMPARE).format(
        timeline=timelines,
        orders=SQL(", ").join(map(_order, orders)),
        columns=SQL(COLUMNS),
        differs=SQL(DIFFERS),
        version=_version(orders),
        stored=stored,
        organization=Literal(orders[0].badge.organization_id),
        at=at,
        news=Literal(f"{NEWS.total_seconds():.0f} seconds"),
    )


def _version(orders: Sequence[Orders]) -> Composable:
    """The number of the version that gave what `starts` then."""
    cases = [
        SQL(" WHEN badge_id = {} AND starts < {} THEN {}").format(
            Literal(own.badge.pk), Literal(until), Literal(number)
        )
        for own in orders
        for until, number in own.earlier
    ]
    return SQL("CASE{} ELSE version END").format(SQL("").join(cases)) if cases else SQL("version")


def _order(orders: Orders) -> Composable:
    return SQL("({}::bigint, {}::text, {}::int, {}::boolean)").format(
        Literal(orders.badge.pk),
        Literal(str(orders.natural_end)),
        Literal(orders.rule_version),
        Literal(orders.tells_on_grant),
    )


def _by_person(rows: Iterable[tuple[Any, ...]]) -> list[tuple[int, list[Stand], list[Stored]]]:
    """By badge and person, what the timeline has and what is stored."""
    both = groupby(sorted(rows, key=lambda row: (row[2], row[1])), key=lambda row: (row[2], row[1]))
    sides = ((badge, list(own)) for (badge, _), own in both)
    return [
        (badge, [_stand(r) for r in own if r[0] == 2], [_stored(r) for r in own if r[0] == 1])
        for badge, own in sides
    ]


def _stand(row: tuple[Any, ...]) -> Stand:
    _, person, _, _, key, starts, ends, _, _, revoked, evidence = row
    return Stand(person, key, starts.replace(tzinfo=UTC), _utc(ends), revoked, tuple(evidence))


def _stored(row: tuple[Any, ...]) -> Stored:
    _, person, _, own_id, key, starts, expires, ended, why, _, evidence = row
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
                         %(change)s::text[], %(to_tell)s::boolean[], %(badge)s::bigint[], %(version)s::int[])
        AS w(id, person_id, key, starts, expires, ended, why, evidence, change, to_tell, badge_id, version)),
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
    SELECT %(organization)s, badge_id, person_id, 'rule', key, starts, expires, ended, why,
           ended IS NOT NULL AND ended IS NOT DISTINCT FROM expires, evidence::bigint[], version, '', '', %(at)s
    FROM wanted
    RETURNING id, badge_id, person_id, key, starts_at),
done AS (SELECT n.id, w.change, w.to_tell FROM new n
         JOIN wanted w ON w.badge_id = n.badge_id AND w.person_id = n.person_id AND w.key = n.key
                      AND w.starts = n.starts_at)"""
    + EVENTS
)


type Wanted = tuple[Orders, Change]


def _write(wanted: Sequence[Wanted]) -> None:
    """What ends before what begins: of one person's awards of a badge only one may stand."""
    # What ended in time is among them: whatever else is changed stood until now.
    if corrected := [change.award.id for _, change in wanted if change.change == AwardChange.CORRECTED]:
        write_down(wanted[0][0].badge.organization_id, corrected)
    ending = [one for one in wanted if one[1].award.id and one[1].award.ended]
    standing = [one for one in wanted if one[1].award.id and not one[1].award.ended]
    new = [one for one in wanted if not one[1].award.id]
    for statement, some in ((UPDATE, ending), (UPDATE, standing), (INSERT, new)):
        if some:
            with connection.cursor() as cursor:
                cursor.execute(statement, _parameters(some))


def _parameters(wanted: Sequence[Wanted]) -> dict[str, Any]:
    orders, changes = wanted[0][0], [change for _, change in wanted]
    awards = [change.award for change in changes]
    names = ("id", "person", "key", "starts", "expires", "ended")
    return {
        **{name: [getattr(award, name) for award in awards] for name in names},
        "why": [str(award.why) for award in awards],
        "evidence": ["{" + ",".join(map(str, award.evidence)) + "}" for award in awards],
        "change": [str(change.change) for change in changes],
        "to_tell": [change.to_tell for change in changes],
        "badge": [own.badge.pk for own, _ in wanted],
        "version": [own.version_at(change.award.starts) for own, change in wanted],
        "organization": orders.badge.organization_id,
        "at": orders.at,
    }
