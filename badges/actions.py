"""What is done to badges and to awards by hand. Rules' awards are written by `reconciliation`.

Each action is one atomic paragraph: the person's row is locked first, so that two clicks or two
administrators come one after the other. Who may is asked at the door; what is unsound raises `Refused`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.text import slugify

from activity.models import PendingEvaluation
from badges.counts import lock_people, recount_badges
from badges.emblem import Unusable, draw
from badges.models import (
    Award,
    AwardChange,
    AwardEvent,
    Badge,
    BadgeState,
    Emblem,
    EmblemImage,
    EndedWhy,
    Origin,
    Revocation,
)
from badges.planning import lengthens
from badges.signals import announce
from people.audit import note_for
from people.clock import now
from people.models import Organization, Person

MOST_EMBLEMS = 2_000
EARLIEST_YEARS = 50
RESERVED_SLUGS = {"new", "gallery", "accounts", "static", "demo"}  # no badge could be found under them

BADGE_FIELDS = {
    "name",
    "description",
    "criteria",
    "kind",
    "mode",
    "ends_after",
    "emblem",
    "supersedes",
    "tells_on_grant",
    "tells_on_loss",
    "reminds",
}


class Refused(Exception):
    """What was asked for is unsound; the message says why in the user's words."""


# --- emblems


@transaction.atomic
def store_emblem(*, organization: Organization, data: bytes) -> Emblem:
    """The emblem of an uploaded file; the same picture again is the same row. Raises `Unusable`."""
    drawing = draw(data)
    emblems = Emblem.objects.filter(organization=organization)
    known = emblems.filter(digest=drawing.digest).first()
    if known is not None:
        return known
    if emblems.count() >= MOST_EMBLEMS:
        raise Unusable(f"There are {MOST_EMBLEMS:,} emblems already. Take one of them instead.")
    emblem, is_new = Emblem.objects.get_or_create(organization=organization, digest=drawing.digest)
    if is_new:
        EmblemImage.objects.bulk_create(
            EmblemImage(organization=organization, emblem=emblem, width=width, data=png)
            for width, png in drawing.pictures.items()
        )
    return emblem


# --- badges


@transaction.atomic
def create_badge(*, organization: Organization, by: Person | None, **fields: Any) -> Badge:
    """A badge; its slug is made from the name unless given. Raises `Refused` for a slug that is taken."""
    slug = fields.pop("slug", "") or _free_slug(organization, fields["name"])
    if slug in RESERVED_SLUGS:
        raise Refused("This short name is used by Lapel itself.")
    defaults = {"created_at": now(), **fields}
    badge, is_new = Badge.objects.get_or_create(organization=organization, slug=slug, defaults=defaults)
    if not is_new:
        raise Refused("Another badge has this short name already.")
    _note(by, "badge.created", badge, state=badge.state)
    return badge


@transaction.atomic
def edit_badge(*, badge: Badge, by: Person | None, **fields: Any) -> Badge:
    """Change what a badge says. Its slug stays; awards keep the end that they were given with."""
    if unknown := set(fields) - BADGE_FIELDS:
        raise TypeError(f"a badge has no {', '.join(sorted(unknown))} to edit")
    if fields.get("supersedes"):
        _refuse_circle(badge, fields["supersedes"])
    badge = Badge.objects.select_for_update(no_key=True).get(pk=badge.pk)
    changed = sorted(name for name, value in fields.items() if getattr(badge, name) != value)
    if changed:
        for name in changed:
            setattr(badge, name, fields[name])
        badge.save(update_fields=changed)
        _note(by, "badge.edited", badge, changed=changed)
    return badge


STATES: dict[str, set[str]] = {
    BadgeState.DRAFT: {BadgeState.ACTIVE},
    BadgeState.ACTIVE: {BadgeState.RETIRED, BadgeState.WITHDRAWN},
    BadgeState.RETIRED: {BadgeState.ACTIVE, BadgeState.WITHDRAWN},
    BadgeState.WITHDRAWN: {BadgeState.RETIRED},
}


@transaction.atomic
def set_badge_state(*, badge: Badge, state: str, by: Person | None, reason: str = "") -> Badge:
    """Put a badge in use, retire it (nobody gets it any more, holders keep it) or withdraw it.

    A withdrawn badge should never have been: it needs a reason, is shown nowhere and counts for nobody.
    Its awards stay on record, and are there again where the withdrawal is lifted.
    """
    holders = list(Award.objects.standing().filter(badge=badge).values_list("person", flat=True))
    lock_people(badge.organization_id, holders)
    badge = Badge.objects.select_for_update(no_key=True).get(pk=badge.pk)
    if badge.state == state:
        return badge
    if state not in STATES[badge.state]:
        raise Refused(f"A badge that is {badge.get_state_display().lower()} cannot be made {state}.")
    if state == BadgeState.WITHDRAWN and not reason:
        raise Refused("Say why the badge is withdrawn.")
    before, badge.state = badge.state, state
    badge.save(update_fields=["state"])
    _note(by, "badge.state", badge, before=before, to=state, reason=reason)
    recount_badges(badge.organization_id, holders)
    return badge


# --- awards by hand


@transaction.atomic
def grant_by_hand(
    *, badge: Badge, person: Person, by: Person | None, reason: str, starts_at: datetime | None = None
) -> Award:
    """Give a badge, or renew the one by hand that stands: there is never a second. Raises `Refused`.

    Renewing keeps the first date and never shortens; where it would not move the end to another day, as on
    a second click, nothing happens.
    """
    lock_people(badge.organization_id, [person.pk])
    person, badge = Person.objects.get(pk=person.pk), Badge.objects.get(pk=badge.pk)
    at = now()
    starts_at = starts_at or at
    expires_at = end_of(badge, starts_at)
    _refuse_grant(badge, person, starts_at, expires_at, at)
    standing = _standing(badge, person, Origin.HAND).first()
    if standing is not None and (standing.expires_at is None or standing.expires_at >= starts_at):
        return _renew(standing, expires_at, by, reason, at)
    if standing is not None:
        _end(standing, standing.expires_at or at, EndedWhy.EXPIRED)
        _record(standing, AwardChange.ENDED, at)
    award = Award.objects.create(
        organization=badge.organization,
        badge=badge,
        person=person,
        origin=Origin.HAND,
        starts_at=starts_at,
        expires_at=expires_at,
        given_by=by,
        reason=reason,
        recorded_at=at,
    )
    _record(award, AwardChange.GRANTED, at, by, reason, to_tell=badge.tells_on_grant)
    _note(by, "award.granted", badge, award=award.pk, person=person.pk, reason=reason)
    settle_awards(badge.organization_id, [person.pk])
    return award


@transaction.atomic
def revoke_award(*, award: Award, by: Person, reason: str) -> None:
    """Take an award back; a second time changes nothing. Raises `Refused`.

    After a rule's award is revoked, only what happens later counts for it (see `Revocation`).
    """
    award = _locked(award)
    if award.ended_why == EndedWhy.REVOKED:
        return
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
    _note(by, "award.revoked", award.badge, award=award.pk, person=award.person_id, reason=reason)
    settle_awards(award.organization_id, [award.person_id])


@transaction.atomic
def reinstate_award(*, award: Award, by: Person, reason: str = "") -> Award:
    """Undo a revocation, as though it had never been: the first date stays. Raises `Refused`.

    An award whose time has run out meanwhile ends at that time instead. Where a rule has given the badge
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
    award.revocations.filter(lifted_at=None).update(lifted_at=at)
    is_over = award.expires_at is not None and award.expires_at <= at
    if is_over:
        _end(award, award.expires_at, EndedWhy.EXPIRED)
    elif not stands_anew:
        _end(award, None, "")
    tells = award.badge.tells_on_grant and not is_over and not stands_anew
    _record(award, AwardChange.REINSTATED, at, by, reason, to_tell=tells)
    _note(by, "award.reinstated", award.badge, award=award.pk, person=award.person_id, reason=reason)
    settle_awards(award.organization_id, [award.person_id])
    return award


def withhold_notices(*, organization: Organization) -> None:
    """Tell nobody of what happened so far: a history that is loaded sends no mail."""
    AwardEvent.objects.filter(organization=organization, to_tell=True).update(to_tell=False)


# --- what the actions share


def _free_slug(organization: Organization, name: str) -> str:
    stem = slugify(name)[:50].strip("-_").replace("_", "-") or "badge"
    while "--" in stem:
        stem = stem.replace("--", "-")
    taken = set(
        Badge.objects.filter(organization=organization, slug__startswith=stem).values_list("slug", flat=True)
    )
    taken |= RESERVED_SLUGS
    numbered = (f"{stem}-{n}" for n in range(2, len(taken) + 3))
    return stem if stem not in taken else next(slug for slug in numbered if slug not in taken)


def _refuse_circle(badge: Badge, above: Badge) -> None:
    """Two badges that supersede each other, around however many corners, would hide one another."""
    rows = Badge.objects.select_for_update(no_key=True).order_by("pk")
    below = dict(rows.values_list("pk", "supersedes"))
    step: int | None = above.pk
    while step is not None:
        if step == badge.pk:
            raise Refused(f"{above} is itself above {badge}: one of them can replace the other, not both.")
        step = below.get(step)


def end_of(badge: Badge, starts_at: datetime) -> datetime | None:
    """When an award by hand from `starts_at` on ends, on the organization's own calendar and clock."""
    if not badge.ends_after:
        return None
    zone = badge.organization.zone
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (%s::timestamptz AT TIME ZONE %s + %s::interval) AT TIME ZONE %s",
            [starts_at, zone, badge.ends_after, zone],
        )
        end: datetime = cursor.fetchall()[0][0]
    return end


def _refuse_grant(
    badge: Badge, person: Person, starts_at: datetime, expires_at: datetime | None, at: datetime
) -> None:
    if badge not in Badge.objects.hand_grantable():
        raise Refused(f"{badge} cannot be given by hand.")
    if person.left_on is not None:
        raise Refused(f"{person} has left, and people who left get nothing new.")
    if starts_at > at:
        raise Refused("The day lies ahead. Choose today or an earlier day.")
    if starts_at.year < at.year - EARLIEST_YEARS:
        raise Refused(f"The day lies more than {EARLIEST_YEARS} years back. Choose a later one.")
    if expires_at is not None and expires_at <= at:
        raise Refused(f"Given on that day, {badge} would have ended already. Choose a later day.")


def _standing(badge: Badge, person: Person, origin: str, key: str = "") -> Any:
    return Award.objects.standing().filter(badge=badge, person=person, origin=origin, key=key)


def _renew(award: Award, expires_at: datetime | None, by: Person | None, reason: str, at: datetime) -> Award:
    if not lengthens(award.expires_at, expires_at, award.organization.time_zone):
        return award
    award.expires_at = expires_at
    award.save(update_fields=["expires_at"])
    _record(award, AwardChange.RENEWED, at, by, reason)
    _note(by, "award.renewed", award.badge, award=award.pk, person=award.person_id, reason=reason)
    settle_awards(award.organization_id, [award.person_id])
    return award


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
) -> None:
    AwardEvent.objects.create(
        organization_id=award.organization_id,
        award=award,
        change=change,
        at=at,
        actor=actor,
        reason=reason,
        to_tell=to_tell,
    )


def _note(actor: Person | None, action: str, badge: Badge, **details: Any) -> None:
    note_for(badge.organization, actor, action, badge, badge=badge.pk, **details)


def settle_awards(organization_id: int, person_ids: Iterable[int]) -> None:
    """What follows every change of somebody's awards: count, let rules look again, ring on commit."""
    ids = list(person_ids)
    recount_badges(organization_id, ids)
    PendingEvaluation.objects.bulk_create(
        PendingEvaluation(organization_id=organization_id, person_id=person_id) for person_id in ids
    )
    announce(organization_id)
