"""The columns in which people are shown, defined once: for the People page and for every card.

A column fetches what it needs for all rows of a page with one query, whatever their number.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badges.expiry import SOON
from badges.models import Award
from boards.deeds import rhythms
from boards.held import Held, days_until, held_badges
from boards.models import Column, Order
from people.models import Location, Person
from people.prepared import planned_once

Values = Mapping[int, Any]
Fetch = Callable[[Sequence[Person], Person], Values]


@dataclass(frozen=True)
class NextEnd:
    badge: str
    at: datetime
    days: int

    @property
    def soon(self) -> bool:
        return self.days <= SOON


def _titles(people: Sequence[Person], viewer: Person) -> Values:
    return {person.pk: person.title for person in people}


def _logins(people: Sequence[Person], viewer: Person) -> Values:
    return {person.pk: person.user_id is not None for person in people}


def _locations(people: Sequence[Person], viewer: Person) -> Values:
    wanted = {person.location_id for person in people}
    found = Location.objects.visible_to(viewer).in_bulk(wanted - {None})
    return {person.pk: found.get(person.location_id) for person in people}


def _managers(people: Sequence[Person], viewer: Person) -> Values:
    wanted = {person.manager_id for person in people}
    found = Person.objects.visible_to(viewer).in_bulk(wanted - {None})
    return {person.pk: found.get(person.manager_id) for person in people}


def _last_awards(people: Sequence[Person], viewer: Person) -> Values:
    awards = (
        Award.objects.visible_to(viewer)
        .standing()
        .listed_to(viewer)
        .filter(person__in=[person.pk for person in people])
        .order_by("person_id", "-starts_at", "-pk")
        .distinct("person_id")
        .select_related("badge")
    )
    return {award.person_id: award for award in awards}


def _next_end(badges: Sequence[Held]) -> NextEnd | None:
    ends = (
        NextEnd(held.badge.name, held.ends_at, days_until(held.ends_at))
        for held in badges
        if held.ends_at and held.is_to_renew
    )
    return min(ends, key=lambda end: end.at, default=None)


def _itself(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Definition:
    """A column: `fetch` gives what is known of each row by the person's id, once for all columns that share it.

    The template shows as `value` what is `told` of that.
    """

    column: Column
    fetch: Fetch
    sort: Order | None = None
    told: Callable[[Any], Any] = _itself

    @property
    def name(self) -> str:
        return self.column.value

    @property
    def label(self) -> str:
        return str(self.column.label)

    @property
    def template(self) -> str:
        return f"boards/columns/{self.name}.html"


DEFINITIONS: Mapping[str, Definition] = {
    definition.name: definition
    for definition in (
        Definition(Column.LOCATION, _locations, sort=Order.LOCATION),
        Definition(Column.BADGES, held_badges, sort=Order.BADGES),
        Definition(Column.IMPROVEMENTS, rhythms, sort=Order.IMPROVEMENTS),
        Definition(Column.NEXT_END, held_badges, sort=Order.NEXT_END, told=_next_end),
        Definition(Column.TITLE, _titles, sort=Order.TITLE),
        Definition(Column.MANAGER, _managers, sort=Order.MANAGER),
        Definition(Column.LAST_AWARD, _last_awards, sort=Order.LAST_AWARD),
        Definition(Column.LOGIN, _logins),
    )
}
USUAL = ("location", "badges", "improvements", "next_end")


def known(names: Iterable[str]) -> list[str]:
    """The names that are columns, each once, in the order in which they were chosen."""
    return [name for name in dict.fromkeys(names) if name in DEFINITIONS]


@dataclass(frozen=True)
class Choice:
    """A line of the list in which columns are chosen and ordered."""

    name: str
    label: str
    chosen: bool


def choices(chosen: Sequence[str]) -> list[Choice]:
    """All columns: the chosen ones first, in their order."""
    rest = [name for name in DEFINITIONS if name not in chosen]
    return [Choice(name, DEFINITIONS[name].label, name in chosen) for name in (*chosen, *rest)]


def moved(chosen: Sequence[str], move: str) -> list[str]:
    """The columns after a press on an up or down button: `move` is "badges:up". Nonsense moves nothing."""
    name, _, direction = move.partition(":")
    names = list(chosen)
    if name not in names or direction not in {"up", "down"}:
        return names
    place = names.index(name)
    other = max(0, min(len(names) - 1, place + (1 if direction == "down" else -1)))
    names[place], names[other] = names[other], names[place]
    return names


@dataclass(frozen=True)
class Cell:
    definition: Definition
    value: Any


@dataclass(frozen=True)
class Row:
    person: Person
    cells: list[Cell]


@dataclass(frozen=True)
class Table:
    columns: list[Definition]
    rows: list[Row]

    @property
    def by_name(self) -> Order:
        """What the names, which are no column, order by."""
        return Order.NAME

    @property
    def shows_title(self) -> bool:
        """Whether the title has a column of its own, and need not stand below the name."""
        return any(definition.column == Column.TITLE for definition in self.columns)


@planned_once()
def tables(wanted: Sequence[tuple[Sequence[Person], Sequence[str]]], viewer: Person) -> list[Table]:
    """A table for each (people, column names), with one query a column for all tables together."""
    asked: dict[Fetch, dict[int, Person]] = {}
    for people, names in wanted:
        for name in known(names):
            asked.setdefault(DEFINITIONS[name].fetch, {}).update((person.pk, person) for person in people)
    values = {fetch: fetch(list(people.values()), viewer) for fetch, people in asked.items()}
    return [_table(people, known(names), values) for people, names in wanted]


def _table(people: Sequence[Person], names: list[str], values: Mapping[Fetch, Values]) -> Table:
    definitions = [DEFINITIONS[name] for name in names]
    return Table(
        definitions,
        [
            Row(person, [Cell(one, one.told(values[one.fetch].get(person.pk))) for one in definitions])
            for person in people
        ],
    )
