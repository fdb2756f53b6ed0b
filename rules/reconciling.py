"""Asking rules about everybody, some thousands of people a transaction, all the rules at once.

What one transaction needs is then read and locked once, and not for each rule: the people, the rulebook, and what is
dated ahead. A rule that the database cannot answer is noted as failed, and leaves the others alone.

Where somebody can carry on, a pass stops after some minutes, and hands over after whom to go on: people in order of id.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q, QuerySet

from badges.counts import lock_people
from badges.models import Award, AwardEvent
from badges.reconciliation import Changes, conclude, reconcile
from people.clock import now
from people.models import Organization, Person
from people.statistics import LARGE, refresh_statistics
from people.tenancy import tenant
from rules.asking import note_next_due, orders_for
from rules.engine import Question, timeline
from rules.evaluation import batches
from rules.failing import THEIR_OWN, in_short, set_aside, take_up_again
from rules.models import Rule, RuleRun
from rules.queries import Book, is_in_force, rulebook

BATCH = 5_000
HOLD = timedelta(minutes=5)  # longer than a task may take
PART = timedelta(minutes=2)  # of a pass, so that with one more batch it stays well below what a task may take
MANY = 3_000  # awards a batch, which tables so far small are filled with


@dataclass
class Run:
    """A reconciliation of a rule for everybody; ends early where the rule fails or is put out of force."""

    rule: Rule
    started_at: datetime
    people: int = 0
    seconds: float = 0.0
    changes: Changes = field(default_factory=Changes)
    latest: Changes = field(default_factory=Changes)
    failure: Exception | None = None
    is_in_force: bool = True

    @property
    def goes_on(self) -> bool:
        return self.is_in_force and self.failure is None


def reconcile_rule(*, rule: Rule) -> Changes:
    """Ask a rule about everybody and note the run, also where it fails.

    Nobody is told, unless its re-check, or that of a rule which it looks at, is one that tells.
    """
    part = _reconcile_rules(rule.organization, [rule])
    part.raise_failure(of=rule)
    return part.runs[0].changes


def reconcile_with_dependents(
    *,
    organization: Organization,
    rule_id: int,
    held: datetime | None = None,
    after: int = 0,
    carry_on: Callable[[datetime, int], object] | None = None,
) -> None:
    """A rule for everybody, and the rules that look at its badge; the re-check that it waited for is done then.

    One that was asked for meanwhile is not, whenever its clock says that it was. Where another is at it, nothing
    happens; one that failed is done again when its hold has passed. Whoever carries on does so under the same hold.
    """
    until = now() + HOLD
    with tenant(organization):
        free = Rule.objects.filter(recheck_held_until=held) if held else _not_held()
        if not free.filter(pk=rule_id).update(recheck_held_until=until):
            return
        book = rulebook(organization)
    rule = next((row for row in book.rows.values() if row.pk == rule_id), None)
    if rule is None:
        return
    rules = [rule, *(book.rows[slug] for slug in book.dependents(rule.badge.slug))]
    part = _reconcile_rules(organization, rules, after, in_part=carry_on is not None)
    part.raise_failure(of=rule)
    if carry_on and not part.is_last:
        carry_on(until, part.reached)
        return
    with tenant(organization):
        done = Rule.objects.filter(pk=rule_id, recheck_asked_at=rule.recheck_asked_at)
        done.update(recheck_asked_at=None, recheck_tells=False, recheck_held_until=None)


def _not_held() -> QuerySet[Rule]:
    return Rule.objects.filter(Q(recheck_held_until=None) | Q(recheck_held_until__lte=now()))


def reconcile_everything(
    *, organization: Organization, after: int = 0, carry_on: Callable[[int], object] | None = None
) -> bool:
    """Every rule for everybody: what a lost bell, a changed setting or a bug has missed comes right here.

    False: somebody else carries on. A rule that fails is set aside, and nobody is kept from the others.
    """
    with tenant(organization):
        rules = list(rulebook(organization).rows.values())
    part = _reconcile_rules(organization, rules, after, in_part=carry_on is not None)
    goes_on = carry_on is not None and not part.is_last and part.reached > after
    if carry_on and goes_on:
        carry_on(part.reached)
    if part.cut_off:
        raise part.cut_off
    return not goes_on


@dataclass
class Part:
    """A pass, or as much of it as was done: up to the person `reached`."""

    runs: Sequence[Run]
    reached: int
    is_last: bool = False
    cut_off: Exception | None = None

    def raise_failure(self, *, of: Rule) -> None:
        """After all else is done; what others failed with is theirs."""
        if self.cut_off:
            raise self.cut_off
        for run in self.runs:
            if run.failure is not None and run.rule.pk == of.pk:
                raise run.failure


def _reconcile_rules(
    organization: Organization, rules: Iterable[Rule], after: int = 0, *, in_part: bool = False
) -> Part:
    part = Part([Run(rule, now()) for rule in rules], after)
    began = time.monotonic()
    try:
        with tenant(organization):
            left = Person.objects.filter(organization=organization, pk__gt=after).order_by("pk")
            ids = list(left.values_list("pk", flat=True))
        for people in batches(ids, BATCH):
            if in_part and part.reached > after and time.monotonic() - began > PART.total_seconds():
                break
            _ask_all(organization, [run for run in part.runs if run.goes_on], people)
            part.reached = people[-1]
        part.is_last = not ids or part.reached == ids[-1]
    except Exception as error:
        part.cut_off = error
    _note(organization, part, after)
    return part


def _ask_all(organization: Organization, runs: Sequence[Run], people: Sequence[int]) -> None:
    if not runs:
        return
    with tenant(organization):
        lock_people(organization.pk, people)
        book, at = rulebook(organization), now()
        slugs = {row.pk: slug for slug, row in book.rows.items()}
        for run in runs:
            run.is_in_force, run.latest = run.rule.pk in slugs, Changes()
            if run.is_in_force:
                _ask(run, book, slugs[run.rule.pk], at, people)
        changes = Changes()
        for run in runs:
            changes.add(run.latest)
        if changes.granted >= MANY:
            refresh_statistics(Award)  # or each person is counted by reading everybody's awards
        conclude(organization.pk, changes)
        _note_due(book, {slugs[run.rule.pk]: run for run in runs if run.goes_on}, people, at)
    for run in runs:
        if run.goes_on:
            run.people += len(people)
            run.changes.add(run.latest)


def _note_due(book: Book, asked: Mapping[str, Run], people: Sequence[int], at: datetime) -> None:
    try:
        with transaction.atomic():
            note_next_due(book, [*asked], people, at)
    except DatabaseError:
        for slug, run in asked.items():
            try:
                with transaction.atomic():
                    note_next_due(book, [slug], people, at)
            except DatabaseError as error:
                run.failure = error


def _ask(run: Run, book: Book, slug: str, at: datetime, people: Sequence[int]) -> None:
    """By a statement of its own: planned for it, as thousands deserve."""
    began = time.monotonic()
    orders = orders_for(book, slug, at, people, quietly=not _tells(book, slug))
    try:
        with transaction.atomic():
            question = Question(book.ground, at, tuple(people))
            run.latest = reconcile(orders, timeline(book.rules[slug], book.rules, question))
    except DatabaseError as error:
        run.failure = error
    run.seconds += time.monotonic() - began


def _tells(book: Book, slug: str) -> bool:
    looked_at = [book.rows[other] for other in book.depends_on(slug) if other in book.rows]
    return any(row.recheck_tells for row in [book.rows[slug], *looked_at])


def _note(organization: Organization, part: Part, after: int) -> None:
    """A rule is live again where the beginning of a pass could be answered, and set aside wherever one fails."""
    is_whole = part.is_last and not after
    noted = [run for run in part.runs if run.is_in_force]
    with tenant(organization):
        if not part.cut_off and not after:
            take_up_again([run.rule for run in noted if run.failure is None])
        for run in noted:
            if isinstance(run.failure, THEIR_OWN):
                set_aside(run.rule, run.failure)
        RuleRun.objects.bulk_create(
            RuleRun(
                organization=organization,
                rule=run.rule,
                started_at=run.started_at,
                seconds=run.seconds,
                people=None if is_whole and run.goes_on else run.people,
                granted=run.changes.granted,
                changed=run.changes.changed,
                ended=run.changes.ended,
                error=in_short(run.failure or part.cut_off),
            )
            for run in noted
        )
        if any(run.changes.granted >= LARGE for run in noted):
            refresh_statistics(Award, AwardEvent)


def unchecked_rules(*, organization: Organization, asked_before: datetime) -> list[int]:
    """Rules in force whose re-check was asked for, and neither done nor begun: their bell was lost, or it failed."""
    with tenant(organization):
        waiting = _not_held().filter(organization=organization, recheck_asked_at__lt=asked_before)
        return [rule.pk for rule in waiting.select_related("badge") if is_in_force(rule)]
