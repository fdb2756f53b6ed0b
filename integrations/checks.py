"""Holding the rows of a file against each other, and against what the organization has."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import F

from activity.actions import Delivery
from activity.crediting import VERIFIED
from activity.models import ImpactKind, Kind
from integrations.reading import Fault
from integrations.rows import NAMED_ALIKE, named
from people.access import administered_location_ids, editable_by, reach
from people.bulk import PersonRow
from people.models import Location, Organization, Person, RoleAssignment
from people.planting import Plan, plan_locations
from people.roles import Role

Stored = dict[str, dict[str, Any]]
MOST_NAMED = 5
STORED = ("name", "email", "title", "joined_on", "left_on", "pk")


def stored_people(organization: Organization) -> Stored:
    people = Person.objects.filter(organization=organization).values(
        "external_id", *STORED, site=F("location__external_id"), head=F("manager__external_id")
    )
    return {
        person["external_id"]: {**person, "location": person["site"] or "", "manager": person["head"] or ""}
        for person in people
    }


class Known:
    """Holds the rows of a file against the people and locations that the organization has."""

    def __init__(self, organization: Organization) -> None:
        of = {"organization": organization}
        self.people = set(Person.objects.filter(**of).values_list("external_id", flat=True))
        self.locations = set(Location.objects.filter(**of).values_list("external_id", flat=True))
        impacts = ImpactKind.objects.filter(**of).select_related("writes")
        self.impacts = {kind.writes.name: kind for kind in impacts}

    def verified(self, delivery: Delivery) -> bool:
        """Whether it is what the verification of an item writes, and was verified elsewhere then."""
        return delivery.kind in self.impacts or delivery.kind in VERIFIED.values()

    def faults(
        self, line: int, delivery: Delivery, names: Mapping[str, str] = NAMED_ALIKE
    ) -> Iterator[Fault]:
        if delivery.person_external_id not in self.people:
            yield Fault(line, f"nobody has the staff number {delivery.person_external_id!r}")
        if delivery.location_external_id and delivery.location_external_id not in self.locations:
            yield Fault(line, f"no location has the id {delivery.location_external_id!r}")
        if impact := self.impacts.get(delivery.kind):
            wrong = _not_as_measured(impact, delivery.value)
            yield from [Fault(line, f"{named('value', names)} {wrong}")] if wrong else []


def _not_as_measured(kind: ImpactKind, value: Decimal | None) -> str:
    """As a verification is written: so much of it, or that what is said in words is so."""
    if not kind.has_figure:
        return "" if value is None else f"stays empty: {kind} is said in words"
    if value is None:
        return f"is empty, and {kind} is a figure"
    return "" if value > 0 else f"{value} is not more than 0: what brings no {kind} is left out"


def verified_elsewhere(counts: Counter[str], kinds: Mapping[str, Kind]) -> Iterator[str]:
    """What is said of the rows that say what was verified, by the kinds' names."""
    if counts:
        told = [
            f"{count:,} of “{kinds.get(name) or Kind(name=name)}”" for name, count in sorted(counts.items())
        ]
        yield (
            f"Verified elsewhere: {', '.join(told)}. Rules count that like what is verified here, and no work that is "
            "kept in Lapel stands behind it."
        )


def twice(people: list[tuple[int, PersonRow]], names: Mapping[str, str] = NAMED_ALIKE) -> Iterator[Fault]:
    seen: dict[tuple[str, str], int] = {}
    for line, person in people:
        for column, value in (("external_id", person.external_id), ("email", person.email.lower())):
            first = seen.setdefault((column, value), line)
            if value and first != line:
                yield Fault(line, f"{named(column, names)} {value!r} stands on line {first} already")


def taken(
    organization: Organization,
    people: list[tuple[int, PersonRow]],
    nameable: Collection[str] | None = None,
) -> Iterator[Fault]:
    """Addresses that somebody outside the file has; those of merged records are their kept one's.

    Only the `nameable` are named by their staff number; None is everybody.
    """
    ids = {person.external_id for _, person in people}
    others = Person.objects.filter(organization=organization).exclude(email="")
    named = others.values_list("email", "external_id", "merged_into__external_id")
    owner = {email.lower(): kept or external_id for email, external_id, kept in named}
    for line, person in people:
        holder = owner.get(person.email.lower())
        if holder is not None and holder != person.external_id and holder not in ids:
            whose = repr(holder) if nameable is None or holder in nameable else "somebody else"
            yield Fault(line, f"email {person.email!r} belongs to {whose}")


Numbered = list[tuple[int, PersonRow]]


def known_by_name(organization: Organization, people: Numbered) -> tuple[Numbered, dict[str, str]]:
    """Rows with the short codes of known locations that they name as people do; and which codes those are.

    What rows add themselves is no known one: what they say it is part of, or is part of it.
    """
    codes, alike = set(), defaultdict(list)
    for code, name in Location.objects.filter(organization=organization).values_list("external_id", "name"):
        codes.add(code)
        alike[name.casefold()].append(code)
    added = {name for _, person in people if person.part_of for name in (*person.part_of, person.location)}
    meant = {
        person.location: found[0]
        for _, person in people
        if person.location not in codes | added and len(found := alike[person.location.casefold()]) == 1
    }
    led = [(line, replace(one, location=meant.get(one.location, one.location))) for line, one in people]
    return led if meant else people, meant


def planned(
    organization: Organization, people: Iterable[tuple[int, PersonRow]], opened: Collection[str] = ()
) -> tuple[Plan, list[Fault]]:
    """Which locations would be added where, and the rows whose locations clash; `opened` ones will be open by then."""
    spots = [person.spot(line) for line, person in people if person.location]
    plan = plan_locations(organization, spots, opened)
    return plan, [Fault(line, why) for line, why in plan.faults]


def doubtful_managers(organization: Organization, people: Iterable[tuple[int, PersonRow]]) -> Iterator[Fault]:
    people = list(people)
    stored = Person.objects.filter(organization=organization).values_list(
        "external_id", "manager__external_id"
    )
    manager_of = {external_id: manager or "" for external_id, manager in stored}
    known = manager_of.keys() | {person.external_id for _, person in people}
    manager_of |= {person.external_id: person.manager for _, person in people}
    for line, person in people:
        if person.manager and person.manager not in known:
            yield Fault(line, f"manager {person.manager!r} is not among the people")
        elif _leads_back(person.external_id, manager_of):
            yield Fault(line, f"manager {person.manager!r} leads back to {person.external_id!r}")


def _leads_back(start: str, manager_of: dict[str, str]) -> bool:
    at, seen = manager_of.get(start, ""), set()
    while at and at not in seen:
        if at == start:
            return True
        seen.add(at)
        at = manager_of.get(at, "")
    return False


def guarded(
    by: Person, people: list[tuple[int, PersonRow]], stored: dict[str, dict[str, Any]]
) -> Iterator[Fault]:
    """Addresses that the importer may not change: of people with roles that they could not have given."""
    moved = {
        stored[person.external_id]["pk"]: (line, person)
        for line, person in people
        if person.external_id in stored and stored[person.external_id]["email"] != person.email
    }
    for person_id in sorted(above(by, moved)):
        line, person = moved[person_id]
        yield Fault(
            line,
            f"email of {person.external_id!r} can be changed only by those who may give them their roles",
        )


def administered(by: Person, stored: Stored) -> tuple[set[str], set[str]] | None:
    """The locations that the importer administers and who works there, by external id; None for everything."""
    ids = administered_location_ids(by)
    if ids is None:
        return None
    places = set(Location.objects.filter(pk__in=ids).values_list("external_id", flat=True))
    return places, {name for name, person in stored.items() if person["location"] in places}


def beyond(
    people: list[tuple[int, PersonRow]], stored: Stored, places: set[str], within: set[str]
) -> Iterator[Fault]:
    """Rows about people or locations that the importer does not administer. Nothing is told about them."""
    more = ", …" if len(places) > MOST_NAMED else ""
    own = f"choose one of yours: {', '.join(sorted(places)[:MOST_NAMED])}{more}"
    for line, person in people:
        if person.external_id in stored and person.external_id not in within:
            yield Fault(line, f"{person.external_id!r} is not among the people whom you administer")
        elif not person.location:
            yield Fault(line, f"location is empty; {own}")
        elif person.location not in places:
            yield Fault(line, f"location {person.location!r} is not among those that you administer; {own}")


def into_closed(
    organization: Organization,
    people: list[tuple[int, PersonRow]],
    stored: Stored,
    opened: Collection[str] = (),
) -> Iterator[Fault]:
    """Nobody new is put at a closed location; whoever is there, or has left, stays.

    `opened` ones will be open by then.
    """
    closed = Location.objects.filter(organization=organization, closed_on__isnull=False)
    names = set(closed.values_list("external_id", flat=True)) - set(opened)
    for line, person in people:
        before = stored.get(person.external_id)
        stays = before is not None and (before["left_on"] or before["location"] == person.location)
        if person.location in names and not stays:
            yield Fault(line, f"location {person.location!r} is closed. Open it under Locations first")


def above(by: Person, person_ids: Iterable[int]) -> set[int]:
    """Who of them has a role that `by` could not have given: their address is their login, so it is left alone."""
    held = RoleAssignment.objects.filter(person__in=list(person_ids)).values_list(
        "person", "role", "location"
    )
    below = reach(by)
    return {person for person, role, place in held if not below(Role(role), place)} - {by.pk}


def edited_by(by: Person, person_ids: Iterable[int]) -> set[int]:
    """Those whom somebody edits by now: an administrator of some locations leaves whoever has moved away."""
    people = editable_by(by, Person.objects.filter(pk__in=list(person_ids)))
    return set(people.order_by().values_list("pk", flat=True))
