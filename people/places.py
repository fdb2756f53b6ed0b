"""The tree of locations: what is done to it, and how it is read. What is unsound raises `Refused`."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from django.db.models import Count

from people.audit import note
from people.changes import Refused, change_record
from people.models import Location, Organization, Person
from people.taken import refuse_taken

DEEPEST = 20


@dataclass(frozen=True)
class Place:
    """A location in the tree: how deep, who works there, and who there and below."""

    location: Location
    parent: Location | None
    depth: int
    people: int
    people_below: int

    @property
    def label(self) -> str:
        return self.indent + self.location.name

    @property
    def indent(self) -> str:
        return "\u2003" * self.depth


def tree(organization: Organization, *, closed: bool = True) -> list[Place]:
    """All locations, each followed by what is below it, by name; two queries."""
    locations = list(Location.objects.filter(organization=organization))
    active = Person.objects.filter(organization=organization, left_on=None)
    counts = dict(active.order_by().values_list("location").annotate(Count("pk")))
    below: dict[int | None, list[Location]] = defaultdict(list)
    for location in locations:
        below[location.parent_id].append(location)
    return [place for place in _walk(below, counts, None) if closed or place.location.closed_on is None]


def _walk(
    below: dict[int | None, list[Location]], counts: dict[int, int], top: Location | None, depth: int = 0
) -> Iterator[Place]:
    for location in below[top.pk if top else None]:
        inner = list(_walk(below, counts, location, depth + 1))
        here = counts.get(location.pk, 0)
        direct = sum(place.people_below for place in inner if place.depth == depth + 1)
        yield Place(location, top, depth, here, here + direct)
        yield from inner


def places_by_path(organization: Organization) -> list[tuple[Location, str]]:
    """The same with words that tell each from its namesakes: “Ward 4B (Riverside Main)”; one query."""
    below: dict[int | None, list[Location]] = defaultdict(list)
    for location in Location.objects.filter(organization=organization):
        below[location.parent_id].append(location)
    above: list[str] = []
    found = []
    for place in _walk(below, {}, None):
        location = place.location
        del above[place.depth :]
        told = [*reversed(above), *(["closed"] if location.closed_on else [])]
        found.append((location, f"{location.name} ({', '.join(told)})" if told else location.name))
        above.append(location.name)
    return found


@transaction.atomic
def add_location(
    *,
    organization: Organization,
    by: Person,
    name: str,
    external_id: str = "",
    parent: Location | None = None,
) -> Location:
    """Without an external id, its number becomes it. Raises `Refused`, and `Taken`."""
    lock_tree(organization)
    _refuse_depth(parent)
    with refuse_taken():
        location = Location.objects.create(
            organization=organization,
            name=name,
            parent=parent,
            external_id=external_id or f"new-{name}"[:100],
        )
    if not external_id:
        location.external_id = f"location-{location.pk}"
        location.save(update_fields=["external_id"])
    note(by, "location.added", name, location=location.pk, below=str(parent or ""))
    return location


@transaction.atomic
def edit_location(*, location: Location, by: Person, name: str, parent: Location | None) -> Location:
    """Rename it, or move it with everything below; rules then look at today's tree for the whole past."""
    lock_tree(location.organization)
    location = Location.objects.select_related("parent").get(pk=location.pk)
    before = {"name": location.name, "below": str(location.parent or "")}
    moved = location.parent_id != (parent.pk if parent else None)
    if not moved and location.name == name:
        return location
    refuse_place(location, parent)
    location.name, location.parent = name, parent
    location.save(update_fields=["name", "parent"])
    after = {"name": name, "below": str(parent or "")}
    note(by, "location.edited", name, location=location.pk, before=before, after=after)
    if moved:
        change_record(location.organization)
    return location


@transaction.atomic
def close_location(*, location: Location, by: Person, closed_on: date) -> Location:
    """Nobody new is put there. Raises `Refused` while people work there, or an open location is below."""
    lock_tree(location.organization)
    location = Location.objects.get(pk=location.pk)
    if location.closed_on is not None:
        return location
    inside = Person.objects.filter(organization=location.organization_id, location=location, left_on=None)
    if count := inside.count():
        raise Refused(
            f"{count} {'person works' if count == 1 else 'people work'} at {location}. Move them first."
        )
    if Location.objects.filter(parent=location, closed_on=None).exists():
        raise Refused(f"There are open locations below {location}. Close or move them first.")
    location.closed_on = closed_on
    location.save(update_fields=["closed_on"])
    note(by, "location.closed", location, location=location.pk)
    return location


@transaction.atomic
def open_location(*, location: Location, by: Person) -> Location:
    """Take a closed location into use again; what it is below must be open. A second time changes nothing."""
    lock_tree(location.organization)
    location = Location.objects.select_related("parent").get(pk=location.pk)
    if location.closed_on is None:
        return location
    if location.parent is not None and location.parent.closed_on is not None:
        raise Refused(f"{location.parent}, which it is below, is closed. Open that first.")
    location.closed_on = None
    location.save(update_fields=["closed_on"])
    note(by, "location.opened", location, location=location.pk)
    return location


def lock_tree(organization: Organization) -> None:
    """Two moves at once, each sound alone, could make a circle."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def refuse_place(location: Location, parent: Location | None) -> None:
    """Where it cannot go: below itself, or so deep that what is below it would be too deep; raises `Refused`."""
    if parent is None or location.parent_id == parent.pk:
        return
    if parent.pk in location.subtree_ids():
        raise Refused(f"{parent} is {location} itself or below it. Choose a place outside of it.")
    _refuse_depth(parent, _levels(DOWN, location) - 1)


def _refuse_depth(parent: Location | None, below: int = 0) -> None:
    if parent is not None and _levels(UP, parent) + 1 + below > DEEPEST:
        along = ", with what is below it" if below else ""
        raise Refused(f"Locations can be {DEEPEST} levels deep, and there it would be deeper{along}.")


def _levels(way: str, location: Location) -> int:
    """How many there are, itself among them, or one more than there can be: also where, by mistake, it is a circle."""
    with connection.cursor() as cursor:
        cursor.execute(way, {"organization": location.organization_id, "id": location.pk, "most": DEEPEST})
        return int(cursor.fetchall()[0][0])


LEVELS = """
WITH RECURSIVE way(id, levels) AS (
    SELECT %(id)s::bigint, 1
    UNION ALL SELECT {next}, levels + 1 FROM way JOIN people_location l ON {joined}
          WHERE l.organization_id = %(organization)s AND {next} IS NOT NULL AND levels <= %(most)s
) SELECT max(levels) FROM way
"""
UP = LEVELS.format(next="l.parent_id", joined="l.id = way.id")
DOWN = LEVELS.format(next="l.id", joined="l.parent_id = way.id")
