"""`ImprovementTally`, kept by who looks at whose record has changed, and at the turn of the month."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import connection

from activity.models import ImprovementTally
from activity.months import last_twelve, month_start
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant

SUBMITTED = "improvement.submitted"
BATCH = 5_000

LOCK = """
SELECT FROM activity_improvementtally
WHERE organization_id = %(organization)s AND person_id = ANY(%(people)s) ORDER BY person_id FOR UPDATE
"""
# The people are named in each part, so that each is read by its index. Whoever is right already is left alone.
RECOUNT = """
UPDATE activity_improvementtally t SET count = coalesce(done.count, 0), since = %(since)s
FROM unnest(%(people)s::bigint[]) AS u(id)
LEFT JOIN (
    SELECT person_id, count(*) FROM activity_activity
    WHERE organization_id = %(organization)s AND person_id = ANY(%(people)s) AND voided_at IS NULL
      AND kind_id = (SELECT id FROM activity_kind WHERE organization_id = %(organization)s AND name = %(submitted)s)
      AND occurred_at BETWEEN %(since)s AND %(now)s
    GROUP BY person_id) done ON done.person_id = u.id
WHERE t.organization_id = %(organization)s AND t.person_id = ANY(%(people)s) AND t.person_id = u.id
  AND (t.count <> coalesce(done.count, 0) OR t.count > 0 AND t.since <> %(since)s)
"""


def since_when(organization: Organization) -> datetime:
    zone = organization.time_zone
    return month_start(last_twelve(now(), zone)[0], zone)


def recount_improvements(organization: Organization, person_ids: Iterable[int]) -> int:
    """Within a tenant: count these people's improvements anew; how many counts were not right.

    Locks first, so that of two who count the later one sees more.
    """
    values: dict[str, Any] = {
        "organization": organization.pk,
        "people": sorted(set(person_ids)),
        "submitted": SUBMITTED,
        "since": since_when(organization),
        "now": now(),
    }
    if not values["people"]:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(LOCK, values)
        cursor.execute(RECOUNT, values)
        return int(cursor.rowcount)


def begin_month(*, organization: Organization) -> int:
    """Count those anew whose months are no longer the last twelve. Twelve times a year there is something to do."""
    with tenant(organization):
        old = ImprovementTally.objects.filter(count__gt=0, since__lt=since_when(organization))
        people = list(old.order_by("pk").values_list("pk", flat=True))
    return sum(_recount_each(organization, people))


def recount_everybody(*, organization: Organization) -> int:
    """How many counts were not right: any is a mistake somewhere, or an activity dated ahead whose time has come."""
    with tenant(organization):
        people = list(Person.objects.order_by("pk").values_list("pk", flat=True))
    return sum(_recount_each(organization, people))


def _recount_each(organization: Organization, people: Iterable[int]) -> Iterator[int]:
    for some in batched(people, BATCH):
        with tenant(organization):
            yield recount_improvements(organization, some)
