"""Works, an organization of many people and awards, made by set-based SQL in a server that is gone afterwards."""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests import servers  # sets the addresses, before settings are read

PLACES = """
INSERT INTO people_location (organization_id, external_id, name, parent_id)
SELECT %(o)s, 'L0', 'All', NULL;
INSERT INTO people_location (organization_id, external_id, name, parent_id)
SELECT %(o)s, 'S' || i, 'Site ' || i, (SELECT id FROM people_location WHERE external_id = 'L0')
FROM generate_series(1, 10) i;
INSERT INTO people_location (organization_id, external_id, name, parent_id)
SELECT %(o)s, 'W' || i, 'Ward ' || i, (SELECT id FROM people_location WHERE external_id = 'S' || (1 + i %% 10))
FROM generate_series(1, 200) i;
"""
PEOPLE = """
WITH made AS (
    SELECT i,
           initcap(substr(md5(i::text), 1, 3 + i %% 6)) || ' ' || initcap(substr(md5('f' || i), 1, 4 + i %% 7)) AS name,
           (ARRAY['Nurse', 'Ward manager', 'Porter', 'Engineer', 'Pharmacist'])[1 + i %% 5] AS title
    FROM generate_series(1, %(people)s) i),
     wards AS (SELECT array_agg(id ORDER BY id) AS ids FROM people_location WHERE external_id LIKE 'W%%')
INSERT INTO people_person (organization_id, external_id, name, folded, email, title, location_id, left_on, manager_id)
SELECT %(o)s, 'P' || i, name, ' ' || lower(name || ' ' || title) || ' p' || i || '@works.example',
       'p' || i || '@works.example', title, ids[1 + (i * 7919::bigint) %% 200],
       CASE WHEN i %% 20 = 0 THEN date '2026-01-31' END,
       CASE WHEN i > 50 AND i %% 50 > 0 THEN i - i %% 50 END -- people's ids begin at 1
FROM made, wards;
INSERT INTO people_roleassignment (organization_id, person_id, role)
SELECT %(o)s, id, 'manager' FROM people_person WHERE id %% 50 = 0;
"""
# Badge 1 is everybody's, badge 2 three in a hundred people's, the others' shares lie between.
AWARDS = """
WITH b AS (SELECT id, substr(slug, 2)::int AS n FROM badges_badge),
     drawn AS (SELECT p.id AS person_id, b.id AS badge_id, b.n, hashint8(p.id * 31 + b.n) & 1048575 AS luck
               FROM people_person p CROSS JOIN b)
INSERT INTO badges_award (organization_id, badge_id, person_id, origin, key, starts_at, expires_at, ended_why, evidence,
                          reason, end_reason, recorded_at)
SELECT %(o)s, badge_id, person_id, 'rule', '', now() - luck * interval '100 seconds',
       CASE WHEN n %% 5 = 0 THEN now() + interval '1 day' + luck * interval '90 seconds' END, '', '{}', '', '', now()
FROM drawn WHERE n = 1 OR (n = 2 AND luck < 31457) OR (n > 2 AND luck < %(share)s * 1048576);
"""
DEEDS = """
INSERT INTO activity_kind (organization_id, name, label, unit, expects_value)
VALUES (%(o)s, 'improvement.submitted', '', '', false);
INSERT INTO activity_source (organization_id, name) VALUES (%(o)s, 'lapel');
INSERT INTO activity_activity (organization_id, person_id, kind_id, role, occurred_at, recorded_at, attributes, subject,
                               source_id, external_id)
SELECT %(o)s, p.id, k.id, 'author', now() - (hashint8(p.id * 7 + i) & 1023) * interval '9 hours', now(), '{}', '', s.id,
       p.id || '-' || i
FROM people_person p CROSS JOIN generate_series(1, 3) i, activity_kind k, activity_source s;
"""


def prepare() -> None:
    """A server of its own, migrated, and Django upon it."""
    servers.start()
    owner = {**os.environ, "DATABASE_URL": os.environ["OWNER_DATABASE_URL"]}
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], env=owner, check=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def make_badges(organization: Any) -> None:
    from badges.models import Badge, Emblem
    from people.clock import now

    for i in range(1, 31):
        Badge.objects.create(
            organization=organization,
            slug=f"b{i}",
            name=f"Badge {i}",
            description="For those who earn it.",
            mode="both",
            emblem=Emblem.objects.create(organization=organization, digest=str(i)),
            created_at=now(),
        )


def fill(organization: Any, options: argparse.Namespace) -> None:
    from django.db import connection

    make_badges(organization)
    # Badges 1 and 2 are fixed; the other 28 share what is left evenly.
    share = max(0.0, (options.awards / options.people - 1.03) / 28)
    values = {"o": organization.pk, "people": options.people, "share": share}
    with connection.cursor() as cursor:
        for block in (PLACES, PEOPLE, AWARDS, DEEDS):
            for statement in block.split(";\n"):
                if statement.strip():
                    cursor.execute(statement, values)
        cursor.execute("SELECT (SELECT count(*) FROM people_person), (SELECT count(*) FROM badges_award)")
        people, awards = cursor.fetchone()
        say(f"{people:,} people, {awards:,} awards")


@contextmanager
def unchecked() -> Iterator[None]:
    """Foreign keys are dropped while the data is made, which is sound by its making, and put back after."""
    keys = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
              WHERE contype = 'f' AND conrelid::regclass::text ~ '^(people|badges|activity)_'"""
    with as_owner() as owner:
        found = owner.execute(keys).fetchall()
        for table, name, _ in found:
            owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    with as_owner() as owner:
        for table, name, definition in found:
            owner.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition} NOT VALID")


@contextmanager
def as_owner() -> Iterator[Any]:
    import psycopg

    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        yield owner
