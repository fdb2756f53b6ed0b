"""A page of people, how many there are, and what they can be narrowed by."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet

from badges.models import PUBLISHED, Badge
from boards.models import Order
from people.models import Location, Person

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


FORWARDS = {Order.NAME: ("folded", "pk"), Order.BADGES: ("-badge_count", "pk")}
BACKWARDS = {Order.NAME: ("-folded", "-pk"), Order.BADGES: ("badge_count", "-pk")}


def first_of(people: QuerySet[Person], order: Order, rows: int) -> list[Person]:
    return list(people.order_by(*FORWARDS[order])[:rows])


def window(
    people: QuerySet[Person], order: Order, *, after: Person | None = None, before: Person | None = None
) -> Window:
    """The page after or before a person, else the first one. Costs the same however far in the list."""
    if before is not None:
        return _window_before(people, order, before)
    rest = people.filter(beyond(order, after)) if after else people
    found = first_of(rest, order, A_PAGE + 1)
    page = found[:A_PAGE]
    return Window(
        page,
        before=page[0].pk if after and page else None,
        after=page[-1].pk if len(found) > A_PAGE else None,
    )


def _window_before(people: QuerySet[Person], order: Order, person: Person) -> Window:
    earlier = people.exclude(beyond(order, person)).exclude(pk=person.pk)
    found = list(earlier.order_by(*BACKWARDS[order])[: A_PAGE + 1])
    if len(found) <= A_PAGE:
        return window(people, order)
    page = found[A_PAGE - 1 :: -1]
    return Window(page, before=page[0].pk, after=page[-1].pk)


def beyond(order: Order, person: Person) -> Q:
    """What comes after a person. The first half alone is a range of the index."""
    if order == Order.BADGES:
        count = person.badge_count
        return Q(badge_count__lte=count) & ~Q(badge_count=count, pk__lte=person.pk)
    return Q(folded__gte=person.folded) & ~Q(folded=person.folded, pk__lte=person.pk)


@dataclass(frozen=True)
class HowMany:
    """A count that stops at a thousand."""

    number: int

    def __str__(self) -> str:
        return f"{COUNTED:,}+" if self.number > COUNTED else f"{self.number:,}"


def how_many(people: QuerySet[Person]) -> HowMany:
    return HowMany(people.order_by()[: COUNTED + 1].count())


@dataclass(frozen=True)
class Place:
    """A location in the list of all, `depth` steps below the top."""

    location: Location
    depth: int

    @property
    def label(self) -> str:
        return "\u2003" * self.depth + self.location.name


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
