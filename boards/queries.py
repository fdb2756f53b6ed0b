"""Which people a list shows, and the page of them that is asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from badges.models import Award, Badge, BadgeState
from boards.models import Card, Order
from people.models import Location, Person

A_PAGE = 50
COUNTED = 1000


@dataclass(frozen=True)
class Filters:
    """What narrows a list of people. `held` False turns the badge around; `status` is active, left or all."""

    text: str = ""
    location: Location | None = None
    badge: Badge | None = None
    held: bool = True
    status: str = "active"


def filters_of(card: Card) -> Filters:
    return Filters(location=card.location, badge=card.badge)


def matching(viewer: Person, filters: Filters) -> QuerySet[Person]:
    people = Person.objects.visible_to(viewer)
    if filters.status != "all":
        people = people.filter(left_on__isnull=filters.status == "active")
    if filters.location:
        people = people.filter(location__in=filters.location.subtree_ids())
    if filters.badge:
        holds = Q(_holds(filters.badge))
        people = people.filter(holds if filters.held else ~holds)
    found: QuerySet[Person] = people.search(filters.text) if filters.text else people
    return found


def _holds(badge: Badge) -> Exists:
    """A withdrawn badge is held by nobody."""
    standing = Award.objects.standing().exclude(badge__state=BadgeState.WITHDRAWN)
    return Exists(standing.filter(badge=badge, person=OuterRef("pk")))


@dataclass(frozen=True)
class Window:
    """A page of people, and the persons after or before whom the neighbouring pages begin (None: no such page)."""

    people: list[Person]
    before: int | None
    after: int | None


FORWARDS = {Order.NAME: ("name", "pk"), Order.BADGES: ("-badge_count", "pk")}
BACKWARDS = {Order.NAME: ("-name", "-pk"), Order.BADGES: ("badge_count", "-pk")}


def first_of(people: QuerySet[Person], order: Order, rows: int) -> list[Person]:
    return list(people.order_by(*FORWARDS[order])[:rows])


def window(
    people: QuerySet[Person], order: Order, *, after: Person | None = None, before: Person | None = None
) -> Window:
    """The page after or before a person, else the first one. Costs the same however far in the list."""
    if before is not None:
        return _window_before(people, order, before)
    beyond = people.filter(_beyond(order, after)) if after else people
    found = first_of(beyond, order, A_PAGE + 1)
    page = found[:A_PAGE]
    return Window(
        page,
        before=page[0].pk if after and page else None,
        after=page[-1].pk if len(found) > A_PAGE else None,
    )


def _window_before(people: QuerySet[Person], order: Order, person: Person) -> Window:
    earlier = people.exclude(_beyond(order, person)).exclude(pk=person.pk)
    found = list(earlier.order_by(*BACKWARDS[order])[: A_PAGE + 1])
    if len(found) <= A_PAGE:
        return window(people, order)
    page = found[A_PAGE - 1 :: -1]
    return Window(page, before=page[0].pk, after=page[-1].pk)


def _beyond(order: Order, person: Person) -> Q:
    """What comes after a person. The first half alone is a range of the index."""
    if order == Order.BADGES:
        count = person.badge_count
        return Q(badge_count__lte=count) & ~Q(badge_count=count, pk__lte=person.pk)
    return Q(name__gte=person.name) & ~Q(name=person.name, pk__lte=person.pk)


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
    found: QuerySet[Badge] = Badge.objects.visible_to(viewer).filter(
        state__in=[BadgeState.ACTIVE, BadgeState.RETIRED]
    )
    return found
