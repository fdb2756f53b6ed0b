"""Asking rules about people, and writing what comes of it.

Safe to repeat at any time: the timeline depends on the record alone, and what is stored already is left alone.
People's rows are locked first, so that of two workers the later one has the younger record.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import connection

from activity.counts import SUBMITTED, recount_improvements
from badges.counts import lock_people
from badges.expiry import FOR_GOOD, end_due_awards
from badges.reconciliation import Changes
from people.clock import now
from people.models import Organization
from people.tenancy import tenant
from rules.actions_floods import refuse_flood, watched
from rules.asking import lapses
from rules.failing import evaluate_each
from rules.listening import Pending, asked_by, changed_since
from rules.models import NextDue
from rules.queries import rulebook

BATCH = 1_000


def evaluate_people(
    *,
    organization: Organization,
    person_ids: Iterable[int],
    kinds: Iterable[str] | None = None,
    quietly: bool = False,
    at: datetime | None = None,
) -> Changes:
    """Ask every rule that listens to these kinds (None: every rule) about these people, as of now or `at`."""
    changes = Changes()
    for people in batches(sorted(set(person_ids)), BATCH):
        with tenant(organization):
            lock_people(organization.pk, people)
            book = rulebook(organization)
            asked = dict.fromkeys(book.listening(kinds), people)
            changes.add(evaluate_each(book, asked, at or now(), quietly=quietly))
    return changes


def batches(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


# ---- the queue of people whose record has changed: append-only; only what was claimed is deleted
CLAIM = """
SELECT q.id, q.person_id, q.kinds, q.since, q.deliberate FROM activity_pendingevaluation q
JOIN people_person p ON p.organization_id = q.organization_id AND p.id = q.person_id
WHERE q.organization_id = %s ORDER BY q.id LIMIT %s
FOR NO KEY UPDATE OF p SKIP LOCKED
"""
FORGET = "DELETE FROM activity_pendingevaluation WHERE organization_id = %s AND id = ANY(%s)"


def evaluate_pending(*, organization: Organization) -> int:
    """Work off the queue, a batch a transaction; people whom another worker has in hand are left to the next run."""
    done, claimed = 0, BATCH
    while claimed == BATCH:  # what comes after a last, smaller batch has a bell of its own
        claimed = watched(organization, _evaluate_batch)
        done += claimed
    return done


def _evaluate_batch(organization: Organization) -> int:
    with tenant(organization):
        rows, at = _claim(organization), now()
        if rows:
            book = rulebook(organization)
            changes = evaluate_each(book, asked_by(book, rows), at, quietly=False, since=changed_since(rows))
            refuse_flood(book, at, changes, but={row.person for row in rows if row.deliberate})
            submitted = book.ground.kinds.get(SUBMITTED)
            recount_improvements(
                organization, {row.person for row in rows if not row.kinds or submitted in row.kinds}
            )
            with connection.cursor() as cursor:
                cursor.execute(FORGET, [organization.pk, [row.id for row in rows]])
    return len(rows)


def _claim(organization: Organization) -> list[Pending]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [organization.pk, BATCH])
        return [
            Pending(own, person, tuple(kinds), since, deliberate)
            for own, person, kinds, since, deliberate in cursor.fetchall()
        ]


# ---- what time alone does
DUE = """
SELECT n.rule_id, n.person_id FROM rules_nextdue n
JOIN people_person p ON p.organization_id = n.organization_id AND p.id = n.person_id
WHERE n.organization_id = %s AND n.due_at <= %s ORDER BY n.due_at LIMIT %s
FOR NO KEY UPDATE OF p SKIP LOCKED
"""


def end_and_start_due(*, organization: Organization) -> int:
    """End the awards whose time has come, and ask rules about people for whom an instant has come."""
    with tenant(organization):
        book = rulebook(organization)
    lapsing = [book.ground.badges[slug] for slug, rule in book.rules.items() if lapses(rule)]
    resting = dict.fromkeys(book.ground.resting_badges, FOR_GOOD)
    resting |= {row.badge_id: row.recheck_asked_at for row in book.rows.values() if row.recheck_asked_at}
    resting |= {row.badge_id: FOR_GOOD for row in book.rows.values() if row.failing_since}
    done = end_due_awards(organization=organization, now=now(), lapsing=lapsing, resting=resting)
    while started := watched(organization, _start_due):
        done += started
    return done


def _start_due(organization: Organization) -> int:
    at = now()
    with tenant(organization):
        with connection.cursor() as cursor:
            cursor.execute(DUE, [organization.pk, at, BATCH])
            rows = cursor.fetchall()
        if rows:
            book = rulebook(organization)
            asked = {
                slug: sorted({person for rule, person in rows if rule == row.pk})
                for slug, row in book.rows.items()
            }
            changes = evaluate_each(book, asked, at, quietly=False)
            refuse_flood(book, at, changes)
            in_force = [row.pk for row in book.rows.values() if not row.failing_since]
            NextDue.objects.filter(organization=organization, due_at__lte=at).exclude(
                rule__in=in_force
            ).delete()
    return len(rows)
