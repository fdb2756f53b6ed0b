"""Undoing a bulk edit: each award that it touched as it was before, unless somebody changed it since."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from badges.actions import settle_awards
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
from people.clock import now
from people.models import Person

REASON = "The bulk edit was undone."
ENDS = ["expires_at", "ended_at", "ended_why", "end_reason"]


@dataclass(frozen=True)
class _Restored:
    """An award as it was, with how that is told."""

    award: Award
    change: AwardChange
    tells: bool


def undo_entries(batch: Batch, entries: Sequence[BatchEntry]) -> None:
    """One chunk, in the caller's transaction; those who were not told yet are never told."""
    assert batch.undone_by is not None
    person_ids = [entry.person_id for entry in entries]
    lock_people(batch.organization_id, person_ids)
    at = now()
    changes = list(
        BatchChange.objects.filter(entry__in=entries).select_related("award__badge", "event").order_by("pk")
    )
    untold = _hold_back(changes)
    within = within_reach(person_ids, batch.undone_by)
    again = _held_again(changes)
    room = _room(changes, person_ids, batch.undone_by, at)
    restored = []
    for change in changes:
        change.undone = _verdict(change, within, again, room)
        if change.undone == Undoing.RESTORED:
            restored.append(_restore(change, at, was_told=change.tells and change.event_id not in untold))
    _write(batch, changes, restored, at)
    BatchEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(undone_at=at)
    settle_awards(batch.organization_id, person_ids)


def _hold_back(changes: Iterable[BatchChange]) -> set[int]:
    """Events that have not been told: now they will not be. Waits for whoever is telling one this moment."""
    events = AwardEvent.objects.filter(pk__in=[change.event_id for change in changes], to_tell=True)
    untold = set(events.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    AwardEvent.objects.filter(pk__in=untold).update(to_tell=False)
    return untold


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


def _restore(change: BatchChange, at: datetime, *, was_told: bool) -> _Restored:
    """The first date stays. An award whose time has run out meanwhile ends at that time."""
    award = change.award
    if change.change == AwardChange.GRANTED:
        award.ended_at, award.ended_why, award.end_reason = at, EndedWhy.REVOKED, REASON
        return _Restored(award, AwardChange.REVOKED, was_told and award.badge.tells_on_loss)
    if change.change == AwardChange.RENEWED:
        award.expires_at = change.expires_before
    award.ended_at, award.ended_why, award.end_reason = None, "", ""
    is_over = award.expires_at is not None and award.expires_at <= at
    if is_over:
        award.ended_at, award.ended_why = award.expires_at, EndedWhy.EXPIRED
    if change.change == AwardChange.RENEWED:
        return _Restored(award, AwardChange.CORRECTED, tells=False)
    tells = was_told and award.badge.tells_on_grant and not is_over
    return _Restored(award, AwardChange.REINSTATED, tells)


def _write(batch: Batch, changes: Sequence[BatchChange], restored: Sequence[_Restored], at: datetime) -> None:
    Award.objects.bulk_update([one.award for one in restored], ENDS)
    BatchChange.objects.bulk_update(changes, ["undone"])
    AwardEvent.objects.bulk_create(
        AwardEvent(
            organization_id=batch.organization_id,
            award=one.award,
            change=one.change,
            at=at,
            actor=batch.undone_by,
            reason=REASON,
            to_tell=one.tells,
        )
        for one in restored
    )
