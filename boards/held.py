"""Badges as they stand beside names: one entry a badge, however many awards of it stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from badges.models import Award, Badge
from people.clock import now
from people.models import Person

SOON = timedelta(days=60)


@dataclass(frozen=True)
class Held:
    """A badge that somebody holds, by its newest award; `times` it was earned, until `ends_at` (None: for good)."""

    award: Award
    times: int
    ends_at: datetime | None

    @property
    def badge(self) -> Badge:
        return self.award.badge

    @property
    def starts_at(self) -> datetime:
        return self.award.starts_at

    @property
    def ends_in(self) -> int | None:
        """Days until its end, where there is one."""
        return None if self.ends_at is None else (self.ends_at - now()).days

    def get_absolute_url(self) -> str:
        return self.award.get_absolute_url()


def held_badges(people: Sequence[Person], viewer: Person) -> dict[int, list[Held]]:
    """By person, the badges to show, newest first; superseded ones are hidden. One query."""
    awards = (
        Award.objects.visible_to(viewer)
        .shown()
        .filter(person__in=[person.pk for person in people])
        .select_related("badge")
        .order_by("person", "badge", "-starts_at", "-pk")
    )
    found: dict[int, list[Held]] = {person.pk: [] for person in people}
    for (person, _), group in groupby(awards, key=lambda award: (award.person_id, award.badge_id)):
        found[person].append(_held(list(group)))
    for badges in found.values():
        badges.sort(key=lambda held: (held.starts_at, held.award.pk), reverse=True)
    return found


def _held(awards: list[Award]) -> Held:
    """An award by hand beside one by rule is one time: they stand for the same thing."""
    return Held(awards[0], len({award.key for award in awards}), _last_end(awards))


def _last_end(awards: Iterable[Award]) -> datetime | None:
    ends = [award.expires_at for award in awards]
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None


def ending_soon(badges: Iterable[Held]) -> list[Held]:
    """Those that end within sixty days, nearest first."""
    soon = now() + SOON
    known = [(held.ends_at, held.award.pk, held) for held in badges if held.ends_at and held.ends_at <= soon]
    return [held for _, _, held in sorted(known)]
