"""A page of people, how many there are, and what they can be narrowed by."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import QuerySet

from badges.models import PUBLISHED, Badge
from boards import orders
from boards.filters import Filters, matching
from boards.models import Order
from people.models import Location, Person
from people.prepared import OneOf, planned_once

A_PAGE = 50
COUNTED = 1000
INDEXES = "SELECT set_config('random_page_cost', '1.1', true), set_config('max_parallel_workers_per_gather', '0', true)"


def prefer_indexes() -> None:
    """For the rest of the request: pages of people are short, and what they rest on is in memory.

    Left to its defaults, the planner reads and sorts everybody for many filters, with all processors.
    """
    with connection.cursor() as cursor:
        cursor.execute(INDEXES)


@dataclass(frozen=True)
class Window:
    """A page of people, and the persons after or before whom the neighbouring pages begin (None: no such page)."""

    people: list[Person]
    before: int | None
    after: int | None


def window(
    people: QuerySet[Person],
    order: Order,
    viewer: Person,
    *,
    after: Person | None = None,
    before: Person | None = None,
) -> Window:
    """The page after or before a person, else the first one. Costs the same however far in the list."""
    if before is not None:
        return _window_before(people, order, viewer, before)
    found = orders.listed(people, order, viewer, A_PAGE + 1, beside=after)
    page = found[:A_PAGE]
    return Window(
        page,
        before=page[0].pk if after and page else None,
        after=page[-1].pk if len(found) > A_PAGE else None,
    )


def _window_before(people: QuerySet[Person], order: Order, viewer: Person, person: Person) -> Window:
    found = orders.listed(people, order, viewer, A_PAGE + 1, beside=person, backwards=True)
    if len(found) <= A_PAGE:
        return window(people, order, viewer)
    page = found[A_PAGE - 1 :: -1]
    return Window(page, before=page[0].pk, after=page[-1].pk)


@dataclass(frozen=True)
class HowMany:
    """A count that stops at a thousand."""

    number: int

    def __str__(self) -> str:
        return f"{COUNTED:,}+" if self.number > COUNTED else f"{self.number:,}"


def how_many(people: QuerySet[Person]) -> HowMany:
    return HowMany(people.order_by()[: COUNTED + 1].count())


def found(viewer: Person, filters: Filters) -> tuple[QuerySet[Person], HowMany]:
    """Those whom the filters let through, and how many they are.

    The few whom narrow filters leave are named by their ids from here on: nobody searches for them again.
    """
    people = matching(viewer, filters)
    if filters == Filters():
        with planned_once():
            return people, how_many(people)
    some = matching(viewer, filters, gathered=True).order_by().values("pk")[: COUNTED + 1]
    ids = some.aggregate(ids=ArrayAgg("pk"))["ids"] or []
    if len(ids) <= COUNTED:
        people = orders.rankable(Person.objects.visible_to(viewer).filter(OneOf("pk", ids)), viewer)
    return people, HowMany(len(ids))


@dataclass(frozen=True)
class Place:
    """A location in the list of all, `depth` steps below the top."""

    location: Location
    depth: int

    @property
    def label(self) -> str:
        return "\u2003" * self.depth + self.location.name


@planned_once()
def places(viewer: Person) -> list[Place]:
    """All locations as a tree read from top to bottom. One query."""
    below: dict[int | None, list[Location]] = {}
    for location in Location.objects.visible_to(viewer).order_by("name", "pk"):
        below.setdefault(location.parent_id, []).append(location)
    return list(_walk(below, None, 0))


def _walk(below: dict[int | None, list[Any]], parent: int | None, depth: int) -> Iterator[Place]:
    for location in below.get(parent, []):
        yield Place(location, depth)
        yield from _walk(below, location.pk, depth + 1)


def badges_shown(viewer: Person) -> QuerySet[Badge]:
    """Badges that lists of people can be narrowed by."""
    found: QuerySet[Badge] = Badge.objects.visible_to(viewer).filter(state__in=PUBLISHED).in_order()
    return found


@planned_once()
def badge_choices(viewer: Person) -> list[tuple[str, str]]:
    """Their slugs and names."""
    return list(badges_shown(viewer).values_list("slug", "name"))
