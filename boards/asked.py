"""What an address asks of a list of people. Whatever is not known narrows nothing."""

import re
from dataclasses import dataclass

from django.http import QueryDict

from boards.columns import USUAL, known, moved
from boards.models import Order
from boards.queries import Filters, badges_shown
from people.models import Location, Person

AN_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)
LONGEST_TEXT = 100
STATUSES = {"active": "Active", "left": "Have left", "all": "Everybody"}


@dataclass(frozen=True)
class Asked:
    """`unknown` says that a location or badge was named that is not there."""

    filters: Filters
    order: Order
    columns: list[str]
    unknown: bool


def asked(query: QueryDict, viewer: Person) -> Asked:
    location, badge = query.get("location", ""), query.get("badge", "")
    filters = Filters(
        text=_text(query.get("q", "")),
        location=_location(location, viewer) if location else None,
        badge=badges_shown(viewer).filter(slug=_text(badge)).first() if badge else None,
        held=query.get("held") != "no",
        status=status if (status := query.get("status", "")) in STATUSES else "active",
    )
    unknown = bool(location and not filters.location) or bool(badge and not filters.badge)
    order = Order.BADGES if query.get("sort") == Order.BADGES else Order.NAME
    return Asked(filters, order, columns_asked(query) or list(USUAL), unknown)


def columns_asked(query: QueryDict) -> list[str]:
    return moved(known(query.getlist("col")), query.get("move", ""))


def person_at(query: QueryDict, name: str, viewer: Person) -> Person | None:
    """The person at whom a page begins."""
    text = query.get(name, "")
    return Person.objects.visible_to(viewer).filter(pk=int(text)).first() if AN_ID.fullmatch(text) else None


def _text(value: str) -> str:
    return value.replace("\0", " ").strip()[:LONGEST_TEXT]


def _location(text: str, viewer: Person) -> Location | None:
    if not AN_ID.fullmatch(text):
        return None
    found: Location | None = Location.objects.visible_to(viewer).filter(pk=int(text)).first()
    return found
