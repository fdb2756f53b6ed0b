"""What is done to badges and their emblems."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from badges.arranging import end_of_category
from badges.counts import lock_people, recount_badges
from badges.emblem import Unusable, draw
from badges.models import (
    Award,
    Badge,
    BadgeState,
    Emblem,
    EmblemImage,
    Superseding,
)
from people.audit import note_for
from people.changes import Refused
from people.clock import now
from people.models import Organization, Person

MOST_EMBLEMS = 2_000
RESERVED_SLUGS = {
    "new",
    "gallery",
    "categories",
    "overview",
    "accounts",
    "static",
    "demo",
}  # no badge could be found under them

BADGE_FIELDS = {
    "name",
    "description",
    "criteria",
    "kind",
    "category",
    "mode",
    "ends_after",
    "emblem",
    "supersedes",
    "may_give_oneself",
    "most_holders",
    "most_a_month",
    "tells_on_grant",
    "tells_on_loss",
    "reminds",
    "demands_evidence",
    "takes_nominations",
    "needs_two",
}


# --- emblems


class Circle(Refused):
    """Badges would replace each other."""


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
    lower = fields.pop("supersedes", [])
    position = end_of_category(organization, fields.get("category"))  # from here on nobody else makes one
    slug = fields.pop("slug", "") or _free_slug(organization, fields["name"])
    if slug in RESERVED_SLUGS:
        raise Refused("This short name is used by Lapel itself.")
    defaults = {"created_at": now(), "position": position, **fields}
    badge, is_new = Badge.objects.get_or_create(organization=organization, slug=slug, defaults=defaults)
    if not is_new:
        raise Refused("Another badge has this short name already.")
    _supersede(badge, lower)
    note(by, "badge.created", badge, state=badge.state)
    return badge


@transaction.atomic
def edit_badge(*, badge: Badge, by: Person | None, **fields: Any) -> Badge:
    """Change what a badge says. Its slug stays; awards keep the end that they were given with. Raises `Refused`."""
    if unknown := set(fields) - BADGE_FIELDS:
        raise TypeError(f"a badge has no {', '.join(sorted(unknown))} to edit")
    # Before any badge is locked, as whoever arranges them does.
    position = end_of_category(badge.organization, fields["category"]) if "category" in fields else 0
    _refuse_circle(badge, fields.get("supersedes", []))
    badge = Badge.objects.select_for_update(no_key=True).get(pk=badge.pk)
    changed = sorted(name for name, value in fields.items() if getattr(badge, name) != value)
    if "category" in changed:
        badge.position = position
    if "supersedes" in changed:
        _supersede(badge, fields["supersedes"])
    own = [name for name in changed if name != "supersedes"]
    for name in own:
        setattr(badge, name, fields[name])
    if own:
        badge.save(update_fields=[*own, "position"])
    if changed:
        note(by, "badge.edited", badge, changed=changed)
    return badge


@transaction.atomic
def set_rule_end(*, badge: Badge, after: str) -> None:
    """How long a badge stands by what its rule says ("": for good, or as long as it goes on): by hand as well."""
    Badge.objects.filter(pk=badge.pk).exclude(rule_ends_after=after).update(rule_ends_after=after)
    badge.rule_ends_after = after


STATES: dict[str, set[str]] = {
    BadgeState.DRAFT: {BadgeState.ACTIVE},
    BadgeState.ACTIVE: {BadgeState.CLOSED, BadgeState.RETIRED, BadgeState.WITHDRAWN},
    BadgeState.CLOSED: {BadgeState.ACTIVE, BadgeState.RETIRED, BadgeState.WITHDRAWN},
    BadgeState.RETIRED: {BadgeState.ACTIVE, BadgeState.CLOSED, BadgeState.WITHDRAWN},
    BadgeState.WITHDRAWN: {BadgeState.RETIRED},
}


@transaction.atomic
def set_badge_state(*, badge: Badge, state: str, by: Person | None, reason: str = "") -> Badge:
    """Put a badge in use, close it, retire it or withdraw it: `BadgeState` says what each means.

    `closed_at` stays the instant at which it went out of full use, whatever comes after, until it is put in use
    again. A withdrawal needs a reason; awards stay on record, and are there again where it is lifted.
    """
    badge, holders = _held_back(badge)
    if badge.state == state:
        return badge
    if state not in STATES[badge.state]:
        raise Refused(f"A badge that is {badge.get_state_display().lower()} cannot be made {state}.")
    if state == BadgeState.WITHDRAWN and not reason:
        raise Refused("Say why the badge is withdrawn.")
    before, badge.state = badge.state, state
    badge.closed_at = None if state == BadgeState.ACTIVE else badge.closed_at or now()
    badge.save(update_fields=["state", "closed_at"])
    note(by, "badge.state", badge, before=before, to=state, reason=reason)
    recount_badges(badge.organization_id, holders)
    return badge


class _GivenMeanwhile(Exception):
    """Somebody got the badge who was not among its holders a moment ago."""


def _held_back(badge: Badge) -> tuple[Badge, set[int]]:
    """Its row and its holders, locked: whoever is giving it is waited for, and whoever means to waits.

    People come first, as they do for those who give. Who got it while it was waited for is not locked yet: then all is
    let go and begun anew, so that nobody waits in a circle.
    """
    while True:
        holders = _holders(badge)
        with suppress(_GivenMeanwhile), transaction.atomic():
            lock_people(badge.organization_id, holders)
            locked = Badge.objects.select_for_update().get(pk=badge.pk)
            if not _holders(badge) <= holders:
                raise _GivenMeanwhile
            return locked, holders


def _holders(badge: Badge) -> set[int]:
    return set(Award.objects.standing().filter(badge=badge).values_list("person", flat=True))


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


def _supersede(badge: Badge, lower: Iterable[Badge]) -> None:
    Superseding.objects.filter(badge=badge).delete()
    Superseding.objects.bulk_create(
        Superseding(organization=badge.organization, badge=badge, lower=one) for one in lower
    )


def _refuse_circle(badge: Badge, lower: Sequence[Badge]) -> None:
    """Badges that supersede each other, around however many corners, would hide one another."""
    if not lower:
        return
    list(Badge.objects.select_for_update(no_key=True).order_by("pk").values_list("pk"))
    below: dict[int, list[int]] = defaultdict(list)
    for above, its in Superseding.objects.values_list("badge", "lower"):
        below[above].append(its)
    for one in lower:
        if badge.pk in _all_below(one.pk, below):
            raise Circle(
                f"{one} replaces {badge}, itself or through others: one can replace the other, not both."
            )


def _all_below(badge_id: int, below: Mapping[int, Iterable[int]]) -> set[int]:
    found: set[int] = set()
    waiting = [badge_id]
    while waiting:
        if (step := waiting.pop()) not in found:
            found.add(step)
            waiting += below.get(step, [])
    return found


def note(actor: Person | None, action: str, badge: Badge, **details: Any) -> None:
    note_for(badge.organization, actor, action, badge, badge=badge.pk, **details)
