"""An organization of a chosen size, made by set-based SQL: few people do much, most do little, over five years.

Everything happens in working hours, so that clock changes at night make no second reading of a window.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

ZONE = "America/New_York"
NOW = datetime(2026, 11, 2, 17, tzinfo=UTC)
KINDS = {
    "improvement.submitted": 20, "improvement.implemented": 14, "task.completed": 12, "project.completed": 8,
    "event.attended": 8, "training.completed": 8, "feedback.received": 6, "safety.observed": 6,
    "audit.done": 5, "waste.walked": 5, "coaching.given": 4, "savings.verified": 4,
}  # fmt: skip


@dataclass(frozen=True)
class Size:
    people: int
    activities: int


def make(superuser: str, size: Size) -> int:
    """The organization's id. The superuser skips the checks of foreign keys, which are sound by construction."""
    with psycopg.connect(superuser, autocommit=True) as own:
        own.execute("SET session_replication_role = replica")
        own.execute("SELECT setseed(0.42)")
        own.execute(
            "INSERT INTO people_organization (slug, name, zone, first_weekday, created_at, logo)"
            " VALUES ('bench', 'Bench', %s, 1, %s, '')", [ZONE, NOW]
        )  # fmt: skip
        names, weights = list(KINDS), list(KINDS.values())
        own.execute(PEOPLE, {"people": size.people})
        own.execute(TALLIES)
        own.execute(PLACES)
        own.execute(
            "INSERT INTO activity_kind (organization_id, name, label, unit, expects_value)"
            " SELECT 1, unnest(%s::text[]), '', '', false",
            [names],
        )
        own.execute("INSERT INTO activity_source (organization_id, name) VALUES (1, 'bench')")
        own.execute(ACTIVITIES, {"people": size.people, "n": size.activities, "now": NOW, "weights": weights})
        own.execute("VACUUM ANALYZE")
    return 1


def tidy(superuser: str) -> None:
    """What autovacuum does in time: without statistics of what has just been written, the planner guesses."""
    with psycopg.connect(superuser, autocommit=True) as own:
        own.execute("VACUUM ANALYZE")


PEOPLE = """
INSERT INTO people_person (organization_id, external_id, name, folded, email, title, joined_on)
SELECT 1, 'P' || i, 'Person ' || i, 'person ' || i, '', '', date '2026-01-01' - (random() * 3650)::int
FROM generate_series(1, %(people)s) i
"""
# Ten sites; everybody began at one of them, and a third have moved since.
PLACES = """
INSERT INTO people_location (organization_id, external_id, name)
SELECT 1, 'S' || i, 'Site ' || i FROM generate_series(0, 9) i;
INSERT INTO people_placement (organization_id, person_id, location_id, title, from_on)
SELECT 1, p.id, l.id, '', m.from_on FROM people_person p
CROSS JOIN (VALUES (0, date '2000-01-01'), (3, date '2024-07-01')) m(further, from_on)
JOIN people_location l ON l.external_id = 'S' || (p.id + m.further) % 10
WHERE m.further = 0 OR p.id % 3 = 0
"""
# What triggers do otherwise.
TALLIES = """
INSERT INTO activity_improvementtally (organization_id, person_id, count, since)
SELECT organization_id, id, 0, '0001-01-01 00:00:00+00' FROM people_person;
INSERT INTO badges_awardtally (organization_id, person_id, badge_count, latest_at)
SELECT organization_id, id, 0, '0001-01-01 00:00:00+00' FROM people_person
"""
# Who: zipf with exponent 0.6, of which u^2.5 is the inverse. When: 07:00 to 19:00 UTC-5 or so.
ACTIVITIES = """
INSERT INTO activity_activity (organization_id, person_id, kind_id, role, occurred_at, recorded_at, value, attributes,
    subject, source_id, external_id)
SELECT 1, 1 + floor(%(people)s * who ^ 2.5)::bigint, width_bucket(what * total, bounds), 'author', at, at,
    round((value * 1000)::numeric, 2), '{}', '', 1, 'activity/' || lpad(i::text, 8, '0')
FROM (SELECT i, random() AS who, random() AS what, random() AS value,
             date_trunc('day', %(now)s - interval '1 day' - random() * interval '5 years')
             + interval '12 hours' + random() * interval '12 hours' AS at
      FROM generate_series(1, %(n)s) i) a,
     (SELECT array_agg(below ORDER BY below) AS bounds, max(total) AS total
      FROM (SELECT coalesce(sum(w) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW), 0)::float AS below,
                   sum(w) OVER ()::float AS total
            FROM unnest(%(weights)s::int[]) WITH ORDINALITY u(w, n)) b) k
"""
