"""A worker's part of bulk edits: planning large ones, carrying them out and undoing them, chunk by chunk.

A chunk is one transaction: awards, history, outcomes and progress together. A worker that is killed leaves
whole chunks, and whoever comes next goes on after them. The batch's row is locked meanwhile, so that of two
workers one finds it taken and goes away.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product

from badges.actions import settle_awards
from badges.batch_rows import write_plans
from badges.batch_undo import undo_entries
from badges.counts import lock_people
from badges.evidence import Piece, attach_each
from badges.models import (
    Award,
    AwardChange,
    AwardEvent,
    Batch,
    BatchChange,
    BatchEntry,
    BatchState,
    EndedWhy,
    LeftOut,
    Origin,
    Outcome,
)
from badges.planning import Do, Plan, Someone, Step, Wanted, tells
from badges.surveys import plans, wanted_of
from people.clock import now
from people.models import Organization
from people.tenancy import tenant

CHUNK = 500
PLANNED = 2_000  # people whose preview is worked out in one transaction
HELD_BACK = timedelta(minutes=15)


def work_on_batch(*, organization: Organization, batch_id: int, seconds: float = 120) -> bool:
    """Carry the batch on, or its undoing, for so long; True if there is more to do.

    May be called at any time, any number of times and side by side. Each chunk is committed by itself.
    """
    end = time.monotonic() + seconds
    while _work_once(organization, batch_id):
        if time.monotonic() > end:
            return True
    return False


def _work_once(organization: Organization, batch_id: int) -> bool:
    with tenant(organization):
        at_work = Batch.objects.at_work().filter(pk=batch_id)
        batch = at_work.select_for_update(skip_locked=True, no_key=True).first()
        if batch is None:
            return False
        more = STEPS.get(batch.state, _carry_on)(batch)
        batch.progressed_at = now()
        batch.save(update_fields=["state", "done", "progressed_at", "finished_at"])
    return more


def _carry_on(batch: Batch) -> bool:
    to_do = BatchEntry.objects.filter(batch=batch, outcome="").order_by("person_id")
    entries = dict(to_do.values_list("person", "pk")[:CHUNK])
    person_ids = list(entries)
    if not person_ids:
        batch.state, batch.finished_at = BatchState.DONE, now()
        return False
    assert batch.started_by is not None
    lock_people(batch.organization_id, person_ids)
    at = now()
    wanted = wanted_of(batch, at, person_ids, locks=True)
    decided = list(plans(wanted, person_ids, batch.started_by))
    write_plans(batch, "outcome", decided)
    changed = [(person, plan) for person, plan in decided if plan.outcome == Outcome.CHANGED]
    if changed:
        _write_awards(batch, wanted, changed, entries)
        settle_awards(batch.organization_id, [person.id for person, _ in changed])
    batch.state = BatchState.RUNNING
    batch.done += len(person_ids)
    return True


def _undo(batch: Batch) -> bool:
    changed = BatchEntry.objects.filter(batch=batch, outcome=Outcome.CHANGED, undone_at=None)
    entries = list(changed.order_by("person_id")[:CHUNK])
    if entries:
        undo_entries(batch, entries)
        return True
    stopped = BatchEntry.objects.filter(batch=batch, outcome="")
    batch.done += stopped.update(outcome=Outcome.LEFT_OUT, why=LeftOut.STOPPED, steps=[], is_mailed=False)
    batch.state, batch.finished_at = BatchState.UNDONE, now()
    return False


def _plan(batch: Batch) -> bool:
    """The preview as of when it was asked for, some people after the others; then the batch is a draft again."""
    waiting = BatchEntry.objects.filter(batch=batch, outcome="", planned="").order_by("person_id")
    person_ids = list(waiting.values_list("person", flat=True)[:PLANNED])
    if not person_ids:
        batch.state, batch.done = BatchState.DRAFT, 0
        return False
    assert batch.planned_at is not None
    wanted = wanted_of(batch, batch.planned_at, person_ids)
    write_plans(batch, "planned", plans(wanted, person_ids, batch.made_by))
    batch.done += len(person_ids)
    return True


STEPS: dict[str, Callable[[Batch], bool]] = {BatchState.PLANNING: _plan, BatchState.UNDOING: _undo}


@dataclass
class _Deed:
    """A step with what it becomes; `award` is 0 until it is given."""

    person: Someone
    step: Step
    award: int
    change: AwardChange
    tells: bool


CHANGES = {
    Do.GIVE: AwardChange.GRANTED,
    Do.RENEW: AwardChange.RENEWED,
    Do.TAKE_BACK: AwardChange.REVOKED,
}


def _write_awards(
    batch: Batch, wanted: Wanted, decided: Sequence[tuple[Someone, Plan]], entries: Mapping[int, int]
) -> None:
    deeds = [
        _Deed(person, step, step.award or 0, CHANGES[step.do], tells(wanted, person, step))
        for person, plan in decided
        for step in plan.steps
        if step.changes
    ]
    _end_what_ran_out(batch, deeds, wanted.at)
    _take_back(batch, deeds, wanted.at)
    _renew(deeds)
    _give(batch, deeds, wanted)
    _write_history(batch, deeds, entries, wanted.at)


def _end_what_ran_out(batch: Batch, deeds: Iterable[_Deed], at: datetime) -> None:
    """What the sweep has not ended yet makes room for what is given anew; that is no change of the batch's."""
    over = [deed.award for deed in deeds if deed.step.do == Do.GIVE and deed.award]
    for award in Award.objects.filter(pk__in=over):
        award.ended_at, award.ended_why = award.expires_at, EndedWhy.EXPIRED
        award.save(update_fields=["ended_at", "ended_why"])
        AwardEvent.objects.create(
            organization_id=batch.organization_id, award=award, change=AwardChange.ENDED, at=at
        )


def _take_back(batch: Batch, deeds: Iterable[_Deed], at: datetime) -> None:
    taken = [deed.award for deed in deeds if deed.step.do == Do.TAKE_BACK]
    Award.objects.filter(pk__in=taken).update(
        ended_at=at, ended_why=EndedWhy.REVOKED, end_reason=batch.reason
    )


def _renew(deeds: Iterable[_Deed]) -> None:
    by_end: dict[datetime | None, list[int]] = defaultdict(list)
    for deed in deeds:
        if deed.step.do == Do.RENEW:
            by_end[deed.step.after].append(deed.award)
    for end, awards in by_end.items():
        Award.objects.filter(pk__in=awards).update(expires_at=end)


def _give(batch: Batch, deeds: Iterable[_Deed], wanted: Wanted) -> None:
    given = [deed for deed in deeds if deed.step.do == Do.GIVE]
    awards = Award.objects.bulk_create(
        Award(
            organization_id=batch.organization_id,
            badge_id=deed.step.badge,
            person_id=deed.person.id,
            origin=Origin.HAND,
            starts_at=wanted.starts_at,
            expires_at=deed.step.after,
            given_by=batch.started_by,
            reason=batch.reason,
            recorded_at=wanted.at,
        )
        for deed in given
    )
    for deed, award in zip(given, awards, strict=True):
        deed.award = award.pk


def pieces_of(batch: Batch) -> list[Piece]:
    links = [Piece(link=batch.link)] if batch.link else []
    return [*links, *([Piece(note=batch.note)] if batch.note else [])]


def _write_history(batch: Batch, deeds: Sequence[_Deed], entries: Mapping[int, int], at: datetime) -> None:
    """Mails wait, so that undoing in time sends none."""
    events = AwardEvent.objects.bulk_create(
        AwardEvent(
            organization_id=batch.organization_id,
            award_id=deed.award,
            change=deed.change,
            at=at,
            actor=batch.started_by,
            reason=batch.reason,
            to_tell=deed.tells,
            tell_after=at + HELD_BACK if deed.tells else None,
        )
        for deed in deeds
    )
    given = [event for event in events if event.change != AwardChange.REVOKED]
    attach_each(product(given, pieces_of(batch)))
    BatchChange.objects.bulk_create(
        BatchChange(
            organization_id=batch.organization_id,
            entry_id=entries[deed.person.id],
            award_id=deed.award,
            event=event,
            change=deed.change,
            tells=deed.tells,
            expires_before=deed.step.before if deed.change == AwardChange.RENEWED else None,
            expires_after=deed.step.after,
        )
        for deed, event in zip(deeds, events, strict=True)
    )
