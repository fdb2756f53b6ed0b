"""What undone imports leave behind: people who left, and closed locations. A mended file brings them anew."""

from collections.abc import Collection, Iterable
from typing import Any

from integrations.models import ImportData, ImportKind, ImportState
from people.models import AuditEntry, Location, Organization, Person
from people.places import open_location
from people.planting import Planted


def gone_with_imports(organization: Organization, person_ids: Collection[int]) -> set[int]:
    """Whom undoing let leave, of those; nobody has said anything about them before or since."""
    if not person_ids:
        return set()
    made = {row for row in _made(organization) if isinstance(row, int)} & set(person_ids)
    gone = Person.objects.filter(pk__in=made, merged_into=None, user=None).exclude(left_on=None)
    told = AuditEntry.objects.filter(organization=organization, details__person__in=sorted(made))
    return set(gone.values_list("pk", flat=True)) - set(told.values_list("details__person", flat=True))


def closed_with_imports(organization: Organization, names: Iterable[str]) -> list[Location]:
    """The closed ones among those, and above them, that undone imports added and are as they were; top down."""
    closed = Location.objects.filter(organization=organization).exclude(closed_on=None)
    known = {location.external_id: location for location in closed}
    wanted = [known[name] for name in dict.fromkeys(names) if name in known]
    if not wanted:
        return []
    parents = {row["location"]: row["parent"] for row in _made(organization) if is_planted(row)}
    by_id = {location.pk: location for location in known.values()}
    found: dict[int, Location] = {}
    for location in wanted:
        way = _way_up(location, by_id)
        if all(_as_planted(one, parents) for one in way):
            found |= {one.pk: one for one in reversed(way)}
    return list(found.values())


def open_again(locations: Iterable[Location], by: Person) -> list[Planted]:
    return [Planted(open_location(location=one, by=by).pk, one.parent_id) for one in locations]


def _way_up(location: Location, closed: dict[int, Location]) -> list[Location]:
    """It and what is closed above it, up to the first that is open."""
    way = [location]
    while above := closed.get(way[-1].parent_id or 0):
        way.append(above)
    return way


def _as_planted(location: Location, parents: dict[int, int | None]) -> bool:
    as_added = location.name == location.external_id
    return as_added and location.pk in parents and location.parent_id == parents[location.pk]


def is_planted(row: Any) -> bool:
    """A location that came along: it is closed again where it may be, and not counted among the rows."""
    return isinstance(row, dict) and "location" in row


def _made(organization: Organization) -> Iterable[Any]:
    undone = ImportData.objects.filter(
        organization=organization, of__kind=ImportKind.PEOPLE, of__state=ImportState.UNDONE
    )
    for made in undone.values_list("made", flat=True):
        yield from made
