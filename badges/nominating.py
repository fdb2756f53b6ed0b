"""Badges are proposed for somebody, and decided on by somebody else.

The nominee's row is locked first, as with giving, so that two clicks come one after the other.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from badges.actions import grant_by_hand, refuse_to_shorten
from badges.counts import lock_people
from badges.defining import note
from badges.evidence import NEEDED, Piece, attach, hand_over
from badges.models import Award, AwardChange, AwardEvent, Badge, Nomination, NominationState, Origin
from badges.signals import announce
from people.changes import Refused
from people.clock import now
from people.models import Person

GIVEN = (AwardChange.GRANTED, AwardChange.RENEWED)


class AlreadyProposed(Refused):
    """The same person proposed the same, and that waits for a decision: `nomination`."""

    def __init__(self, nomination: Nomination) -> None:
        self.nomination = nomination
        super().__init__(
            f"You have proposed {nomination.badge} for {nomination.nominee} already, and it waits for a decision."
        )


@transaction.atomic
def nominate(
    *, badge: Badge, nominee: Person, by: Person, reason: str, evidence: Sequence[Piece] = ()
) -> Nomination:
    """A colleague proposes a badge for another. Raises `Refused`."""
    if not badge.takes_nominations:
        raise Refused(f"{badge} does not take nominations.")
    return _propose(badge, nominee, by, reason, evidence)


@transaction.atomic
def propose_grant(
    *,
    badge: Badge,
    person: Person,
    by: Person,
    reason: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    evidence: Sequence[Piece] = (),
) -> Nomination:
    """An administrator's giving of a badge that needs two waits for the other one. Raises `Refused`."""
    return _propose(
        badge, person, by, reason, evidence, is_proposal=True, starts_at=starts_at, ends_at=ends_at
    )


@transaction.atomic
def approve_nomination(*, nomination: Nomination, by: Person) -> Award | None:
    """Give the badge, with the words and the evidence of whoever proposed it. Raises `Refused`.

    None where the badge needs two and this is the first: then another has to approve it as well. Approved a
    second time, it changes nothing. Where the nominee holds the badge already it is renewed with these words; refused
    where there is nothing to renew, so that no older award is said to come of it.
    """
    nomination = _locked(nomination)
    if nomination.award is not None:
        return nomination.award
    _refuse_decision(nomination, by)
    badge, nominee = nomination.badge, nomination.nominee
    if nominee.left_on is not None:
        raise Refused(f"{nominee} has left, and people who left get nothing new.")
    if badge.needs_two and nomination.agreed_by is None:
        _agree(nomination, by)
        return None
    events = AwardEvent.objects.filter(award__badge=badge, award__person=nominee)
    last = events.order_by("pk").last()
    award = grant_by_hand(
        badge=badge,
        person=nominee,
        by=by,
        reason=nomination.reason,
        starts_at=nomination.starts_at,
        ends_at=nomination.ends_at,
        nomination=nomination,
    )
    new = list(events.filter(pk__gt=last.pk if last else 0).order_by("pk"))
    if not new:
        raise Refused(f"{nominee} holds {badge} already, and approving would change nothing. Decline it.")
    event = next((one for one in reversed(new) if one.change in GIVEN), None)
    hand_over(nomination=nomination, award=award, event=event)
    nomination.award = award
    _decide(nomination, NominationState.APPROVED, by)
    return award


@transaction.atomic
def decline_nomination(*, nomination: Nomination, by: Person, reason: str) -> None:
    """Only whoever proposed it learns of it. A second time changes nothing. Raises `Refused`."""
    nomination = _locked(nomination)
    if nomination.state == NominationState.DECLINED:
        return
    if not reason.strip():
        raise Refused("Say why it is declined.")
    _refuse_decision(nomination, by)
    _decide(nomination, NominationState.DECLINED, by, reason)


@transaction.atomic
def withdraw_nomination(*, nomination: Nomination) -> None:
    """By whoever made it, as long as nobody has decided. A second time changes nothing."""
    nomination = _locked(nomination)
    if nomination.state == NominationState.WITHDRAWN:
        return
    if nomination.state != NominationState.OPEN:
        raise Refused("It has been decided already.")
    _decide(nomination, NominationState.WITHDRAWN, nomination.made_by)


def see_outcome(*, nomination: Nomination) -> None:
    """Whoever made it has looked at what became of it; harmless to repeat."""
    unseen = Nomination.objects.decided().filter(pk=nomination.pk, seen_at=None)
    unseen.update(seen_at=now())


def _propose(
    badge: Badge,
    nominee: Person,
    by: Person,
    reason: str,
    evidence: Sequence[Piece],
    *,
    is_proposal: bool = False,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Nomination:
    lock_people(badge.organization_id, [nominee.pk])
    _refuse_proposal(badge, nominee, by, reason, evidence, ends_at)
    nomination: Nomination = Nomination.objects.create(
        organization=badge.organization,
        badge=badge,
        nominee=nominee,
        made_by=by,
        made_at=now(),
        is_proposal=is_proposal,
        agreed_by=by if is_proposal else None,
        reason=reason,
        starts_at=starts_at,
        ends_at=ends_at,
        to_tell=True,
    )
    attach(to=nomination, by=by, pieces=evidence)
    note(by, "nomination.made", badge, person=nominee.pk, nomination=nomination.pk, reason=reason)
    announce(badge.organization_id)
    return nomination


def _refuse_proposal(
    badge: Badge,
    nominee: Person,
    by: Person,
    reason: str,
    evidence: Sequence[Piece],
    ends_at: datetime | None,
) -> None:
    if nominee.pk == by.pk:
        raise Refused("Nobody proposes a badge for themselves.")
    if nominee.left_on is not None:
        raise Refused(f"{nominee} has left, and people who left get nothing new.")
    if not Badge.objects.hand_grantable_to(nominee, by).contains(badge):
        raise Refused(f"{badge} cannot be given to {nominee} by hand.")
    if not reason.strip():
        raise Refused("Say why, in a sentence that the person may read.")
    if badge.demands_evidence and not evidence:
        raise Refused(NEEDED.format(badge))
    known = Award.objects.standing().listed_to(by)  # what the nominee hides is not given away by a refusal
    standing = known.filter(badge=badge, person=nominee, origin=Origin.HAND).first()
    if standing is not None:
        refuse_to_shorten(standing, ends_at)
        if standing.expires_at is None:
            raise Refused(f"{nominee} holds {badge} already.")
    own = Nomination.objects.open().filter(badge=badge, nominee=nominee, made_by=by)
    if waiting := own.select_related("badge", "nominee").first():
        raise AlreadyProposed(waiting)


def _refuse_decision(nomination: Nomination, by: Person) -> None:
    if nomination.state != NominationState.OPEN:
        raise Refused(f"{nomination.decided_by} has decided already.")
    if by.pk in {nomination.made_by_id, nomination.nominee_id}:
        raise Refused("Somebody else than who proposed it, and than who would get it, must decide.")
    if by.pk == nomination.agreed_by_id:
        raise Refused("You have agreed already. Another administrator must decide.")


def _agree(nomination: Nomination, by: Person) -> None:
    nomination.agreed_by = by
    nomination.save(update_fields=["agreed_by"])
    note(by, "nomination.agreed", nomination.badge, person=nomination.nominee_id, nomination=nomination.pk)
    announce(nomination.organization_id)


def _decide(nomination: Nomination, state: NominationState, by: Person, answer: str = "") -> None:
    nomination.state, nomination.answer = state, answer
    nomination.decided_by, nomination.decided_at = by, now()
    nomination.to_tell = True
    nomination.save()
    note(
        by,
        f"nomination.{state}",
        nomination.badge,
        person=nomination.nominee_id,
        nomination=nomination.pk,
        reason=answer,
    )
    announce(nomination.organization_id)


def _locked(nomination: Nomination) -> Nomination:
    lock_people(nomination.organization_id, [nomination.nominee_id])
    nominations = Nomination.objects.select_related(
        "badge", "nominee", "made_by", "agreed_by", "decided_by", "award"
    )
    found: Nomination = nominations.select_for_update(no_key=True, of=("self",)).get(pk=nomination.pk)
    return found
