"""Ends that nobody wrote an event of, because the award says it all: written once somebody needs the event.

Awards end in time by the hundred thousand, and most of these events would never be read.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from badges.models import Award, Ending
from people.models import Organization, Person
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
    """The events of the endings that wait to be told, a batch a transaction; another worker's batch is its own.

    Nobody is waited for: whoever is being worked on just now is left for the next time.
    """
    with tenant(organization):
        waiting = list(Ending.objects.order_by("pk").values_list("pk", flat=True))
    for pk in waiting:
        _write_batch(organization, pk)


def _write_batch(organization: Organization, pk: int) -> None:
    with tenant(organization):
        ending = Ending.objects.filter(pk=pk).select_for_update(skip_locked=True).first()
        if ending is None:
            return
        awards = Award.objects.filter(pk__in=ending.awards)
        people = Person.objects.filter(pk__in=awards.values("person")).order_by("pk")
        free = list(people.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True))
        written = set(awards.filter(person__in=free).values_list("pk", flat=True))
        write_down(organization.pk, sorted(written))
        ending.awards = [award for award in ending.awards if award not in written]
        if ending.awards:
            ending.save(update_fields=["awards"])
        else:
            ending.delete()
