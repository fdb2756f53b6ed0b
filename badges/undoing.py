"""Awards put back as they were before something was done to many. Within the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badges.awarding import settle_awards
from badges.models import Award, AwardChange, AwardEvent, EndedWhy
from people.models import Person
from people.rows import update_each

ENDS = ["expires_at", "ended_at", "ended_why", "end_reason"]


@dataclass(frozen=True)
class Restored:
    """An award as it was, with how that is told."""

    award: Award
    change: AwardChange
    tells: bool


def hold_back(events: Any) -> set[int]:
    """Which of these events have not been told: now they will not be. Waits for whoever is telling one this moment."""
    waiting = events.filter(to_tell=True).select_for_update(no_key=True).order_by("pk")
    untold = set(waiting.values_list("pk", flat=True))
    AwardEvent.objects.filter(pk__in=untold).update(to_tell=False)
    return untold


def restore(
    award: Award, change: str, before: datetime | None, at: datetime, *, reason: str, was_told: bool
) -> Restored:
    """The award without the change, whose end `before` it a renewal had moved. Its first date stays.

    What ran out meanwhile ends at that time.
    """
    if change == AwardChange.GRANTED:
        award.ended_at, award.ended_why, award.end_reason = at, EndedWhy.UNDONE, reason
        return Restored(award, AwardChange.REVOKED, was_told and award.badge.tells_on_loss)
    if change == AwardChange.RENEWED:
        award.expires_at = before
    award.ended_at, award.ended_why, award.end_reason = None, "", ""
    is_over = award.expires_at is not None and award.expires_at <= at
    if is_over:
        award.ended_at, award.ended_why = award.expires_at, EndedWhy.EXPIRED
    if change == AwardChange.RENEWED:
        return Restored(award, AwardChange.CORRECTED, tells=False)
    return Restored(award, AwardChange.REINSTATED, was_told and award.badge.tells_on_grant and not is_over)


def write_restored(
    organization_id: int, restored: Sequence[Restored], *, by: Person | None, at: datetime, reason: str
) -> None:
    update_each([one.award for one in restored], ENDS)
    AwardEvent.objects.bulk_create(
        AwardEvent(
            organization_id=organization_id,
            award=one.award,
            change=one.change,
            at=at,
            actor=by,
            reason=reason,
            to_tell=one.tells,
        )
        for one in restored
    )
    settle_awards(organization_id, sorted({one.award.person_id for one in restored}))
