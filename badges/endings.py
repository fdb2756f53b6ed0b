"""Ends that nobody wrote an event of, because the award says it all: written once somebody needs the event.

Awards end in time by the hundred thousand, and most of these events would never be read.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from badges.counts import lock_people
from badges.models import Award, Ending
from people.models import Organization
from people.tenancy import tenant

WRITE = """
WITH written AS (
    UPDATE badges_award SET ended_in_time = false
    WHERE organization_id = %(organization)s AND id = ANY(%(awards)s) AND ended_in_time
    RETURNING id, ended_at)
INSERT INTO badges_awardevent (organization_id, award_id, change, at, reason, to_tell)
SELECT %(organization)s, id, 'ended', ended_at, '',
    id IN (SELECT unnest(awards) FROM badges_ending WHERE organization_id = %(organization)s)
FROM written
"""


def write_down(organization_id: int, award_ids: Sequence[int]) -> None:
    """The events of those that ended in time, for whoever refers to them, or is about to change the award.

    What waits to be told is told then. The people's rows are locked by the caller.
    """
    values: dict[str, Any] = {"organization": organization_id, "awards": [*award_ids]}
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)


def write_what_is_told(*, organization: Organization) -> None:
    """The events of the endings that wait to be told, a batch a transaction; another worker's batch is its own."""
    while _write_batch(organization):
        pass


def _write_batch(organization: Organization) -> bool:
    with tenant(organization):
        waiting = Ending.objects.filter(organization=organization).order_by("pk")
        ending = waiting.select_for_update(skip_locked=True).first()
        if ending is None:
            return False
        lock_people(
            organization.pk, Award.objects.filter(pk__in=ending.awards).values_list("person", flat=True)
        )
        write_down(organization.pk, ending.awards)
        ending.delete()
    return True
