"""Looking again at whose record changed otherwise than by activities: moves, joined dates, settings, the tree.

Their past is dated anew, so nobody is told; news that waits is told first.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection

from people.clock import now
from people.models import Organization, RecordChange
from people.tenancy import tenant
from rules.evaluation import evaluate_pending, evaluate_people
from rules.reconciling import reconcile_everything

CLAIM_TIME = timedelta(minutes=10)  # longer than a task may run: whoever claimed it has died

CLAIM = """
UPDATE people_recordchange SET claimed_at = %(at)s WHERE id IN (
    SELECT id FROM people_recordchange
    WHERE organization_id = %(organization)s
      AND CASE WHEN %(held)s::timestamptz IS NULL THEN claimed_at IS NULL OR claimed_at < %(died)s
               ELSE claimed_at = %(held)s END
    ORDER BY id LIMIT 10000 FOR UPDATE SKIP LOCKED)
AND organization_id = %(organization)s RETURNING id, person_id
"""


def recheck_changed(
    *,
    organization: Organization,
    held: datetime | None = None,
    after: int = 0,
    carry_on: Callable[[datetime, int], object] | None = None,
) -> int:
    """Claim what changed, look again at these people or at everybody, and forget what is done.

    Safe to repeat and to run side by side; what was claimed by a worker that died is claimed again. Whoever carries on
    takes over what is held since that instant.
    """
    at = now()
    rows = _claim(organization, at, held)
    if not rows:
        return 0
    evaluate_pending(organization=organization)
    people = [person for _, person in rows if person is not None]
    if len(people) < len(rows):
        hand_over = partial(carry_on, at) if carry_on else None
        if not reconcile_everything(organization=organization, after=after, carry_on=hand_over):
            return len(rows)
    else:
        evaluate_people(organization=organization, person_ids=people, quietly=True)
    with tenant(organization):
        RecordChange.objects.filter(organization=organization, pk__in=[row[0] for row in rows]).delete()
    return len(rows)


def _claim(organization: Organization, at: datetime, held: datetime | None) -> list[tuple[int, int | None]]:
    values: dict[str, Any] = {
        "organization": organization.pk,
        "at": at,
        "died": at - CLAIM_TIME,
        "held": held,
    }
    with tenant(organization), connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        rows: list[tuple[int, int | None]] = cursor.fetchall()
    return rows


def awaits_recheck(*, organization: Organization) -> bool:
    with tenant(organization):
        waiting = RecordChange.objects.filter(organization=organization)
        return waiting.filter(claimed_at=None).exists() or (
            waiting.filter(claimed_at__lt=now() - CLAIM_TIME).exists()
        )
