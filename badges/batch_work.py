"""A worker's part of bulk edits: planning large ones, carrying them out and undoing them, chunk by chunk.

A chunk is one transaction: awards, history, outcomes and progress together. A worker that is killed leaves
whole chunks, and whoever comes next goes on after them. The batch's row is locked meanwhile, so that of two
workers one finds it taken and goes away.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from itertools import product

from badges.awarding import HELD_BACK, Deed, carry_out
from badges.batch_rows import write_plans
from badges.batch_undo import undo_entries
from badges.counts import lock_people
from badges.evidence import Piece, attach_each
from badges.models import AwardChange, Batch, BatchChange, BatchEntry, BatchState, LeftOut, Outcome
from badges.planning import Do, Plan, Someone, Wanted, tells
from badges.surveys import plans, wanted_of
from people.clock import now
from people.models import Organization
from people.tenancy import tenant

CHUNK = 500
PLANNED = 2_000  # people whose preview is worked out in one transaction


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
    entries = BatchEntry.objects.filter(batch=batch).order_by("person_id")
    person_ids = list(entries.values_list("person", flat=True)[batch.done : batch.done + PLANNED])
    if not person_ids:
        batch.state, batch.done = BatchState.DRAFT, 0
        return False
    assert batch.planned_at is not None
    wanted = wanted_of(batch, batch.planned_at, person_ids)
    write_plans(batch, "planned", plans(wanted, person_ids, batch.made_by))
    batch.done += len(person_ids)
    return True


STEPS: dict[str, Callable[[Batch], bool]] = {BatchState.PLANNING: _plan, BatchState.UNDOING: _undo}


def _write_awards(
    batch: Batch, wanted: Wanted, decided: Sequence[tuple[Someone, Plan]], entries: Mapping[int, int]
) -> None:
    done = [(person, step) for person, plan in decided for step in plan.steps if step.changes]
    deeds = [
        Deed(
            step.do,
            person.id,
            step.badge,
            batch.reason,
            starts_at=wanted.starts_at,
            ends_at=step.after,
            award=step.award or 0,
            tells=tells(wanted, person, step),
        )
        for person, step in done
    ]
    events = carry_out(batch.organization_id, deeds, by=batch.started_by, at=wanted.at, held_back=HELD_BACK)
    given = [event for event in events if event.change != AwardChange.REVOKED]
    attach_each(product(given, pieces_of(batch)))
    BatchChange.objects.bulk_create(
        BatchChange(
            organization_id=batch.organization_id,
            entry_id=entries[deed.person],
            award_id=deed.award,
            event=event,
            change=deed.change,
            tells=deed.tells,
            expires_before=step.before if step.do == Do.RENEW else None,
            expires_after=step.after,
        )
        for (_, step), deed, event in zip(done, deeds, events, strict=True)
    )


def pieces_of(batch: Batch) -> list[Piece]:
    links = [Piece(link=batch.link)] if batch.link else []
    return [*links, *([Piece(note=batch.note)] if batch.note else [])]
