"""Presets taken over from the gallery: one click, whatever is missing with it, nothing twice."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from django.db import transaction

from badges.defining import edit_badge
from badges.models import Badge, BadgeState
from people.changes import Refused
from people.models import Organization, Person
from rules.actions import take_preset
from rules.presets import GALLERY, Preset


@transaction.atomic
def take_over(*, organization: Organization, preset: Preset, by: Person | None) -> list[Badge]:
    """Badges of one's own from a preset and from those that its rule looks at; what is there stays as it is.

    Returns the new ones, what is needed first. Raises `Refused` where another badge has the name already.
    """
    # Of two clicks at once the second one finds what the first one took.
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    taken = {badge.slug: badge for badge in Badge.objects.filter(organization=organization)}
    made = []
    for wanted in with_needs(preset):
        if wanted.slug not in taken:
            _refuse_namesake(wanted, taken.values())
            badge = take_preset(organization=organization, preset=wanted, by=by)
            taken[badge.slug] = badge
            _set_rungs(wanted, taken, by)
            made.append(badge)
    return made


def with_needs(preset: Preset) -> Iterator[Preset]:
    """The preset after all that its rule looks at, around however many corners."""
    for slug in preset.needs:
        yield from with_needs(GALLERY[slug])
    yield preset


def _refuse_namesake(preset: Preset, badges: Iterable[Badge]) -> None:
    for badge in badges:
        if badge.name.casefold() == preset.name.casefold() and badge.state != BadgeState.WITHDRAWN:
            raise Refused(f"Another badge is already called {badge.name}. Rename it first.")


def _set_rungs(preset: Preset, taken: dict[str, Badge], by: Person | None) -> None:
    """Have the new badge take the place of the next lower rung that is there, and the next higher one take its."""
    badge, below = taken[preset.slug], _below(preset, taken)
    _supersede(badge, [below] if below else [], by)
    for other in GALLERY.values():
        above = taken.get(other.slug)
        if above is not None and _below(other, taken) == badge:
            lower = above.supersedes
            if not lower or below in lower:
                _supersede(above, [badge, *(one for one in lower if one != below)], by)


def _below(preset: Preset, taken: dict[str, Badge]) -> Badge | None:
    slug = preset.supersedes
    while slug and slug not in taken:
        slug = GALLERY[slug].supersedes
    return taken.get(slug)


def _supersede(badge: Badge, lower: list[Badge], by: Person | None) -> None:
    # Somebody may have ordered their badges the other way round: then they stay so.
    if lower:
        with suppress(Refused):
            edit_badge(badge=badge, by=by, supersedes=lower)
