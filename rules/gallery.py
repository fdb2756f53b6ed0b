"""What the gallery shows: presets by theme, each with its sentence, and which of them are taken over already."""

from dataclasses import dataclass, replace
from functools import cache

from activity.models import Kind
from activity.models.kinds import read_aloud
from badges.models import Badge
from people.models import Organization
from rules import criteria
from rules.presets import GALLERY, THEMES, Preset
from rules.queries import names_of
from rules.sentences import Names, both, sentence


@dataclass(frozen=True)
class Piece:
    """A preset on show. `takes` names what would be taken over with it, `unheard` kinds that nobody has recorded."""

    preset: Preset
    sentence: str
    badge: Badge | None
    takes: str
    unheard: str


@dataclass(frozen=True)
class Shelf:
    slug: str
    heading: str
    note: str
    pieces: list[Piece]


def shelves(organization: Organization) -> list[Shelf]:
    badges = Badge.objects.filter(organization=organization).select_related("organization")
    taken = {badge.slug: badge for badge in badges}
    known = set(Kind.objects.filter(organization=organization).values_list("name", flat=True))
    names = names_of(organization)
    presets = {slug: preset.name for slug, preset in GALLERY.items()}
    names = replace(names, badges={**presets, **names.badges})
    return [
        Shelf(
            theme.slug,
            theme.heading,
            theme.note,
            [_piece(preset, taken, known, names) for preset in theme.presets],
        )
        for theme in THEMES
    ]


def _piece(preset: Preset, taken: dict[str, Badge], known: set[str], names: Names) -> Piece:
    missing = sorted(names.badges[slug] for slug in _all_needs(preset) - taken.keys())
    rule = rule_of(preset.slug)
    kinds = criteria.kinds_named(rule) if rule else None
    return Piece(
        preset=preset,
        sentence=sentence(rule, names) if rule else by_hand(preset),
        badge=taken.get(preset.slug),
        takes=both(missing),
        unheard=both(sorted(f"“{read_aloud(kind)}”" for kind in (kinds or set()) - known)),
    )


def _all_needs(preset: Preset) -> set[str]:
    return set(preset.needs).union(*(_all_needs(GALLERY[slug]) for slug in preset.needs))


@cache
def rule_of(slug: str) -> criteria.Rule | None:
    """The rule of a preset; None for one by hand alone."""
    definition = GALLERY[slug].definition
    return criteria.parse({**definition, "id": slug, "name": GALLERY[slug].name}) if definition else None


def by_hand(preset: Preset) -> str:
    ends = f" Ends {preset.ends_after} after it was given." if preset.ends_after else ""
    return f"Given by hand. {preset.criteria}{ends}"
