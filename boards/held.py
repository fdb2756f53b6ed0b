"""Badges as they stand beside names: one entry a badge, however many awards of it stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet
from django.utils import timezone

from badges.expiry import SOON
from badges.models import Award, Badge, BadgeKind, BadgeState, Praise, Superseding
from people.addresses import address_of
from people.clock import now
from people.models import Person
from people.prepared import OneOf
from rules.queries import known_end

LAST_WEEK = 7
# A habit's end moves on with all that is done, and nobody looks to an end of which nobody is reminded.
TO_RENEW = Q(reminds=True) & ~Q(kind=BadgeKind.HABIT)


class _Standing(NamedTuple):
    person_id: int
    badge_id: int
    pk: int
    key: str
    origin: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(frozen=True)
class Held:
    """A badge that somebody holds, by its newest award; `times` it was earned, until `ends_at` (None: for good).

    `praise` is how many say “well done” to that award, where it was asked for.
    """

    badge: Badge
    award_id: int
    origin: str
    starts_at: datetime
    times: int
    ends_at: datetime | None
    praise: int = 0

    @property
    def ends_in(self) -> int | None:
        """Days until its end, where there is one."""
        return None if self.ends_at is None else days_until(self.ends_at)

    @property
    def is_to_renew(self) -> bool:
        """As `TO_RENEW` says it of badges in the database."""
        return self.badge.reminds and self.badge.kind != BadgeKind.HABIT

    def get_absolute_url(self) -> str:
        return address_of("badges:award", self.badge.organization.slug, self.award_id)


def days_until(end: datetime) -> int:
    """By the organization's calendar, as the day of an end is told: from today to the day after tomorrow are two."""
    return (timezone.localdate(end) - timezone.localdate(now())).days


def held_badges(people: Sequence[Person], viewer: Person) -> dict[int, list[Held]]:
    """By person, the badges to list, newest first; what is withdrawn or superseded is left out. Two queries."""
    return _by_person(Award.objects.standing().listed_to(viewer), people, viewer)


def held_by(person: Person, viewer: Person) -> list[Held]:
    """The same of one person, for their own page: to themselves it shows what they hide as well."""
    return _by_person(Award.objects.standing().visible_to(viewer), [person], viewer)[person.pk]


def with_praise(badges: Sequence[Held]) -> list[Held]:
    """The same, with how many say “well done” to each."""
    praise = Praise.objects.said().filter(award__in=[held.award_id for held in badges])
    counts = dict(praise.order_by().values_list("award").annotate(Count("pk")))
    return [replace(held, praise=counts.get(held.award_id, 0)) for held in badges]


def _by_person(awards: QuerySet[Award], people: Sequence[Person], viewer: Person) -> dict[int, list[Held]]:
    found_awards = (
        awards.filter(OneOf("person", (person.pk for person in people)), organization=viewer.organization_id)
        .order_by("person_id", "badge_id", "-starts_at", "-pk")
        .values_list(*_Standing._fields[:-1], known_end(viewer.organization))
    )
    standing = [_Standing(*row) for row in found_awards]
    in_use = Badge.objects.exclude(state=BadgeState.WITHDRAWN)
    lower = ArraySubquery(Superseding.objects.filter(badge=OuterRef("pk")).values("lower"))
    found_badges = in_use.filter(OneOf("pk", {award.badge_id for award in standing})).annotate(hides=lower)
    badges = {badge.pk: badge for badge in found_badges}
    hides = {badge.pk: badge.hides for badge in found_badges}
    found: dict[int, list[Held]] = {person.pk: [] for person in people}
    for person, group in groupby(standing, key=lambda award: award.person_id):
        found[person] = _shown(group, badges, hides)
    return found


def _shown(
    awards: Iterable[_Standing], badges: Mapping[int, Badge], hides: Mapping[int, Iterable[int]]
) -> list[Held]:
    """One person's, which come ordered by their badges."""
    held = [
        _held(badges[badge], list(group))
        for badge, group in groupby(awards, key=lambda award: award.badge_id)
        if badge in badges
    ]
    superseded = {lower for one in held for lower in hides[one.badge.pk]}
    shown = [one for one in held if one.badge.pk not in superseded]
    return sorted(shown, key=lambda one: (one.starts_at, one.award_id), reverse=True)


def _held(badge: Badge, awards: list[_Standing]) -> Held:
    """An award by hand beside one by rule is one time: they stand for the same thing."""
    newest, times = awards[0], len({award.key for award in awards})
    return Held(badge, newest.pk, newest.origin, newest.starts_at, times, _last_end(awards))


def _last_end(awards: Iterable[_Standing]) -> datetime | None:
    ends = [award.ends_at for award in awards]
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def ending_soon(badges: Iterable[Held]) -> list[Held]:
    """Those that end within sixty days, nearest first; a habit in its last week alone: whoever keeps it up is always
    some weeks before its end.
    """
    known = [
        (held.ends_at, held.award_id, held)
        for held in badges
        if held.ends_at
        and days_until(held.ends_at) <= (LAST_WEEK if held.badge.kind == BadgeKind.HABIT else SOON)
    ]
    return [held for _, _, held in sorted(known)]
