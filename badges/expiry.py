"""Awards ended when their time has come: which are due is read once, and then they are ended some at a time.

A batch is short and waits for nobody. It finds its rows by their ids, so that its plan does not hang on what the
planner knows of the tables.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import batched
from types import MappingProxyType
from typing import Any

from django.db import connection

from badges.counts import recount_locked
from badges.models import Badge, Ending
from badges.signals import announce
from people.models import Organization
from people.tenancy import tenant
from people.zones import last_instant

SOON = 60  # days by the calendar: an end that comes within them is told of, looked for and counted as such
BATCH = 2_000
ROUND = 100_000  # read at once; in two columns of numbers, so that millions take no memory
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
FOR_GOOD = datetime.max.replace(tzinfo=UTC)
NONE: Mapping[int, datetime] = MappingProxyType({})


def end_of_soon(now: datetime, zone: tzinfo) -> datetime:
    """The last instant, by the organization's calendar, that is soon."""
    return last_instant(now.astimezone(zone).date() + timedelta(days=SOON), zone)


type Due = tuple[int, int, datetime]
"""An award, whose it is, and its end."""

DUE = """
SELECT id, person_id, expires_at FROM badges_award
WHERE organization_id = %(organization)s AND ended_at IS NULL AND expires_at <= %(now)s
  AND expires_at >= %(since)s AND (expires_at, id) > (%(since)s, %(last)s)
{but}
ORDER BY expires_at, id LIMIT %(round)s
"""
BUT = """
AND NOT EXISTS (SELECT FROM unnest(%(resting)s::bigint[], %(until)s::timestamptz[]) AS r(badge_id, until)
                WHERE badges_award.origin = 'rule' AND r.badge_id = badges_award.badge_id AND expires_at <= until)
"""
CLAIM = """
SELECT id FROM people_person
WHERE organization_id = %(organization)s AND id = ANY(%(people)s) AND id <> ALL(ARRAY(
    SELECT person_id FROM activity_pendingevaluation
    WHERE organization_id = %(organization)s AND person_id = ANY(%(people)s)))
FOR NO KEY UPDATE SKIP LOCKED
"""
# That it has not ended is said by `ended_why`: by `ended_at`, the planner might read the index of all that stands.
END = """
UPDATE badges_award SET ended_at = expires_at, ended_in_time = true,
    ended_why = CASE WHEN origin = 'rule' AND badge_id = ANY(%(lapsing)s) THEN 'lapsed' ELSE 'expired' END
WHERE organization_id = %(organization)s AND id = ANY(%(awards)s) AND person_id = ANY(%(people)s)
  AND ended_why = '' AND expires_at <= %(now)s
RETURNING id, person_id, badge_id
"""


def end_due_awards(
    *,
    organization: Organization,
    now: datetime,
    lapsing: Sequence[int] = (),
    resting: Mapping[int, datetime] = NONE,
) -> int:
    """End every award, by rule or by hand, whose stored end has come; in batches, each its own transaction.

    `lapsing` are the badges whose rules' awards lapse rather than expire. Of those of `resting`, no rule's award ends
    that was to end up to an instant: the rule has yet to look whether its end has moved. Who is being worked on just
    now, or has something in the record that no rule has looked at yet, is left for the next time.
    """
    batches = _batches(organization, now, resting)
    return sum(_end(organization, now, due, [*lapsing]) for due in batches)


def _batches(
    organization: Organization, now: datetime, resting: Mapping[int, datetime]
) -> Iterator[Sequence[Due]]:
    """What is due, the longest overdue first; of a round, what is one person's together: they are counted once."""
    since, last = LONG_AGO, 0
    while due := _read(organization, now, since, last, resting):
        last, _, since = due[-1]
        due.sort(key=lambda one: (one[1], one[0]))
        yield from batched(due, BATCH)
        if len(due) < ROUND:
            return


def _read(
    organization: Organization, now: datetime, since: datetime, last: int, resting: Mapping[int, datetime]
) -> list[Due]:
    values: dict[str, Any] = {
        "organization": organization.pk,
        "now": now,
        "since": since,
        "last": last,
        "round": ROUND,
        "resting": [*resting],
        "until": [*resting.values()],
    }
    with tenant(organization), connection.cursor() as cursor:
        cursor.execute(DUE.format(but=BUT if resting else ""), values)
        rows: list[Due] = cursor.fetchall()
    return rows


def _end(organization: Organization, now: datetime, due: Sequence[Due], lapsing: list[int]) -> int:
    values: dict[str, Any] = {
        "organization": organization.pk,
        "now": now,
        "lapsing": lapsing,
        "awards": [award for award, _, _ in due],
        "people": sorted({person for _, person, _ in due}),
    }
    with tenant(organization), connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        values["people"] = [row[0] for row in cursor.fetchall()]
        cursor.execute(END, values)  # its snapshot is younger than the locks
        ended = cursor.fetchall()
        if ended:
            _leave_to_tell(organization, ended)
            recount_locked(organization.pk, {person for _, person, _ in ended})
            announce(organization.pk)
    return len(ended)


def _leave_to_tell(organization: Organization, ended: Sequence[tuple[int, int, int]]) -> None:
    telling = set(Badge.objects.filter(tells_on_loss=True).values_list("pk", flat=True))
    if awards := [award for award, _, badge in ended if badge in telling]:
        Ending.objects.create(organization=organization, awards=awards)
