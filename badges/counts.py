"""`Person.badge_count`: how many badges somebody holds. Kept by whoever changes awards."""

from collections.abc import Iterable

from django.db import connection

from people.models import Person

# Two statements: the second one's snapshot must be younger than the locks, or it counts what was before.
RECOUNT = """
UPDATE people_person p SET badge_count = held.badges
FROM (SELECT person.id, count(DISTINCT b.id) AS badges
      FROM people_person person
      LEFT JOIN badges_award a ON a.organization_id = person.organization_id AND a.person_id = person.id
                              AND a.ended_at IS NULL
      LEFT JOIN badges_badge b ON b.organization_id = a.organization_id AND b.id = a.badge_id
                              AND b.state <> 'withdrawn'
      WHERE person.organization_id = %(organization)s AND person.id = ANY(%(people)s)
      GROUP BY person.id) held
WHERE p.organization_id = %(organization)s AND p.id = held.id AND p.badge_count <> held.badges
"""


def lock_people(organization_id: int, person_ids: Iterable[int]) -> None:
    """Hold back others who would change these awards; in order of id, so nobody waits in a circle."""
    people = Person.objects.filter(organization=organization_id, pk__in=person_ids)
    list(people.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def recount_badges(organization_id: int, person_ids: Iterable[int]) -> None:
    ids = sorted(set(person_ids))
    lock_people(organization_id, ids)
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, {"organization": organization_id, "people": ids})
