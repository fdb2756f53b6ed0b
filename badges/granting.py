"""Many badges given by hand at once, each to its own person, on its own day, for its own reason; and taken back.

Set-based, within the caller's transaction. What is unsound has been refused before.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import transaction

from badges.actions import settle_awards
from badges.batch_work import HELD_BACK
from badges.counts import lock_people
from badges.evidence import Piece, attach_each
from badges.limits import room_for, take_or_refuse
from badges.models import Award, AwardChange, AwardEvent, Badge, EndedWhy, Origin
from badges.planning import Do, Room, lengthens
from people.audit import note
from people.clock import now
from people.models import Organization, Person

CHUNK = 1000


@dataclass(frozen=True)
class HandGrant:
    person_id: int
    badge: Badge
    starts_at: datetime
    expires_at: datetime | None
    reason: str
    link: str = ""


@dataclass(frozen=True)
class Change:
    """What became of an award: its id, whether it was given or renewed, its end before and after."""

    award: int
    change: str
    before: datetime | None
    after: datetime | None

    def to_json(self) -> list[Any]:
        ends = [end.isoformat() if end else None for end in (self.before, self.after)]
        return [self.award, self.change, *ends]

    @classmethod
    def from_json(cls, row: list[Any]) -> "Change":
        before, after = (datetime.fromisoformat(end) if end else None for end in row[2:4])
        return cls(row[0], row[1], before, after)


Standing = dict[tuple[int, int], Award]


def standing_by_hand(organization: Organization, person_ids: Iterable[int]) -> Standing:
    """The awards by hand that stand, by (badge, person)."""
    awards = Award.objects.standing().filter(
        organization=organization, origin=Origin.HAND, key="", person__in=list(person_ids)
    )
    return {(award.badge_id, award.person_id): award for award in awards}


def deed(grant: HandGrant, held: Award | None) -> Do:
    """Whether giving makes an award, renews the one that stands, or changes nothing."""
    if held is None or (held.expires_at is not None and held.expires_at < grant.starts_at):
        return Do.GIVE
    zone = grant.badge.organization.time_zone
    return Do.RENEW if lengthens(held.expires_at, grant.expires_at, zone) else Do.HELD


@transaction.atomic
def give_many(
    *,
    organization: Organization,
    by: Person,
    grants: Sequence[HandGrant],
    tells: bool,
    progress: Callable[[int], object] = lambda done: None,
) -> list[Change]:
    """Give or renew; what stands long enough stays. Mails wait, so that undoing in time sends none.

    Raises `Refused`, and gives nothing, where it would go beyond a badge's limits.
    """
    person_ids = {grant.person_id for grant in grants}
    lock_people(organization.pk, person_ids)
    room = room_for({grant.badge for grant in grants}, by, now(), person_ids, locks=True)
    changes: list[Change] = []
    for chunk in batched(grants, CHUNK):
        changes += _give(organization, by, chunk, tells, room)
        progress(len(chunk))
    return changes


def _give(
    organization: Organization, by: Person, grants: Sequence[HandGrant], tells: bool, room: Room
) -> list[Change]:
    at = now()
    held = standing_by_hand(organization, {grant.person_id for grant in grants})
    pairs = [(grant, held.get((grant.badge.pk, grant.person_id))) for grant in grants]
    for grant, award in pairs:
        take_or_refuse(room, grant.badge, grant.person_id, deed(grant, award))
    fresh = [(grant, award) for grant, award in pairs if deed(grant, award) == Do.GIVE]
    longer = [(grant, award) for grant, award in pairs if award and deed(grant, award) == Do.RENEW]
    _end_what_ran_out(organization, [award for _, award in fresh if award], at)
    awards = Award.objects.bulk_create(
        Award(
            organization=organization,
            badge=grant.badge,
            person_id=grant.person_id,
            origin=Origin.HAND,
            starts_at=grant.starts_at,
            expires_at=grant.expires_at,
            given_by=by,
            reason=grant.reason,
            recorded_at=at,
        )
        for grant, _ in fresh
    )
    changes = [Change(award.pk, AwardChange.GRANTED, None, award.expires_at) for award in awards]
    events = [_event(award, AwardChange.GRANTED, at, by, award.reason, tells) for award in awards]
    for grant, award in longer:
        changes.append(Change(award.pk, AwardChange.RENEWED, award.expires_at, grant.expires_at))
        events.append(_event(award, AwardChange.RENEWED, at, by, grant.reason, False))
        award.expires_at = grant.expires_at
    Award.objects.bulk_update([award for _, award in longer], ["expires_at"])
    AwardEvent.objects.bulk_create(events)
    links = (grant.link for grant, _ in [*fresh, *longer])
    attach_each((event, Piece(link=link)) for event, link in zip(events, links, strict=True) if link)
    settle_awards(organization.pk, sorted({grant.person_id for grant, _ in [*fresh, *longer]}))
    return changes


def _event(
    award: Award, change: AwardChange, at: datetime, by: Person | None, reason: str, tells: bool
) -> AwardEvent:
    told = tells and award.badge.tells_on_grant
    return AwardEvent(
        organization_id=award.organization_id,
        award=award,
        change=change,
        at=at,
        actor=by,
        reason=reason,
        to_tell=told,
        tell_after=at + HELD_BACK if told else None,
    )


def _end_what_ran_out(organization: Organization, over: Sequence[Award], at: datetime) -> None:
    """What no sweep has ended yet makes room for what is given anew."""
    for award in over:
        award.ended_at, award.ended_why = award.expires_at, EndedWhy.EXPIRED
    Award.objects.bulk_update(over, ["ended_at", "ended_why"])
    AwardEvent.objects.bulk_create(
        AwardEvent(organization=organization, award=award, change=AwardChange.ENDED, at=at) for award in over
    )


@transaction.atomic
def take_many_back(*, organization: Organization, by: Person, changes: Sequence[Change], reason: str) -> int:
    """Undo what `give_many` did, but for awards that somebody changed since; how many are as before."""
    undone = 0
    for chunk in batched(changes, CHUNK):
        undone += _undo(organization, by, chunk, reason)
    note(by, "award.revoked", f"{undone} badges", reason=reason)
    return undone


def _undo(organization: Organization, by: Person, changes: Sequence[Change], reason: str) -> int:
    ids = [change.award for change in changes]
    lock_people(organization.pk, Award.objects.filter(pk__in=ids).values_list("person", flat=True))
    found: Any = Award.objects.select_related("badge").in_bulk(ids)
    as_left = [
        (found[change.award], change)
        for change in changes
        if found[change.award].ended_at is None and found[change.award].expires_at == change.after
    ]
    at, events = now(), []
    told = _told([award.pk for award, _ in as_left])
    for award, change in as_left:
        kind = _put_back(award, change, at, reason)
        tells = kind == AwardChange.REVOKED and award.pk in told and award.badge.tells_on_loss
        events.append(
            AwardEvent(
                organization=organization,
                award=award,
                change=kind,
                at=at,
                actor=by,
                reason=reason,
                to_tell=tells,
            )
        )
    Award.objects.bulk_update(
        [award for award, _ in as_left], ["expires_at", "ended_at", "ended_why", "end_reason"]
    )
    AwardEvent.objects.bulk_create(events)
    settle_awards(organization.pk, sorted({award.person_id for award, _ in as_left}))
    return len(as_left)


def _told(award_ids: Sequence[int]) -> set[int]:
    """Awards that their people were told of. Those that were not told yet never will be."""
    granted = AwardEvent.objects.filter(award__in=award_ids, change=AwardChange.GRANTED)
    waiting = list(granted.filter(to_tell=True).select_for_update(no_key=True).values_list("pk", flat=True))
    told = granted.filter(tell_after__isnull=False).exclude(pk__in=waiting)
    ids = set(told.values_list("award", flat=True))
    AwardEvent.objects.filter(pk__in=waiting).update(to_tell=False)
    return ids


def _put_back(award: Award, change: Change, at: datetime, reason: str) -> AwardChange:
    if change.change == AwardChange.GRANTED:
        award.ended_at, award.ended_why, award.end_reason = at, EndedWhy.REVOKED, reason
        return AwardChange.REVOKED
    award.expires_at = change.before
    if change.before is not None and change.before <= at:
        award.ended_at, award.ended_why = change.before, EndedWhy.EXPIRED
    return AwardChange.CORRECTED
