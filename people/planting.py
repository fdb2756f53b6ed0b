"""Where the locations of a file belong: planned before anything is stored, planted, and closed again by undoing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from people.changes import Refused
from people.models import Location, Organization, Person, RoleAssignment
from people.places import DEEPEST, close_location, lock_tree

MARK = " > "


@dataclass(frozen=True)
class Spot:
    """A location as a row names it, by external id, and above it what it is part of, from the top down."""

    line: int
    location: str
    part_of: tuple[str, ...] = ()


@dataclass
class Plan:
    """`above` says of each location that is not known yet what it is part of; "" is the top."""

    above: dict[str, str] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)

    def ways(self) -> list[str]:
        """The new locations, each with what of the file it is part of."""
        return sorted(MARK.join(self._way(name)) for name in self.above)

    def _way(self, name: str) -> list[str]:
        over = self.above.get(name)
        return [*(self._way(over) if over else []), name]


@dataclass(frozen=True)
class Planted:
    location: int
    parent: int | None


def plan_locations(organization: Organization, spots: Iterable[Spot], opened: Collection[str] = ()) -> Plan:
    """What would be added. Known locations stay where they are: a row that says otherwise is a fault.

    `opened` are closed ones that will be open by then.
    """
    plan, said = Plan(), dict[str, tuple[str, int]]()
    locations = Location.objects.filter(organization=organization)
    known = {
        name: (over or "", closed_on is not None and name not in opened)
        for name, over, closed_on in locations.values_list("external_id", "parent__external_id", "closed_on")
    }
    for spot in spots:
        way = (*spot.part_of, spot.location)
        plan.above |= {name: "" for name in way if name and name not in known and name not in plan.above}
        for over, name in pairwise(way):
            if why := _clash(name, over, known, said):
                plan.faults.append((spot.line, why))
            elif name not in known:
                plan.above[name] = said.setdefault(name, (over, spot.line))[0]
    over_of = {name: over for name, (over, _) in known.items()} | plan.above
    for name, (_, line) in said.items():
        if why := _misgrown(name, over_of):
            plan.faults.append((line, why))
    if plan.faults:
        plan.above = {}
    return plan


def _clash(
    name: str, over: str, known: Mapping[str, tuple[str, bool]], said: Mapping[str, tuple[str, int]]
) -> str | None:
    if name in known:
        now_over = known[name][0]
        where = f"is part of {now_over!r}" if now_over else "is at the top"
        return None if now_over == over else f"location {name!r} {where}. Move it under Locations first"
    if name in said and said[name][0] != over:
        first, line = said[name]
        return f"location {name!r} is part of {first!r} on line {line} already"
    if over in known and known[over][1]:
        return f"location {over!r} is closed. Open it under Locations first"
    return None


def _misgrown(name: str, over_of: Mapping[str, str]) -> str | None:
    way = [name]
    while over := over_of.get(way[-1]):
        if over == name:
            return f"location {name!r} would be part of itself: {MARK.join([name, *way[::-1]])}"
        if over in way:
            return None
        way.append(over)
    return f"location {name!r} would be more than {DEEPEST} levels deep" if len(way) > DEEPEST else None


def plant_locations(
    organization: Organization, spots: Sequence[Spot]
) -> tuple[dict[str, int], list[Planted]]:
    """Numbers by external id of all that is named, and what had to be added. Raises `Refused` for a fault."""
    plan = plan_locations(organization, spots)
    if plan.above:
        lock_tree(organization)
        plan = plan_locations(organization, spots)
    if plan.faults:
        raise Refused(plan.faults[0][1])
    names = plan.above.keys() | {name for spot in spots for name in (*spot.part_of, spot.location) if name}
    locations = Location.objects.filter(organization=organization, external_id__in=names)
    ids, planted = dict(locations.values_list("external_id", "pk")), list[Planted]()
    waiting = dict(plan.above)
    while waiting:
        next_ones = {name: ids.get(over) for name, over in sorted(waiting.items()) if not over or over in ids}
        made = Location.objects.bulk_create(
            Location(organization=organization, external_id=name, name=name, parent_id=over)
            for name, over in next_ones.items()
        )
        ids |= {location.external_id: location.pk for location in made}
        planted += [Planted(location.pk, location.parent_id) for location in made]
        waiting = {name: over for name, over in waiting.items() if name not in ids}
    return ids, planted


def close_planted(*, organization: Organization, planted: Iterable[Planted], by: Person, on: date) -> None:
    """Close again what was added and is still as it was, with nobody there."""
    parents = {made.location: made.parent for made in planted}
    locations = Location.objects.filter(organization=organization, pk__in=parents, closed_on=None)
    in_use = set(RoleAssignment.objects.filter(location__in=locations).values_list("location", flat=True))
    for location in locations.order_by("-pk"):  # what is below was added later
        as_made = location.name == location.external_id and location.parent_id == parents[location.pk]
        if as_made and location.pk not in in_use:
            with suppress(Refused):  # people work there by now, or something open is below
                close_location(location=location, by=by, closed_on=on)
