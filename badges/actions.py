"""What is done to awards by hand. Rules' awards are written by `reconciliation`.

Each action is one atomic paragraph: the person's row is locked first, so that two clicks or two
administrators come one after the other. Who may is asked at the door; what is unsound raises `Refused`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from badges.awarding import Deed, carry_out, settle_awards
from badges.counts import hold_badge, lock_people
from badges.defining import note
from badges.evidence import NEEDED, Piece, attach, without_known
from badges.limits import room_for, take_or_refuse
from badges.models import (
    Award,
    AwardChange,
    AwardEvent,
    Badge,
    EndedWhy,
    Ending,
    Nomination,
    Origin,
    Revocation,
)
from badges.planning import Do, giving, local_day
from people.changes import Refused
from people.clock import now
from people.models import Organization, Person

EARLIEST_YEARS = 50


class Shortens(Refused):
    """The end that was chosen lies before the one that is known."""


class OverAlready(Refused):
    """Given on the day that was chosen, it would have ended by now."""


NEEDS_TWO = "{} is given by two administrators: one proposes it, another approves it."


@transaction.atomic
def grant_by_hand(
    *,
    badge: Badge,
    person: Person,
    by: Person | None,
    reason: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    evidence: Sequence[Piece] = (),
    nomination: Nomination | None = None,
) -> Award:
    """Give a badge, or renew the one by hand that stands: there is never a second. Raises `Refused`.

    `ends_at` is an end chosen for this giving, instead of what the badge says; `nomination` the one that is being
    approved, whose evidence counts as well.

    Renewing never shortens: a chosen end before the one that is known is refused (`Shortens`). The first date stays,
    unless an earlier day is said. Where neither end nor start come to another day, as on a second click, nothing
    happens but that new evidence is added.
    """
    lock_people(badge.organization_id, [person.pk])
    hold_badge(badge)
    person, badge = Person.objects.get(pk=person.pk), Badge.objects.get(pk=badge.pk)
    at = now()
    starts_at = starts_at or at
    expires_at = ends_at or end_of(badge, starts_at)
    _refuse_grant(badge, person, starts_at, expires_at, at)
    if badge.needs_two and nomination is None:
        raise Refused(NEEDS_TWO.format(badge))
    if badge.demands_evidence and not evidence and not (nomination and nomination.pieces.exists()):
        raise Refused(NEEDED.format(badge))
    standing = _standing(badge, person, Origin.HAND).first()
    do = giving(standing, starts_at, expires_at, badge.organization.time_zone)
    room = room_for([badge], by, at, [person.pk], locks=True)
    take_or_refuse(room, badge, person.pk, Do.GIVE if do == Do.GIVE else Do.RENEW)
    if standing is not None and do == Do.HELD:
        refuse_to_shorten(standing, ends_at)
        event = _correct_start(standing, starts_at, by, reason, at)
        attach(to=standing, event=event, by=by, pieces=without_known(standing, evidence))
        return standing  # type: ignore[no-any-return]
    if standing is not None and do == Do.RENEW:
        _date_back(standing, starts_at)
    deed = Deed(
        do,
        person.pk,
        badge.pk,
        reason,
        starts_at=starts_at,
        ends_at=expires_at,
        award=standing.pk if standing else 0,
        tells=do == Do.GIVE and badge.tells_on_grant,
    )
    [event] = carry_out(badge.organization_id, [deed], by=by, at=at)
    award: Award = Award.objects.get(pk=event.award_id)
    attach(to=award, event=event, by=by, pieces=evidence)
    note(by, f"award.{deed.change}", badge, award=award.pk, person=person.pk, reason=reason)
    return award


def refuse_to_shorten(standing: Award, ends_at: datetime | None) -> None:
    """Where an end is chosen, it must not lie before the one that the award by hand has; raises `Shortens`."""
    zone = standing.organization.time_zone
    if ends_at is None or (
        standing.expires_at and local_day(standing.expires_at, zone) <= local_day(ends_at, zone)
    ):
        return
    until = f"until {local_day(standing.expires_at, zone):%-d %B %Y}" if standing.expires_at else "for good"
    raise Shortens(
        f"{standing.person} holds {standing.badge} {until} already, and giving it again never shortens that."
    )


def _correct_start(
    award: Award, starts_at: datetime, by: Person | None, reason: str, at: datetime
) -> AwardEvent | None:
    if not _date_back(award, starts_at):
        return None
    note(by, "award.dated_back", award.badge, award=award.pk, person=award.person_id, reason=reason)
    settle_awards(award.organization_id, [award.person_id])
    return _record(award, AwardChange.CORRECTED, at, by, reason)


def _date_back(award: Award, starts_at: datetime) -> bool:
    """What turns out to have been given on an earlier day is held since then."""
    zone = award.organization.time_zone
    if local_day(starts_at, zone) >= local_day(award.starts_at, zone):
        return False
    award.starts_at = starts_at
    award.save(update_fields=["starts_at"])
    return True


@transaction.atomic
def revoke_award(*, award: Award, by: Person, reason: str) -> None:
    """Take an award back; the same again changes nothing. Raises `Refused`, where it was for another reason, too.

    After a rule's award is revoked, only what happens later counts for it (see `Revocation`).
    """
    award = _locked(award)
    if award.ended_why == EndedWhy.REVOKED and award.end_reason == reason:
        return
    if award.ended_why == EndedWhy.REVOKED:
        raise Refused(f"This badge was taken back already, with the reason “{award.end_reason}”.")
    if award.ended_at is not None:
        raise Refused("This badge has ended already, so there is nothing to take back.")
    if not reason.strip():
        raise Refused("Say why the badge is taken back.")
    at = now()
    _end(award, at, EndedWhy.REVOKED, reason)
    if award.origin == Origin.RULE:
        Revocation.objects.create(
            organization_id=award.organization_id,
            award=award,
            badge=award.badge,
            person=award.person,
            key=award.key,
            revoked_at=at,
            revoked_by=by,
            reason=reason,
        )
    _record(award, AwardChange.REVOKED, at, by, reason, to_tell=award.badge.tells_on_loss)
    note(by, "award.revoked", award.badge, award=award.pk, person=award.person_id, reason=reason)
    settle_awards(award.organization_id, [award.person_id])


@transaction.atomic
def reinstate_award(*, award: Award, by: Person, reason: str = "", stays_on: bool = False) -> Award:
    """Undo a revocation, as though it had never been: the first date stays. Raises `Refused`.

    An award whose time has run out meanwhile ends at that time instead, unless it `stays_on`, as its rule is paused:
    then nobody has looked yet whether its end has moved. Where a rule has given the badge
    anew, the revocation is lifted and the rule looks again. A second time changes nothing.
    """
    award = _locked(award)
    if award.ended_at is None:
        return award
    if award.ended_why != EndedWhy.REVOKED:
        raise Refused("This badge was not taken back; it ended by itself.")
    at = now()
    stands_anew = _standing(award.badge, award.person, award.origin, award.key).exists()
    if stands_anew and award.origin == Origin.HAND:
        raise Refused(f"{award.person} holds {award.badge} again already.")
    is_over = award.expires_at is not None and award.expires_at <= at and not stays_on
    if not is_over:
        _refuse_to_give_back(award, by, at)
    award.revocations.filter(lifted_at=None).update(lifted_at=at)
    if is_over:
        _end(award, award.expires_at, EndedWhy.EXPIRED)
    elif not stands_anew:
        _end(award, None, "")
    tells = award.badge.tells_on_grant and not is_over and not stands_anew
    _record(award, AwardChange.REINSTATED, at, by, reason, to_tell=tells)
    note(by, "award.reinstated", award.badge, award=award.pk, person=award.person_id, reason=reason)
    settle_awards(award.organization_id, [award.person_id])
    return award


def withhold_notices(*, organization: Organization) -> None:
    """Tell nobody of what happened so far: a history that is loaded sends no mail."""
    Ending.objects.filter(organization=organization).delete()
    for model in (AwardEvent, Nomination):
        model.objects.filter(organization=organization, to_tell=True).update(to_tell=False)


def end_of(badge: Badge, starts_at: datetime) -> datetime | None:
    """When an award by hand from `starts_at` on ends, on the organization's own calendar and clock."""
    if not badge.by_hand_for:
        return None
    zone = badge.organization.zone
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (%s::timestamptz AT TIME ZONE %s + %s::interval) AT TIME ZONE %s",
            [starts_at, zone, badge.by_hand_for, zone],
        )
        end: datetime = cursor.fetchall()[0][0]
    return end


def _refuse_grant(
    badge: Badge, person: Person, starts_at: datetime, expires_at: datetime | None, at: datetime
) -> None:
    if not Badge.objects.hand_renewable().contains(badge):
        raise Refused(f"{badge} cannot be given by hand.")
    if not Badge.objects.hand_grantable_to(person).contains(badge):
        raise Refused(
            f"{badge} is closed: only those who hold it can be given it again, and {person} does not."
        )
    if person.left_on is not None:
        raise Refused(f"{person} has left, and people who left get nothing new.")
    if starts_at > at:
        raise Refused("The day lies ahead. Choose today or an earlier day.")
    if starts_at.year < at.year - EARLIEST_YEARS:
        raise Refused(f"The day lies more than {EARLIEST_YEARS} years back. Choose a later one.")
    if expires_at is not None and expires_at <= max(at, starts_at):
        raise OverAlready(f"Given on that day, {badge} would have ended already. Choose a later day.")


def _refuse_to_give_back(award: Award, by: Person, at: datetime) -> None:
    """One's own badge that somebody took back is not for oneself to restore, whatever gave it."""
    if by.pk == award.person_id and not award.badge.may_give_oneself:
        raise Refused(f"Nobody gives {award.badge} back to themselves. Ask another administrator.")
    if award.origin == Origin.HAND:
        room = room_for([award.badge], None, at, [award.person_id], locks=True)
        take_or_refuse(room, award.badge, award.person_id, Do.GIVE)


def _standing(badge: Badge, person: Person, origin: str, key: str = "") -> Any:
    return Award.objects.standing().filter(badge=badge, person=person, origin=origin, key=key)


def _locked(award: Award) -> Award:
    lock_people(award.organization_id, [award.person_id])
    awards: Any = Award.objects.select_related("badge", "person")
    found: Award = awards.select_for_update(no_key=True, of=("self",)).get(pk=award.pk)
    return found


def _end(award: Award, at: datetime | None, why: str, reason: str = "") -> None:
    award.ended_at, award.ended_why, award.end_reason = at, why, reason
    award.save(update_fields=["ended_at", "ended_why", "end_reason"])


def _record(
    award: Award,
    change: AwardChange,
    at: datetime,
    actor: Person | None = None,
    reason: str = "",
    *,
    to_tell: bool = False,
) -> AwardEvent:
    event: AwardEvent = AwardEvent.objects.create(
        organization_id=award.organization_id,
        award=award,
        change=change,
        at=at,
        actor=actor,
        reason=reason,
        to_tell=to_tell,
    )
    return event
