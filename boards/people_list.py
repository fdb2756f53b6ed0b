"""Which people a page of the People list shows: filters, order, and the place in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from badges.models import Award, Badge
from boards.columns import DEFAULT
from boards.models import Column, Order
from people.models import Location, Person

PAGE = 50
MOST_COUNTED = 1000
LONGEST_SEARCH = 100
WHO = {"active": "People here now", "left": "People who left", "all": "Everybody"}
HELD = {"yes": "hold it", "no": "do not hold it"}


@dataclass(frozen=True)
class Wanted:
    """What was asked for, cleaned: what is no choice has been left aside."""

    q: str = ""
    location: Location | None = None
    badge: Badge | None = None
    held: str = "yes"
    who: str = "active"
    sort: str = Order.NAME
    columns: list[str] = field(default_factory=lambda: list(DEFAULT))
    after: int | None = None
    before: int | None = None

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.location or self.badge or self.who != "active")


@dataclass(frozen=True)
class Page:
    people: list[Person]
    count: int
    previous: int | None
    next: int | None

    @property
    def capped(self) -> bool:
        return self.count > MOST_COUNTED


def wanted_from(query: QueryDict, viewer: Person) -> Wanted:
    columns = [column for column in query.getlist("col") if column in Column.values]
    return Wanted(
        q=query.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH],
        location=_by_id(Location.objects.visible_to(viewer), query.get("location", "")),
        badge=Badge.objects.visible_to(viewer)
        .filter(slug=query.get("badge", "")[:60].replace("\0", ""))
        .first()
        if query.get("badge")
        else None,
        held=_choice(query, "held", HELD, "yes"),
        who=_choice(query, "who", WHO, "active"),
        sort=_choice(query, "sort", dict(Order.choices), Order.NAME),
        columns=list(dict.fromkeys(columns)) or list(DEFAULT),
        after=_id(query.get("after", "")),
        before=_id(query.get("before", "")),
    )


def matching(viewer: Person, wanted: Wanted) -> "QuerySet[Person]":
    """Everybody who matches, in no order."""
    people = Person.objects.visible_to(viewer).search(wanted.q)
    if wanted.who != "all":
        people = people.filter(left_on__isnull=wanted.who == "active")
    if wanted.location:
        people = people.filter(location__in=wanted.location.subtree_ids())
    if wanted.badge:
        holds = Exists(Award.objects.standing().filter(person=OuterRef("pk"), badge=wanted.badge))
        people = people.filter(holds if wanted.held == "yes" else ~holds)
    return people


def page_of(viewer: Person, wanted: Wanted, size: int = PAGE) -> Page:
    """The page after (or before) a person, by keys and not by counting, so that the last costs what the first does."""
    everybody = matching(viewer, wanted)
    backwards = wanted.before is not None
    at = Person.objects.visible_to(viewer).filter(pk=wanted.before if backwards else wanted.after).first()
    rows = everybody.filter(_beyond(at, wanted.sort, backwards)) if at else everybody
    rows = rows.select_related("location", "manager").order_by(
        *_order(wanted.sort, backwards and at is not None)
    )
    found = list(rows[: size + 1])
    more, people = len(found) > size, found[:size]
    if backwards and at:
        people.reverse()
        earlier, later = more, True
    else:
        earlier, later = at is not None, more
    return Page(
        people=people,
        count=everybody[: MOST_COUNTED + 1].count(),
        previous=people[0].pk if people and earlier else None,
        next=people[-1].pk if people and later else None,
    )


def _order(sort: str, backwards: bool) -> list[str]:
    order = ["-badge_count", "pk"] if sort == Order.BADGES else ["folded", "pk"]
    return (
        [name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order]
        if backwards
        else order
    )


def _beyond(at: Person, sort: str, backwards: bool) -> Q:
    """Whoever comes after this person; the first condition is what an index can start from."""
    ids = Q(pk__lt=at.pk) if backwards else Q(pk__gt=at.pk)
    name = "badge_count" if sort == Order.BADGES else "folded"
    up = backwards if sort == Order.BADGES else not backwards
    key, side = getattr(at, name), "gt" if up else "lt"
    return Q(**{f"{name}__{side}e": key}) & (Q(**{f"{name}__{side}": key}) | ids)


def _choice(query: QueryDict, name: str, choices: Mapping[str, Any], default: str) -> str:
    value = query.get(name, default)
    return value if value in choices else default


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _by_id(rows: Any, text: str) -> Any:
    number = _id(text)
    return rows.filter(pk=number).first() if number else None
