"""The orders in which people are listed. Each is total, so that a page can begin after any person of another.

All but the name rank people from the highest down, those without anything last, and equals by their ids. What they
are ranked by is stored and indexed, one row a person.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import FilteredRelation, Q, QuerySet

from badges.models import Audience
from badges.querysets import sees_hidden
from boards.models import Order
from people.models import Person

RANKS: Mapping[Order, str] = {
    Order.BADGES: "seen_tally__badge_count",
    Order.LAST_AWARD: "seen_tally__latest_at",
    Order.IMPROVEMENTS: "improvement_tally__count",
}


def rankable(people: QuerySet[Person], viewer: Person) -> QuerySet[Person]:
    """The people with the `seen_tally` that is for the viewer: what is hidden moves nobody up for colleagues."""
    audience = Audience.TRUSTED if sees_hidden(viewer) else Audience.COLLEAGUES
    seen = Q(award_tallies__audience__in=[Audience.EVERYBODY, audience])
    return people.annotate(seen_tally=FilteredRelation("award_tallies", condition=seen))


def ordered(people: QuerySet[Person], order: Order, *, backwards: bool = False) -> QuerySet[Person]:
    """Of people who are `rankable`."""
    if order == Order.NAME:
        return people.order_by(*(("-folded", "-pk") if backwards else ("folded", "pk")))
    rank = RANKS[order]
    everybody = people.filter(**{f"{rank}__isnull": False})  # so that the database need not look for others
    return everybody.order_by(*((rank, "-pk") if backwards else (f"-{rank}", "pk")))


def after(people: QuerySet[Person], order: Order, person: Person, viewer: Person) -> QuerySet[Person]:
    """Who comes after a person. The first half alone of the condition is a range of the index."""
    if order == Order.NAME:
        return people.filter(Q(folded__gte=person.folded) & ~Q(folded=person.folded, pk__lte=person.pk))
    rank, value = RANKS[order], _rank(order, person, viewer)
    return people.filter(Q(**{f"{rank}__lte": value}) & ~Q(**{rank: value}, pk__lte=person.pk))


def before(people: QuerySet[Person], order: Order, person: Person, viewer: Person) -> QuerySet[Person]:
    if order == Order.NAME:
        return people.filter(Q(folded__lte=person.folded) & ~Q(folded=person.folded, pk__gte=person.pk))
    rank, value = RANKS[order], _rank(order, person, viewer)
    return people.filter(Q(**{f"{rank}__gte": value}) & ~Q(**{rank: value}, pk__gte=person.pk))


def _rank(order: Order, person: Person, viewer: Person) -> Any:
    return rankable(Person.objects.filter(pk=person.pk), viewer).values_list(RANKS[order], flat=True).get()
