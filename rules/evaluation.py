"""Asking rules about people, and writing what comes of it.

Safe to repeat at any time: the timeline depends on the record alone, and what is stored already is left alone.
People's rows are locked first, so that of two workers the later one has the younger record.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from activity.counts import recount_improvements
from badges.counts import lock_people
from badges.expiry import end_due_awards
from badges.models import Award, AwardEvent
from badges.reconciliation import Changes, reconcile
from people.clock import now
from people.models import Organization, Person
from people.statistics import LARGE, refresh_statistics
from people.tenancy import tenant
from rules.actions_floods import refuse_flood, watched
from rules.asking import evaluate, lapses, note_next_due, orders_for
from rules.engine import Question, timeline
from rules.listening import Pending, asked_by, changed_since
from rules.models import NextDue, Rule, RuleRun
from rules.queries import Book, is_in_force, rulebook

BATCH = 1_000
LARGE_BATCH = 5_000


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
    for people in _batches(sorted(set(person_ids)), BATCH):
        with tenant(organization):
            lock_people(organization.pk, people)
            book = rulebook(organization)
            asked = dict.fromkeys(book.listening(kinds), people)
            changes.add(evaluate(book, asked, at or now(), quietly=quietly))
    return changes


def _reconcile(book: Book, slug: str, at: datetime, people: Sequence[int], *, quietly: bool) -> Changes:
    """One rule about many, by a statement of its own: planned for it, as thousands deserve."""
    question = Question(book.ground, at, tuple(people))
    orders = orders_for(book, slug, at, people, quietly=quietly)
    changes = reconcile(orders, timeline(book.rules[slug], book.rules, question))
    note_next_due(book, slug, question)
    return changes


def _batches(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
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
    done = 0
    while claimed := watched(organization, _evaluate_batch):
        done += claimed
    return done


def _evaluate_batch(organization: Organization) -> int:
    with tenant(organization):
        rows, at = _claim(organization), now()
        if rows:
            book = rulebook(organization)
            changes = evaluate(book, asked_by(book, rows), at, quietly=False, since=changed_since(rows))
            refuse_flood(book, at, changes.people - {row.person for row in rows if row.deliberate})
            recount_improvements(organization, {row.person for row in rows})
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


# ---- everybody
@dataclass
class Run:
    """A reconciliation of a rule for everybody, under way."""

    rule: Rule
    started_at: datetime
    since: float
    changes: Changes


def reconcile_rule(*, rule: Rule) -> Changes:
    """Ask a rule about everybody, some thousands of people a transaction, and note the run, also where it fails.

    Nobody is told, unless its re-check, or that of a rule which it looks at, is one that tells.
    """
    run = Run(rule, now(), time.monotonic(), Changes())
    try:
        return _carry_out(run)
    except Exception as error:
        with tenant(rule.organization):
            _note_run(run, error=f"{type(error).__name__}: {error}".replace("\0", "")[:300])
        raise


def _carry_out(run: Run) -> Changes:
    rule, organization = run.rule, run.rule.organization
    with tenant(organization):
        everybody = list(
            Person.objects.filter(organization=organization).order_by("pk").values_list("pk", flat=True)
        )
    for people in _batches(everybody, LARGE_BATCH):
        with tenant(organization):
            lock_people(organization.pk, people)
            book = rulebook(organization)
            slug = next((slug for slug, row in book.rows.items() if row.pk == rule.pk), None)
            if slug is None:
                return run.changes
            run.changes.add(_reconcile(book, slug, now(), people, quietly=not _tells(book, slug)))
    with tenant(organization):
        _note_run(run)
        if run.changes.granted >= LARGE:
            refresh_statistics(Award, AwardEvent)
    return run.changes


def _tells(book: Book, slug: str) -> bool:
    looked_at = [book.rows[other] for other in book.depends_on(slug) if other in book.rows]
    return any(row.recheck_tells for row in [book.rows[slug], *looked_at])


def _note_run(run: Run, error: str = "") -> None:
    RuleRun.objects.create(
        organization_id=run.rule.organization_id,
        rule=run.rule,
        started_at=run.started_at,
        seconds=time.monotonic() - run.since,
        granted=run.changes.granted,
        changed=run.changes.changed,
        ended=run.changes.ended,
        error=error,
    )


def reconcile_with_dependents(*, organization: Organization, rule_id: int) -> None:
    """A rule for everybody, then the rules that look at its badge; the re-check that it waited for is done then."""
    started_at = now()
    with tenant(organization):
        book = rulebook(organization)
    rule = next((row for row in book.rows.values() if row.pk == rule_id), None)
    if rule is None:
        return
    for slug in [rule.badge.slug, *book.dependents(rule.badge.slug)]:
        reconcile_rule(rule=book.rows[slug])
    with tenant(organization):
        done = Rule.objects.filter(pk=rule_id, recheck_asked_at__lte=started_at)
        done.update(recheck_asked_at=None, recheck_tells=False)


def reconcile_everything(*, organization: Organization) -> None:
    """Every rule for everybody: what a lost bell, a changed setting or a bug has missed comes right here."""
    with tenant(organization):
        rows = list(rulebook(organization).rows.values())
    for row in rows:
        reconcile_rule(rule=row)


def unchecked_rules(*, organization: Organization, asked_before: datetime) -> list[int]:
    """Rules in force whose re-check was asked for and is not done: their bell was lost."""
    with tenant(organization):
        waiting = Rule.objects.filter(organization=organization, recheck_asked_at__lt=asked_before)
        return [rule.pk for rule in waiting.select_related("badge") if is_in_force(rule)]


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
    done = end_due_awards(organization=organization, now=now(), lapsing=lapsing)
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
            changes = evaluate(book, asked, at, quietly=False)
            refuse_flood(book, at, changes.people)
            in_force = [row.pk for row in book.rows.values()]
            NextDue.objects.filter(organization=organization, due_at__lte=at).exclude(
                rule__in=in_force
            ).delete()
    return len(rows)
