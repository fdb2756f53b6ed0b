"""`Person.badge_count`: how many badges somebody holds. Kept by whoever changes awards."""

from collections.abc import Iterable

from django.db import connection

from people.models import Person

# Person by person by the index of what stands, whatever the planner believes of how many there are: OFFSET keeps the
# inner query whole.
RECOUNT = """
UPDATE people_person p SET badge_count = held.badges
FROM unnest(%(people)s::bigint[]) AS u(id)
CROSS JOIN LATERAL (
    SELECT count(DISTINCT a.badge_id) AS badges FROM badges_award a
    WHERE a.organization_id = %(organization)s AND a.person_id = u.id AND a.ended_at IS NULL
      AND a.badge_id <> ALL(ARRAY(SELECT id FROM badges_badge
                                  WHERE organization_id = %(organization)s AND state = 'withdrawn'))
    OFFSET 0) held
WHERE p.organization_id = %(organization)s AND p.id = u.id AND p.badge_count <> held.badges
"""


def lock_people(organization_id: int, person_ids: Iterable[int]) -> None:
    """Hold back others who would change these awards; in order of id, so nobody waits in a circle."""
    people = Person.objects.filter(organization=organization_id, pk__in=person_ids)
    list(people.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def recount_badges(organization_id: int, person_ids: Iterable[int]) -> None:
    ids = sorted(set(person_ids))
    lock_people(organization_id, ids)
    recount_locked(organization_id, ids)


def recount_locked(organization_id: int, person_ids: Iterable[int]) -> None:
    """A statement after the locks: its snapshot must be younger than they are, or it counts what was before."""
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, {"organization": organization_id, "people": sorted(set(person_ids))})
