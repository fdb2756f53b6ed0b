"""What giving, renewing and taking back by hand write, for one as for many; and what follows every change of awards.

Set-based, within the caller's transaction, with the people's rows locked. What is unsound has been refused before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from activity.models import PendingEvaluation
from badges.counts import recount_badges
from badges.models import Award, AwardChange, AwardEvent, EndedWhy, Origin
from badges.planning import Do
from badges.signals import announce
from people.models import Person
from people.rows import update_each

HELD_BACK = timedelta(minutes=15)  # so long mails about many wait, so that undoing in time sends none
CHANGES = {
    Do.GIVE: AwardChange.GRANTED,
    Do.RENEW: AwardChange.RENEWED,
    Do.TAKE_BACK: AwardChange.REVOKED,
}


@dataclass
class Deed:
    """`award` is the one by hand that stood before (0: none), and from `carry_out` on the one that it is about.

    `starts_at` is when what is given begins, `ends_at` the end that what is given or renewed has then.
    """

    do: Do
    person: int
    badge: int
    reason: str
    starts_at: datetime
    ends_at: datetime | None = None
    award: int = 0
    tells: bool = False

    @property
    def change(self) -> AwardChange:
        return CHANGES[self.do]


def carry_out(
    organization_id: int,
    deeds: Sequence[Deed],
    *,
    by: Person | None,
    at: datetime,
    held_back: timedelta | None = None,
) -> list[AwardEvent]:
    """Write them, and what happened to each, in their order. `held_back`: what is told waits for so long."""
    _end_what_ran_out([deed for deed in deeds if deed.do == Do.GIVE])
    _take_back([deed for deed in deeds if deed.do == Do.TAKE_BACK], at)
    _renew([deed for deed in deeds if deed.do == Do.RENEW])
    _give(organization_id, [deed for deed in deeds if deed.do == Do.GIVE], by, at)
    events = AwardEvent.objects.bulk_create(
        AwardEvent(
            organization_id=organization_id,
            award_id=deed.award,
            change=deed.change,
            at=at,
            actor=by,
            reason=deed.reason,
            to_tell=deed.tells,
            tell_after=at + held_back if deed.tells and held_back else None,
        )
        for deed in deeds
    )
    settle_awards(organization_id, sorted({deed.person for deed in deeds}))
    return events


def _end_what_ran_out(given: Iterable[Deed]) -> None:
    """What no sweep has ended yet makes room for what is given anew; nobody did that."""
    over = [deed.award for deed in given if deed.award]
    if over:
        Award.objects.filter(pk__in=over).update(
            ended_at=F("expires_at"), ended_why=EndedWhy.EXPIRED, ended_in_time=True
        )


def _take_back(taken: Iterable[Deed], at: datetime) -> None:
    awards = [
        Award(pk=deed.award, ended_at=at, ended_why=EndedWhy.REVOKED, end_reason=deed.reason)
        for deed in taken
    ]
    update_each(awards, ["ended_at", "ended_why", "end_reason"])


def _renew(renewed: Iterable[Deed]) -> None:
    awards = [Award(pk=deed.award, expires_at=deed.ends_at) for deed in renewed]
    update_each(awards, ["expires_at"])


def _give(organization_id: int, given: Sequence[Deed], by: Person | None, at: datetime) -> None:
    awards = Award.objects.bulk_create(
        Award(
            organization_id=organization_id,
            badge_id=deed.badge,
            person_id=deed.person,
            origin=Origin.HAND,
            starts_at=deed.starts_at,
            expires_at=deed.ends_at,
            given_by=by,
            reason=deed.reason,
            recorded_at=at,
        )
        for deed in given
    )
    for deed, award in zip(given, awards, strict=True):
        deed.award = award.pk


def settle_awards(organization_id: int, person_ids: Iterable[int]) -> None:
    """What follows every change of somebody's awards: count, let rules look again, ring on commit."""
    ids = list(person_ids)
    recount_badges(organization_id, ids)
    PendingEvaluation.objects.bulk_create(
        PendingEvaluation(organization_id=organization_id, person_id=person_id, deliberate=True)
        for person_id in ids
    )
    announce(organization_id)
