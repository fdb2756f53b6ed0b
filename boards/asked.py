"""What an address asks of a list of people. Whatever is not known narrows nothing."""

import re
from dataclasses import dataclass

from django.http import QueryDict

from badges.models import Badge
from boards.columns import known
from boards.filters import LOGINS, STATUSES, Filters, filters_of
from boards.models import Card, Order
from boards.narrowing import narrowed
from boards.queries import badges_shown
from people.models import Location, Person
from people.roles import Role

AN_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
A_SLUG = re.compile(r"[a-z0-9-]{1,60}", re.ASCII)
LONGEST_TEXT = 100
LONGEST_ADDRESS = 4000
MOST_BADGES = 10


@dataclass(frozen=True)
class Asked:
    """`columns_named` are the address's own; without them, those that the viewer is used to show.

    `unknown` says that something was named that is not there, and so narrows nothing.
    """

    filters: Filters
    order: Order
    columns_named: list[str]
    unknown: bool

    @property
    def filters_address(self) -> str:
        """The query string that asks for the same people, without what is not known or goes without saying."""
        return self._query().urlencode()

    @property
    def address(self) -> str:
        """The same with the columns that are named."""
        query = self._query()
        query.setlist("col", self.columns_named)
        return query.urlencode()

    def _query(self) -> QueryDict:
        query = self.filters.query()
        if self.order != Order.NAME:
            query["sort"] = self.order
        return query


def asked(query: QueryDict, viewer: Person) -> Asked:
    location, role, ends = query.get("location", ""), query.get("role", ""), query.get("ends", "")
    held, without = _slugs(query, "badge"), _slugs(query, "without")
    if query.get("held") == "no":  # how addresses said it once
        held, without = [], [*without, *held]
    badges = _badges([*held, *without], viewer)
    filters = Filters(
        text=_text(query.get("q", "")),
        location=_location(location, viewer) if location else None,
        badges=tuple(badges[slug] for slug in held if slug in badges),
        without=tuple(badges[slug] for slug in without if slug in badges),
        ends_soon=ends == "soon",
        role=Role(role) if role in Role.values else None,
        login=login if (login := query.get("login", "")) in LOGINS else "",
        status=status if (status := query.get("status", "")) in STATUSES else "active",
    )
    sort = query.get("sort", "")
    unknown = (
        bool(location and not filters.location)
        or not badges.keys() >= {*held, *without}
        or bool(role and not filters.role)
        or ends not in {"", "soon"}
        or query.get("login", "") not in {"", *LOGINS}
        or query.get("status", "") not in {"", *STATUSES}
        or sort not in {"", *Order.values}
    )
    order = Order(sort) if sort in Order.values else Order.NAME
    return Asked(filters, order, known(query.getlist("col")), unknown)


def asked_of(card: Card, viewer: Person) -> Filters:
    """Whom a card of people shows: whom its own filters let through, of its saved list if it has one."""
    if card.saved is None:
        return filters_of(card)
    return narrowed(asked(QueryDict(card.saved.query), viewer).filters, filters_of(card))


def person_at(query: QueryDict, name: str, viewer: Person) -> Person | None:
    """The person at whom a page begins."""
    text = query.get(name, "")
    return Person.objects.visible_to(viewer).filter(pk=int(text)).first() if AN_ID.fullmatch(text) else None


def _text(value: str) -> str:
    return value.replace("\0", " ").strip()[:LONGEST_TEXT]


def _slugs(query: QueryDict, name: str) -> list[str]:
    """Each once; empty ones are boxes in which nothing was chosen."""
    return list(dict.fromkeys(slug for slug in query.getlist(name) if slug))


def _badges(slugs: list[str], viewer: Person) -> dict[str, Badge]:
    """Those that are there, of the first few."""
    sound = [slug for slug in slugs[:MOST_BADGES] if A_SLUG.fullmatch(slug)]
    return {badge.slug: badge for badge in badges_shown(viewer).filter(slug__in=sound)} if sound else {}


def _location(text: str, viewer: Person) -> Location | None:
    if not AN_ID.fullmatch(text):
        return None
    found: Location | None = Location.objects.visible_to(viewer).filter(pk=int(text)).first()
    return found
