"""Reminders of awards that are about to end, to their holders and their managers."""

from typing import Any

from django.db import connection

from notifications.models import Notice
from notifications.queueing import one_at_a_time, queue_mails
from people import clock
from people.models import Organization
from people.tenancy import tenant
from rules.queries import resting_badges

DAYS = [60, 30, 7]
BATCH = 500


def remind(*, organization: Organization) -> int:
    """Make the reminders that are due, each once; returns how many.

    Whoever was not reminded in time, because nobody swept for days, gets only the one that is nearest to the
    end. An end that was less than so many days ahead when it became known needs no reminder of so many days:
    a renewal makes all earlier ones needless, and a habit that is kept for a month at a time reminds when
    nothing was done for long. No reminders are made where another award keeps the badge for longer, of badges
    earned again and again, as nothing renews those, and of what a paused rule gave, which ends only once that goes on.
    """
    made = 0
    while batch := _remind_batch(organization):
        made += batch
    return made


def _remind_batch(organization: Organization) -> int:
    values: dict[str, Any] = {
        "organization": organization.pk,
        "zone": organization.zone,
        "at": clock.now(),
        "days": DAYS,
        "longest": max(DAYS),
        "batch": BATCH,
    }
    with tenant(organization), connection.cursor() as cursor:
        one_at_a_time(organization)
        values["resting"] = list(resting_badges(organization))
        cursor.execute(REMIND, values)
        made = [row[0] for row in cursor.fetchall()]
        queue_mails(organization, Notice.objects.filter(pk__in=made))
    return len(made)


REMIND = """
WITH ending AS (
    SELECT a.*, (a.expires_at AT TIME ZONE %(zone)s)::date AS ends_on, window_of.days
    FROM badges_award a
    JOIN badges_badge b ON b.organization_id = a.organization_id AND b.id = a.badge_id
    CROSS JOIN LATERAL (
        SELECT min(d) AS days FROM unnest(%(days)s::int[]) d
        WHERE (a.expires_at AT TIME ZONE %(zone)s - make_interval(days => d)) AT TIME ZONE %(zone)s <= %(at)s
    ) window_of
    WHERE a.organization_id = %(organization)s AND a.ended_at IS NULL AND a.key = ''
      AND NOT (a.origin = 'rule' AND a.badge_id = ANY(%(resting)s))
      AND a.expires_at > %(at)s AND a.expires_at < %(at)s + make_interval(days => %(longest)s + 1)
      AND b.reminds AND b.state IN ('active', 'closed', 'retired') AND window_of.days IS NOT NULL
      AND NOT EXISTS (
        SELECT FROM badges_award o
        WHERE o.organization_id = a.organization_id AND o.badge_id = a.badge_id AND o.person_id = a.person_id
          AND o.id <> a.id AND o.ended_at IS NULL
          AND (o.expires_at IS NULL OR (o.origin = 'rule' AND o.badge_id = ANY(%(resting)s))
               OR (o.expires_at, a.id) > (a.expires_at, o.id)))
), due AS (
    SELECT e.* FROM ending e
    WHERE (e.expires_at AT TIME ZONE %(zone)s - make_interval(days => e.days)) AT TIME ZONE %(zone)s > GREATEST(
        e.starts_at,
        CASE e.origin WHEN 'rule' THEN e.recorded_at END,
        (SELECT max(v.at) FROM badges_awardevent v
         WHERE v.organization_id = e.organization_id AND v.award_id = e.id AND v.change = 'renewed'))
)
INSERT INTO notifications_notice (organization_id, award_id, recipient_id, kind, ends_on, days, made_at, left_out)
SELECT e.organization_id, e.id, r.id, 'ends_soon', e.ends_on, e.days, %(at)s, ''
FROM due e
JOIN people_person p ON p.organization_id = e.organization_id AND p.id = e.person_id AND p.left_on IS NULL
JOIN people_person r ON r.organization_id = e.organization_id AND r.id IN (p.id, p.manager_id)
                    AND r.left_on IS NULL
WHERE NOT EXISTS (
    SELECT FROM notifications_notice n
    WHERE n.organization_id = e.organization_id AND n.award_id = e.id AND n.recipient_id = r.id
      AND n.ends_on = e.ends_on AND n.days = e.days)
ORDER BY e.expires_at, e.id, r.id <> p.id
LIMIT %(batch)s
ON CONFLICT DO NOTHING
RETURNING id
"""
