"""Undoing a bulk edit: each award that it touched as it was before, unless somebody changed it since."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from badges.counts import lock_people
from badges.limits import room_for
from badges.models import (
    Award,
    AwardChange,
    AwardEvent,
    Batch,
    BatchChange,
    BatchEntry,
    EndedWhy,
    LeftOut,
    Origin,
    Undoing,
)
from badges.planning import Do, Room
from badges.surveys import within_reach
from badges.undoing import Restored, hold_back, restore, write_restored
from people.clock import now
from people.models import Person
from people.rows import update_each

REASON = "The bulk edit was undone."


def undo_entries(batch: Batch, entries: Sequence[BatchEntry]) -> None:
    """One chunk, in the caller's transaction; what is restored and was not told yet is never told."""
    assert batch.undone_by is not None
    person_ids = [entry.person_id for entry in entries]
    lock_people(batch.organization_id, person_ids)
    at = now()
    changes = list(
        BatchChange.objects.filter(entry__in=entries).select_related("award__badge", "event").order_by("pk")
    )
    within = within_reach(person_ids, batch.undone_by)
    again = _held_again(changes)
    room = _room(changes, person_ids, batch.undone_by, at)
    for change in changes:
        change.undone = _verdict(change, within, again, room)
    to_restore = [change for change in changes if change.undone == Undoing.RESTORED]
    untold = hold_back(AwardEvent.objects.filter(pk__in=[change.event_id for change in to_restore]))
    restored = [
        _restore(change, at, was_told=change.tells and change.event_id not in untold) for change in to_restore
    ]
    update_each(changes, ["undone"])
    write_restored(batch.organization_id, restored, by=batch.undone_by, at=at, reason=REASON)
    BatchEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(undone_at=at)


def _held_again(changes: Iterable[BatchChange]) -> set[tuple[int, int]]:
    """(badge, person) where an award by hand stands: a second cannot."""
    awards = Award.objects.standing().filter(
        origin=Origin.HAND,
        person__in={change.award.person_id for change in changes},
        badge__in={change.award.badge_id for change in changes},
    )
    return set(awards.values_list("badge", "person"))


def _room(changes: Iterable[BatchChange], person_ids: Sequence[int], by: Person, at: datetime) -> Room:
    """What is given back takes places like anything given; whose turn it was to give does not matter."""
    badges = {change.award.badge for change in changes if change.change == AwardChange.REVOKED}
    room = room_for(badges, None, at, person_ids, locks=True)
    return replace(room, giver=by.pk)


def _verdict(change: BatchChange, within: set[int], again: set[tuple[int, int]], room: Room) -> Undoing:
    award = change.award
    if award.person_id not in within:
        return Undoing.OUTSIDE
    if change.change == AwardChange.REVOKED:
        as_left = award.ended_at == change.event.at and award.ended_why == EndedWhy.REVOKED
        as_left = as_left and (award.badge_id, award.person_id) not in again
        if as_left and (why_not := room.why_not(award.badge_id, award.person_id, Do.GIVE)):
            return Undoing.ONESELF if why_not == LeftOut.ONESELF else Undoing.FULL
        if as_left:
            room.take(award.badge_id, award.person_id, Do.GIVE)
    else:
        as_left = award.ended_at is None and award.expires_at == change.expires_after
    return Undoing.RESTORED if as_left else Undoing.CHANGED_SINCE


def _restore(change: BatchChange, at: datetime, *, was_told: bool) -> Restored:
    return restore(change.award, change.change, change.expires_before, at, reason=REASON, was_told=was_told)
