"""The orders in which people are listed. Each is total, so that a page can begin after any person of another.

All but the name rank people from the highest down, those without anything last, and equals by their ids.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from activity.models import Activity
from badges.models import Award, BadgeState
from boards.deeds import SUBMITTED
from boards.models import Order
from boards.months import last_twelve, month_start
from people.clock import now
from people.models import Person

NEVER = datetime(1, 1, 1, tzinfo=UTC)
FORWARDS, BACKWARDS = ("-rank", "pk"), ("rank", "-pk")


def _latest_award() -> Any:
    standing = Award.objects.standing().exclude(badge__state=BadgeState.WITHDRAWN)
    of_theirs = standing.filter(person=OuterRef("pk")).order_by("-starts_at")
    return Coalesce(Subquery(of_theirs.values("starts_at")[:1]), Value(NEVER))


def _improvements() -> Any:
    """Those of the last twelve months, as the column shows them; local times are the organization's."""
    zone: Any = timezone.get_current_timezone()
    since = month_start(last_twelve(now(), zone)[0], zone)
    submitted = Activity.objects.counting().filter(kind__name=SUBMITTED, occurred_at__range=(since, now()))
    of_theirs = submitted.filter(person=OuterRef("pk")).order_by().values("person")
    return Coalesce(Subquery(of_theirs.values(count=Count("pk"))), Value(0))


RANKS: Mapping[Order, Callable[[], Any]] = {
    Order.BADGES: lambda: F("badge_count"),
    Order.LAST_AWARD: _latest_award,
    Order.IMPROVEMENTS: _improvements,
}


def ordered(people: QuerySet[Person], order: Order, *, backwards: bool = False) -> QuerySet[Person]:
    if order == Order.NAME:
        return people.order_by(*(("-folded", "-pk") if backwards else ("folded", "pk")))
    return people.alias(rank=RANKS[order]()).order_by(*(BACKWARDS if backwards else FORWARDS))


def after(people: QuerySet[Person], order: Order, person: Person) -> QuerySet[Person]:
    """Who comes after a person. The first half alone of the condition is a range of the index."""
    if order == Order.NAME:
        return people.filter(Q(folded__gte=person.folded) & ~Q(folded=person.folded, pk__lte=person.pk))
    rank = _rank(order, person)
    return people.alias(rank=RANKS[order]()).filter(Q(rank__lte=rank) & ~Q(rank=rank, pk__lte=person.pk))


def before(people: QuerySet[Person], order: Order, person: Person) -> QuerySet[Person]:
    if order == Order.NAME:
        return people.filter(Q(folded__lte=person.folded) & ~Q(folded=person.folded, pk__gte=person.pk))
    rank = _rank(order, person)
    return people.alias(rank=RANKS[order]()).filter(Q(rank__gte=rank) & ~Q(rank=rank, pk__gte=person.pk))


def _rank(order: Order, person: Person) -> Any:
    if order == Order.BADGES:
        return person.badge_count
    ranked = Person.objects.filter(pk=person.pk).annotate(rank=RANKS[order]())
    return ranked.values_list("rank", flat=True).get()
