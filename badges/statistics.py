"""Badges in numbers: who holds them, how they came by them, how long it took. A constant number of queries."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection

from activity.months import last_twelve, month_start
from badges.expiry import end_of_soon
from badges.models import Badge
from people.models import Organization, Person
from people.querysets import folded
from people.sorting import Column


@dataclass(frozen=True)
class Numbers:
    """A badge now. `present` of the holders have not left; `ending` lose it within 60 days unless it is renewed.

    `days` is the median from the joined date to somebody's first award; None where nobody has both.
    """

    holders: int = 0
    present: int = 0
    by_hand: int = 0
    by_rule: int = 0
    by_both: int = 0
    ending: int = 0
    days: int | None = None


@dataclass(frozen=True)
class Place:
    """A location: how many who work there hold the badge."""

    name: str
    holders: int
    people: int

    @property
    def percent(self) -> int:
        return 100 * self.holders // self.people if self.people else 0


@dataclass
class Row:
    """A badge in the overview; `given` and `ended` by month, oldest first."""

    badge: Badge
    numbers: Numbers
    people: int
    given: list[int] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    @property
    def percent(self) -> int:
        return 100 * self.numbers.present // self.people if self.people else 0

    @property
    def gained(self) -> int:
        return sum(self.given)

    @property
    def lost(self) -> int:
        return sum(self.ended)


OVERVIEW: dict[str, Column[Row]] = {
    "name": Column(lambda row: folded(row.badge.name), rises=True),
    "holders": Column(lambda row: row.numbers.holders),
    "share": Column(lambda row: row.numbers.present),
    "given": Column(lambda row: row.gained),
    "ended": Column(lambda row: row.lost),
    "ending": Column(lambda row: row.numbers.ending),
    "days": Column(lambda row: row.numbers.days, rises=True),
}
PLACED: dict[str, Column[Place]] = {
    "place": Column(lambda place: folded(place.name) or None, rises=True),
    "holders": Column(lambda place: place.holders),
    "people": Column(lambda place: place.people),
    "share": Column(lambda place: place.holders / place.people),
}


NUMBERS = """
WITH held AS (
    SELECT badge_id, person_id, bool_or(origin = 'hand') AS hand, bool_or(origin = 'rule') AS rule,
           max(CASE WHEN origin = 'rule' AND badge_id = ANY(%(resting)s) THEN 'infinity'
               ELSE coalesce(expires_at, 'infinity') END) AS until
    FROM badges_award WHERE organization_id = %(organization)s AND ended_at IS NULL AND badge_id = ANY(%(badges)s)
    GROUP BY badge_id, person_id),
firsts AS (
    SELECT badge_id, person_id, min(starts_at) AS at
    FROM badges_award
    WHERE organization_id = %(organization)s AND badge_id = ANY(%(badges)s) AND ended_why NOT IN ('revoked', 'undone')
    GROUP BY badge_id, person_id),
waits AS (
    SELECT f.badge_id, percentile_disc(0.5) WITHIN GROUP (
        ORDER BY (f.at AT TIME ZONE %(zone)s)::date - p.joined_on) AS days
    FROM firsts f JOIN people_person p ON p.organization_id = %(organization)s AND p.id = f.person_id
    WHERE p.joined_on <= (f.at AT TIME ZONE %(zone)s)::date GROUP BY f.badge_id),
counts AS (
    SELECT h.badge_id, count(*) AS holders, count(*) FILTER (WHERE p.left_on IS NULL) AS present,
           count(*) FILTER (WHERE hand AND NOT rule) AS by_hand, count(*) FILTER (WHERE rule AND NOT hand) AS by_rule,
           count(*) FILTER (WHERE hand AND rule) AS by_both,
           count(*) FILTER (WHERE until <= %(soon)s) AS ending
    FROM held h JOIN people_person p ON p.organization_id = %(organization)s AND p.id = h.person_id
    GROUP BY h.badge_id)
SELECT b.id, coalesce(holders, 0), coalesce(present, 0), coalesce(by_hand, 0), coalesce(by_rule, 0),
       coalesce(by_both, 0), coalesce(ending, 0), days
FROM unnest(%(badges)s::bigint[]) AS b(id) LEFT JOIN counts c ON c.badge_id = b.id
LEFT JOIN waits w ON w.badge_id = b.id
"""


def numbers(
    organization: Organization, badge_ids: list[int], at: datetime, resting: Collection[int] = ()
) -> dict[int, Numbers]:
    """By badge, in one query. What a rule gave does not end while that is paused: `resting` are the badges of these."""
    values: dict[str, Any] = {
        "organization": organization.pk,
        "badges": badge_ids,
        "zone": organization.zone,
        "soon": end_of_soon(at, organization.time_zone),
        "resting": list(resting),
    }
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, values)
        return {badge: Numbers(*rest) for badge, *rest in cursor.fetchall()}


BY_MONTH = """
SELECT badge_id, date_trunc('month', starts_at AT TIME ZONE %(zone)s)::date, 'given', count(*) FROM badges_award
WHERE organization_id = %(organization)s AND badge_id = ANY(%(badges)s) AND starts_at BETWEEN %(since)s AND %(at)s
    AND ended_why NOT IN ('merged', 'undone')
GROUP BY 1, 2
UNION ALL
SELECT badge_id, date_trunc('month', ended_at AT TIME ZONE %(zone)s)::date, 'ended', count(*) FROM badges_award
WHERE organization_id = %(organization)s AND badge_id = ANY(%(badges)s) AND ended_at BETWEEN %(since)s AND %(at)s
    AND ended_why NOT IN ('merged', 'undone')
GROUP BY 1, 2
"""


def overview(reader: Person, at: datetime, resting: Collection[int] = ()) -> list[Row]:
    """Every badge that the reader may see, in order: three queries, and one for how many people there are."""
    organization = reader.organization
    badges = list(Badge.objects.visible_to(reader).in_order().select_related("category"))
    ids = [badge.pk for badge in badges]
    found, by_month = numbers(organization, ids, at, resting), _by_month(organization, ids, at)
    people = Person.objects.active().filter(organization=organization).count()
    months = last_twelve(at, organization.time_zone)
    return [
        Row(
            badge,
            found[badge.pk],
            people,
            [by_month[badge.pk, month, "given"] for month in months],
            [by_month[badge.pk, month, "ended"] for month in months],
        )
        for badge in badges
    ]


def _by_month(organization: Organization, ids: list[int], at: datetime) -> Counter[tuple[int, date, str]]:
    zone = organization.time_zone
    values: dict[str, Any] = {
        "organization": organization.pk,
        "badges": ids,
        "zone": organization.zone,
        "since": month_start(last_twelve(at, zone)[0], zone),
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_MONTH, values)
        return Counter({(badge, month, what): count for badge, month, what, count in cursor.fetchall()})


PLACES = """
SELECT coalesce(l.name, ''), count(a.person_id), count(*)
FROM people_person p
LEFT JOIN people_location l ON l.organization_id = p.organization_id AND l.id = p.location_id
LEFT JOIN (SELECT DISTINCT person_id FROM badges_award
           WHERE organization_id = %(organization)s AND badge_id = %(badge)s AND ended_at IS NULL) a
    ON a.person_id = p.id
WHERE p.organization_id = %(organization)s AND p.left_on IS NULL
GROUP BY l.id, l.name HAVING count(a.person_id) > 0
ORDER BY 2 DESC, 1
"""


def places(badge: Badge) -> list[Place]:
    """Where those who hold it work now, most first."""
    values: dict[str, Any] = {"organization": badge.organization_id, "badge": badge.pk}
    with connection.cursor() as cursor:
        cursor.execute(PLACES, values)
        return [Place(*row) for row in cursor.fetchall()]


FIRST_ACTIVITY = """
SELECT percentile_disc(0.5) WITHIN GROUP (
    ORDER BY (f.at AT TIME ZONE %(zone)s)::date - (d.at AT TIME ZONE %(zone)s)::date)
FROM (SELECT person_id, min(starts_at) AS at FROM badges_award
      WHERE organization_id = %(organization)s AND badge_id = %(badge)s AND ended_why NOT IN ('revoked', 'undone')
      GROUP BY person_id) f
CROSS JOIN LATERAL (SELECT occurred_at AS at FROM activity_activity a
                    WHERE a.organization_id = %(organization)s AND a.person_id = f.person_id AND a.voided_at IS NULL
                    ORDER BY occurred_at LIMIT 1) d
WHERE d.at <= f.at
"""


def days_from_first_activity(badge: Badge) -> int | None:
    """The median from somebody's first activity to their first award."""
    values: dict[str, Any] = {
        "organization": badge.organization_id,
        "badge": badge.pk,
        "zone": badge.organization.zone,
    }
    with connection.cursor() as cursor:
        cursor.execute(FIRST_ACTIVITY, values)
        found: int | None = cursor.fetchall()[0][0]
        return found
