"""Many badges given by hand at once, each to its own person, on its own day, for its own reason; and taken back.

Set-based, within the caller's transaction. What is unsound has been refused before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from badges.awarding import HELD_BACK, Deed, carry_out
from badges.counts import lock_people
from badges.evidence import Piece, attach_each
from badges.limits import room_for, take_or_refuse
from badges.models import Award, AwardChange, AwardEvent, Badge, Origin
from badges.planning import Do, giving
from badges.undoing import hold_back, restore, write_restored
from people.clock import now
from people.models import Organization, Person


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
    return giving(held, grant.starts_at, grant.expires_at, grant.badge.organization.time_zone)


@transaction.atomic
def give_many(
    *, organization: Organization, by: Person, grants: Sequence[HandGrant], tells: bool
) -> list[Change]:
    """Give or renew; what stands long enough stays. Mails wait, so that undoing in time sends none.

    The people are held back from others until the end of the transaction, so that callers with very many give in parts.
    Raises `Refused`, and gives nothing, where it would go beyond a badge's limits.
    """
    person_ids = {grant.person_id for grant in grants}
    lock_people(organization.pk, person_ids)
    at = now()
    room = room_for({grant.badge for grant in grants}, by, at, person_ids, locks=True)
    held = standing_by_hand(organization, person_ids)
    pairs = [(grant, held.get((grant.badge.pk, grant.person_id))) for grant in grants]
    for grant, award in pairs:
        take_or_refuse(room, grant.badge, grant.person_id, deed(grant, award))
    changing = [(grant, award) for grant, award in pairs if deed(grant, award) != Do.HELD]
    deeds = [_as_deed(grant, award, tells) for grant, award in changing]
    events = carry_out(organization.pk, deeds, by=by, at=at, held_back=HELD_BACK)
    links = [(event, grant.link) for event, (grant, _) in zip(events, changing, strict=True)]
    attach_each((event, Piece(link=link)) for event, link in links if link)
    return [
        Change(one.award, one.change, award.expires_at if award and one.do == Do.RENEW else None, one.ends_at)
        for one, (_, award) in zip(deeds, changing, strict=True)
    ]


def _as_deed(grant: HandGrant, held: Award | None, tells: bool) -> Deed:
    do = deed(grant, held)
    return Deed(
        do,
        grant.person_id,
        grant.badge.pk,
        grant.reason,
        starts_at=grant.starts_at,
        ends_at=grant.expires_at,
        award=held.pk if held else 0,
        tells=tells and do == Do.GIVE and grant.badge.tells_on_grant,
    )


@transaction.atomic
def take_many_back(
    *, organization: Organization, by: Person, changes: Sequence[Change], reason: str
) -> set[int]:
    """Undo what `give_many` did, but for awards that somebody changed since; the ids of those that are as before."""
    ids = [change.award for change in changes]
    lock_people(organization.pk, Award.objects.filter(pk__in=ids).values_list("person", flat=True))
    found: Any = Award.objects.select_related("badge").in_bulk(ids)
    as_left = [
        (found[change.award], change)
        for change in changes
        if found[change.award].ended_at is None and found[change.award].expires_at == change.after
    ]
    at, told = now(), _told([award.pk for award, one in as_left if one.change == AwardChange.GRANTED])
    restored = [
        restore(award, one.change, one.before, at, reason=reason, was_told=award.pk in told)
        for award, one in as_left
    ]
    write_restored(organization.pk, restored, by=by, at=at, reason=reason)
    return {award.pk for award, _ in as_left}


def _told(award_ids: Sequence[int]) -> set[int]:
    """Awards that were given and told of. Those that were not told yet never will be."""
    granted = AwardEvent.objects.filter(award__in=award_ids, change=AwardChange.GRANTED)
    untold = hold_back(granted)
    told = granted.filter(tell_after__isnull=False).exclude(pk__in=untold)
    return set(told.values_list("award", flat=True))
