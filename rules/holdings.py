"""As of: who held a badge on a given day, by the timeline of its rule and by what was given by hand."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from badges.models import NEVER_HELD, Award, Badge, Origin
from people.clock import now
from people.models import Organization, Person, Placement
from people.zones import last_instant
from rules.engine import Question, Stand, stands
from rules.engine.basis import held_for
from rules.listing import HolderOrder
from rules.queries import names_of, rulebook


@dataclass(frozen=True)
class Held:
    """An award that stood; `area` and `title` are the person's on that day, `ends_at` is as was known then.

    `award_id` leads to the stored award that begins alike, where there is one; `rests_on` names the badges held for it.
    What `stays_on` would end, were its rule not paused.
    """

    person: Person
    area: str
    title: str
    key: str
    starts_at: datetime
    ends_at: datetime | None
    by_hand: bool
    award_id: int | None
    rests_on: tuple[str, ...] = ()
    stays_on: bool = False


RANKS: dict[HolderOrder, Callable[[Held], Any]] = {
    HolderOrder.NEWEST: lambda held: -held.starts_at.timestamp(),
    HolderOrder.ENDS: lambda held: (held.ends_at is None, held.ends_at),
}
"""What goes before the name."""


@dataclass(frozen=True)
class _Row:
    person: int
    key: str
    starts: datetime
    ends: datetime | None
    by_hand: bool
    rests_on: tuple[str, ...] = ()
    stays_on: bool = False


def asked_at(organization: Organization, day: date) -> datetime:
    """The end of the day; now, while it is not over."""
    return min(last_instant(day, organization.time_zone), now())


def held_on(badge: Badge, day: date, *, text: str = "", order: HolderOrder = HolderOrder.NAME) -> list[Held]:
    """Who held it at the end of the day, or holds it today, and is found by the text; an award a row."""
    at = asked_at(badge.organization, day)
    rows = [*_by_rule(badge, at), *_by_hand(badge, at)]
    ids = {row.person for row in rows}
    people = Person.objects.filter(organization=badge.organization_id).search(text).in_bulk(ids)
    placed = _placements(badge.organization_id, people, day)
    awards = _awards(badge, at)
    found = [_held(row, people[row.person], placed, awards) for row in rows if row.person in people]
    found.sort(key=lambda held: (held.person.folded, held.person.pk, held.starts_at, held.key))
    return sorted(found, key=RANKS[order]) if order in RANKS else found


def _held(
    row: _Row,
    person: Person,
    placed: Mapping[int, tuple[str, str]],
    awards: Mapping[tuple[int, str, str, datetime], int],
) -> Held:
    area, title = placed.get(person.pk, ("", ""))
    origin = Origin.HAND if row.by_hand else Origin.RULE
    award_id = awards.get((row.person, str(origin), row.key, row.starts))
    return Held(
        person, area, title, row.key, row.starts, row.ends, row.by_hand, award_id, row.rests_on, row.stays_on
    )


def _by_rule(badge: Badge, at: datetime) -> list[_Row]:
    """By the timeline; where no rule is in force, the awards by rule are as they are stored."""
    book = rulebook(badge.organization)
    rule = book.rules.get(badge.slug)
    if rule is None:
        return _stored(badge, Origin.RULE, at, rests=badge.pk in book.ground.resting_badges)
    question = Question(book.ground, at)
    timeline = stands(rule, book.rules, question, with_evidence=False)
    standing = [stand for stand in timeline if stand.ends is None or stand.ends > at]
    held = held_for(rule, book.rules, question, [(stand.person, stand.starts) for stand in standing])
    names = names_of(badge.organization).badges if held else {}
    return [_row(stand, held.get((stand.person, stand.starts), ()), names) for stand in standing]


def _row(stand: Stand, held: Iterable[tuple[str, datetime]], names: Mapping[str, str]) -> _Row:
    rests_on = tuple(dict.fromkeys(names[slug] for slug, _ in held))
    return _Row(stand.person, stand.key, stand.starts, stand.ends, by_hand=False, rests_on=rests_on)


def _by_hand(badge: Badge, at: datetime) -> list[_Row]:
    return _stored(badge, Origin.HAND, at)


def _stored(badge: Badge, origin: Origin, at: datetime, *, rests: bool = False) -> list[_Row]:
    awards = Award.objects.filter(badge=badge, origin=origin, starts_at__lte=at)
    awards = awards.exclude(ended_why__in=NEVER_HELD)
    over_at = F("ended_at") if rests else Coalesce("ended_at", "expires_at")
    standing = awards.annotate(over_at=over_at).filter(Q(over_at=None) | Q(over_at__gt=at))
    return [
        _Row(
            award.person_id,
            award.key,
            award.starts_at,
            award.over_at,
            origin == Origin.HAND,
            stays_on=rests and award.over_at is None and award.expires_at is not None,
        )
        for award in standing
    ]


def placed_on(person: Person, day: date) -> tuple[str, str]:
    """Somebody's area and title on that day."""
    return _placements(person.organization_id, [person.pk], day).get(person.pk, ("", ""))


def _placements(organization_id: int, people: Iterable[int], day: date) -> dict[int, tuple[str, str]]:
    """By person, area and title on that day."""
    rows = Placement.objects.filter(organization=organization_id, person__in=list(people), from_on__lte=day)
    ordered = rows.order_by("from_on").values_list("person", F("location__name"), "title")
    return {person: (area or "", title) for person, area, title in ordered}


def _awards(badge: Badge, at: datetime) -> dict[tuple[int, str, str, datetime], int]:
    """The numbers of those begun by then, by how they begin."""
    begun = Award.objects.filter(badge=badge, starts_at__lte=at).order_by("pk")
    rows = begun.values_list("person", "origin", "key", "starts_at", "pk")
    return {(person, origin, key, starts): pk for person, origin, key, starts, pk in rows}
