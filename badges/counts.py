"""`AwardTally`: how many badges somebody holds, and since when the latest. Kept by whoever changes awards."""

from collections.abc import Iterable
from itertools import batched
from typing import Any

from django.db import connection

from activity.models import NEVER
from badges.models import Audience, AwardTally, Badge, HiddenBadge
from people.models import Organization, Person
from people.prepared import OneOf
from people.tenancy import tenant

BATCH = 5_000

# The people are named in each part, so that each is read by its index, whatever the planner believes of how many there
# are. Whoever is right already is left alone.
_RECOUNT = """
UPDATE badges_awardtally t SET badge_count = coalesce(held.badges, 0), latest_at = coalesce(held.latest, %(never)s)
FROM unnest(%(people)s::bigint[]) AS u(id)
LEFT JOIN (
    SELECT a.person_id, count(DISTINCT a.badge_id) AS badges, max(a.starts_at) AS latest FROM badges_award a
    WHERE a.organization_id = %(organization)s AND a.person_id = ANY(%(people)s) AND a.ended_at IS NULL
      AND a.badge_id <> ALL(ARRAY(SELECT id FROM badges_badge
                                  WHERE organization_id = %(organization)s AND state = 'withdrawn'))
      {seen}
    GROUP BY a.person_id) held ON held.person_id = u.id
WHERE t.organization_id = %(organization)s AND t.person_id = ANY(%(people)s) AND t.person_id = u.id
  AND t.audience {audience} %(colleagues)s
  AND (t.badge_count, t.latest_at) <> (coalesce(held.badges, 0), coalesce(held.latest, %(never)s))
"""
NOT_HIDDEN = """AND NOT EXISTS (
          SELECT FROM badges_hiddenbadge h WHERE h.organization_id = %(organization)s AND h.person_id = a.person_id
          AND (h.badge_id IS NULL OR h.badge_id = a.badge_id))"""
RECOUNT = _RECOUNT.format(seen="", audience="<>")
RECOUNT_FOR_COLLEAGUES = _RECOUNT.format(seen=NOT_HIDDEN, audience="=")


HOLD = "SELECT FROM badges_badge WHERE organization_id = %s AND id = %s FOR KEY SHARE"


def lock_people(organization_id: int, person_ids: Iterable[int]) -> None:
    """Hold back others who would change these awards; in order of id, so nobody waits in a circle."""
    people = Person.objects.filter(organization=organization_id, pk__in=person_ids)
    list(people.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def hold_badge(badge: Badge) -> None:
    """Keep its state as it is until what is given is committed; after the people, as whoever changes it does."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [badge.organization_id, badge.pk])


def recount_badges(organization_id: int, person_ids: Iterable[int]) -> None:
    ids = sorted(set(person_ids))
    lock_people(organization_id, ids)
    recount_locked(organization_id, ids)


def recount_locked(organization_id: int, person_ids: Iterable[int]) -> int:
    """A statement after the locks: its snapshot must be younger than they are, or it counts what was before.

    Returns how many were not right.
    """
    people = sorted(set(person_ids))
    values: dict[str, Any] = {
        "organization": organization_id,
        "people": people,
        "never": NEVER,
        "colleagues": Audience.COLLEAGUES,
    }
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, values)
        wrong = int(cursor.rowcount)
        if HiddenBadge.objects.filter(OneOf("person", people)).exists():
            cursor.execute(RECOUNT_FOR_COLLEAGUES, values)
            wrong += int(cursor.rowcount)
    return wrong


def part_tallies(organization_id: int, person_ids: Iterable[int]) -> None:
    """After these people hid badges or show them again: whoever hides one has a tally for colleagues of their own."""
    people = set(person_ids)
    lock_people(organization_id, people)
    hiding = set(HiddenBadge.objects.filter(person__in=people).values_list("person", flat=True))
    tallies = AwardTally.objects.filter(organization=organization_id)
    tallies.filter(person__in=people - hiding, audience=Audience.COLLEAGUES).delete()
    whole = tallies.exclude(audience=Audience.COLLEAGUES)
    whole.filter(person__in=hiding).update(audience=Audience.TRUSTED)
    whole.filter(person__in=people - hiding).update(audience=Audience.EVERYBODY)
    own = [
        AwardTally(organization_id=organization_id, person_id=one, audience=Audience.COLLEAGUES)
        for one in sorted(hiding)
    ]
    AwardTally.objects.bulk_create(own, ignore_conflicts=True)
    recount_locked(organization_id, people)


def recount_everybody(*, organization: Organization) -> int:
    """How many tallies were not right: any is a mistake somewhere."""
    with tenant(organization):
        people = list(Person.objects.order_by("pk").values_list("pk", flat=True))
    wrong = 0
    for some in batched(people, BATCH):
        with tenant(organization):
            lock_people(organization.pk, some)
            wrong += recount_locked(organization.pk, some)
    return wrong
