"""What the engine must know of an organization before it can put a question: names to ids, and what is rare."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime

from django.db.models import Q

from activity.models import Kind, Source
from badges.models import Badge, BadgeState, Revocation
from people.models import Location, Organization, Person
from rules.engine.editions import Editions


@dataclass(frozen=True)
class Ground:
    """An organization's settings and names.

    `frozen_badges`: their stored awards by rule count for `holds` as given; those of `resting_badges` also beyond their
    stored end. Those of `withdrawn_badges` count for nothing, by hand neither. `closed`: since when nobody new gets a
    badge, by its id. `editions`: of rules that were changed without re-checking everybody, the versions that have
    a say.
    """

    organization_id: int
    zone: str
    first_weekday: int
    kinds: Mapping[str, int]
    sources: tuple[int, ...]
    locations: Mapping[str, tuple[int, ...]]
    badges: Mapping[str, int]
    revoked: Mapping[int, frozenset[int]]
    somebody_left: bool
    closed: Mapping[int, datetime] = field(default_factory=dict)
    frozen_badges: frozenset[int] = frozenset()
    resting_badges: frozenset[int] = frozenset()
    withdrawn_badges: frozenset[int] = frozenset()
    editions: Editions = field(default_factory=dict)

    @property
    def fingerprint(self) -> tuple[object, ...]:
        """What the text of a statement may depend on: all of it, but of revocations only that a badge has some."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        values["revoked"] = frozenset(self.revoked)
        return tuple(tuple(one.items()) if isinstance(one, Mapping) else one for one in values.values())

    def kind_ids(self, names: Iterable[str]) -> list[int]:
        return [self.kinds[name] for name in names if name in self.kinds]

    def location_ids(self, names: Iterable[str]) -> list[int]:
        return sorted({below for name in names for below in self.locations.get(name, ())})


def ground(
    organization: Organization, *, frozen_badges: Iterable[int] = (), resting_badges: Iterable[int] = ()
) -> Ground:
    """Read inside `tenant()`."""
    own = {"organization": organization}
    sources = dict(Source.objects.filter(**own).values_list("name", "id"))
    badges = list(Badge.objects.filter(**own).values_list("slug", "id", "state"))
    return Ground(
        organization_id=organization.pk,
        zone=organization.zone,
        first_weekday=organization.first_weekday,
        kinds=dict(Kind.objects.filter(**own).values_list("name", "id")),
        sources=tuple(sources[name] for name in sorted(sources)),
        locations=subtrees(Location.objects.filter(**own).values_list("id", "external_id", "parent")),
        badges={slug: badge for slug, badge, _ in badges},
        revoked=_revoked(organization),
        somebody_left=Person.objects.filter(~Q(left_on=None), merged_into=None, **own).exists(),
        closed=_closed(organization),
        frozen_badges=frozenset(frozen_badges),
        resting_badges=frozenset(resting_badges),
        withdrawn_badges=frozenset(badge for _, badge, state in badges if state == BadgeState.WITHDRAWN),
    )


def _closed(organization: Organization) -> dict[int, datetime]:
    closed = Badge.objects.filter(organization=organization, state=BadgeState.CLOSED)
    return {badge: at for badge, at in closed.values_list("id", "closed_at") if at is not None}


def _revoked(organization: Organization) -> dict[int, frozenset[int]]:
    """By badge, the people with a revocation in force."""
    people = defaultdict(set)
    standing = Revocation.objects.filter(organization=organization, lifted_at=None)
    for badge, person in standing.values_list("badge", "person"):
        people[badge].add(person)
    return {badge: frozenset(them) for badge, them in people.items()}


def subtrees(rows: Iterable[tuple[int, str, int | None]]) -> dict[str, tuple[int, ...]]:
    """By external id, the location's own id and those of everything below it."""
    below = defaultdict(list)
    names = {}
    for own, external_id, parent in rows:
        names[own] = external_id
        below[parent].append(own)
    return {external_id: tuple(_all_below(own, below)) for own, external_id in names.items()}


def _all_below(top: int, below: Mapping[int | None, list[int]]) -> list[int]:
    found, waiting = {top}, [top]
    while waiting:
        new = [child for child in below.get(waiting.pop(), ()) if child not in found]
        found.update(new)
        waiting += new
    return sorted(found)
