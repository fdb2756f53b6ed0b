"""The orders in which people are listed. Each is total, so that a page can begin after any person of another.

What people are ranked by is read from an index: that of a tally, of people, or of awards by their ends. Equals come by
name, or by their ids where the index has no names. Whoever has no title, place, manager or badge to renew comes last in
either direction, by name.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact, IsNull

from badges.models import Audience, Award, Badge, BadgeState, Origin, Superseding
from badges.querysets import sees_hidden
from boards.held import TO_RENEW
from boards.models import Order
from people.alphabet import Folded
from people.models import Person
from rules.queries import resting_badges

BY_NAME = ("folded", "pk")
KEYS: Mapping[Order, tuple[str, ...]] = {
    Order.NAME: BY_NAME,
    Order.BADGES: ("-rank", "pk"),
    Order.LAST_AWARD: ("-rank", "pk"),
    Order.IMPROVEMENTS: ("-rank", "pk"),
    Order.NEXT_END: ("end_at", "pk"),
    Order.TITLE: ("read", "pk"),
    Order.LOCATION: ("read", "location__pk", *BY_NAME),
    Order.MANAGER: ("manager__folded", "manager__pk", *BY_NAME),
}


@dataclass(frozen=True)
class Stretch:
    """People who come one after the other by these keys, all of which tell them apart."""

    people: QuerySet[Person]
    keys: tuple[str, ...]

    def turned(self) -> "Stretch":
        return Stretch(self.people, tuple(key[1:] if key[0] == "-" else f"-{key}" for key in self.keys))

    def values(self) -> tuple[Any, ...] | None:
        """The keys of the only person, if there is one."""
        found: tuple[Any, ...] | None = self.people.values_list(
            *(F(key.lstrip("-")) for key in self.keys)
        ).first()
        return found

    def beyond(self, values: Sequence[Any]) -> Iterator["Stretch"]:
        """Those who come after these keys: a stretch of equals in all keys but the last, then in fewer and fewer.

        Each is a range of the index; all of them in one condition would be read from the first equal on.
        """
        names = [key.lstrip("-") for key in self.keys]
        for place in reversed(range(len(names))):
            equal = dict(zip(names[:place], values, strict=False))
            later = "lt" if self.keys[place][0] == "-" else "gt"
            further = self.people.filter(**equal, **{f"{names[place]}__{later}": values[place]})
            yield Stretch(further, self.keys[place:])

    def first(self, rows: int) -> list[Person]:
        return list(self.people.order_by(*self.keys)[:rows])


def listed(
    people: QuerySet[Person],
    order: Order,
    viewer: Person,
    rows: int,
    *,
    beside: Person | None = None,
    backwards: bool = False,
) -> list[Person]:
    """So many of people who are `rankable`: the first ones, or those who come next to somebody, nearest first.

    A few queries, whatever the numbers: for each stretch until there are enough, and for the place of who is beside.
    """
    left = stretches(people, order, viewer, backwards=backwards)
    if beside is not None:
        left = _rest(left, beside, order, viewer, backwards)
    found: list[Person] = []
    for stretch in left:
        found += stretch.first(rows - len(found)) if len(found) < rows else []
    return found


def stretches(
    people: QuerySet[Person], order: Order, viewer: Person, *, backwards: bool = False
) -> list[Stretch]:
    having, others = SPLITS[order.head](people, viewer)
    ranked = Stretch(having, KEYS[order.head])
    parts = [ranked.turned() if order.is_turned else ranked]
    parts += [Stretch(others, BY_NAME)] if others is not None else []
    return [part.turned() for part in reversed(parts)] if backwards else parts


def _rest(
    parts: list[Stretch], person: Person, order: Order, viewer: Person, backwards: bool
) -> list[Stretch]:
    """What comes after the person, who need not be among these people."""
    alone = rankable(Person.objects.filter(pk=person.pk), viewer)
    for place, part in enumerate(stretches(alone, order, viewer, backwards=backwards)):
        if values := part.values():
            return [*parts[place].beyond(values), *parts[place + 1 :]]
    return []


# --- what people are ranked by


def rankable(people: QuerySet[Person], viewer: Person) -> QuerySet[Person]:
    """The people with the `seen_tally` that is for the viewer: what is hidden moves nobody up for colleagues."""
    audience = Audience.TRUSTED if sees_hidden(viewer) else Audience.COLLEAGUES
    seen = Q(award_tallies__audience__in=[Audience.EVERYBODY, audience])
    return people.annotate(seen_tally=FilteredRelation("award_tallies", condition=seen))


Split = Callable[[QuerySet[Person], Person], tuple[QuerySet[Person], QuerySet[Person] | None]]


def _all(people: QuerySet[Person], viewer: Person) -> tuple[QuerySet[Person], None]:
    return people, None


def _with(rank: str) -> Split:
    """Everybody has a tally: saying so spares the database the search for others."""
    return lambda people, viewer: (people.filter(**{f"{rank}__isnull": False}).alias(rank=F(rank)), None)


def _by(field: str, **read: Any) -> Split:
    """Whose they are is said of theirs as well, so that the database may read those in their order."""
    return lambda people, viewer: (
        people.filter(**{f"{field}__organization": viewer.organization_id}).alias(**read),
        people.filter(**{field: None}),
    )


def _titled(people: QuerySet[Person], viewer: Person) -> tuple[QuerySet[Person], QuerySet[Person]]:
    people = people.alias(read=Folded("title"))
    return people.filter(read__gt=""), people.filter(read="")


def _ending(people: QuerySet[Person], viewer: Person) -> tuple[QuerySet[Person], QuerySet[Person]]:
    """By the next end as its column shows it: that of the first badge to renew, as far as the viewer sees them.

    The awards are walked by their ends, each beside a look for its person's first. That look is hidden from the
    planner in COALESCE: left to join as it likes, it would find the first end of everybody.
    """
    badges = list(
        Badge.objects.filter(TO_RENEW).exclude(state=BadgeState.WITHDRAWN).values_list("pk", flat=True)
    )
    if not badges:
        return people.none(), people
    known = Q(awards__organization=viewer.organization_id, awards__badge__in=badges)
    known &= Q(awards__ended_at=None, awards__expires_at__isnull=False)
    ending = people.annotate(ending=FilteredRelation("awards", condition=known)).filter(ending__isnull=False)
    ending = ending.alias(end=F("ending"), end_at=F("ending__expires_at"))
    first = _ends(viewer, badges).filter(person=OuterRef("pk")).order_by("expires_at", "pk").values("pk")[:1]
    is_first = Coalesce(Exact(F("end"), Subquery(first)), False, output_field=BooleanField())
    return ending.filter(is_first), people.filter(Coalesce(IsNull(Subquery(first), True), False))


def _ends(viewer: Person, badges: list[int]) -> QuerySet[Award]:
    """Awards with which these badges end and are shown: nothing keeps them on, no pause and nothing that supersedes."""
    standing = Award.objects.standing().listed_to(viewer).order_by()
    ends = standing.filter(expires_at__isnull=False, badge__in=badges)
    others = standing.filter(person=OuterRef("person"))
    later = Q(expires_at=None) | Q(expires_at__gt=OuterRef("expires_at"))
    if resting := list(resting_badges(viewer.organization)):
        stays = Q(origin=Origin.RULE, badge__in=resting)
        ends, later = ends.exclude(stays), later | stays
    ends = ends.filter(~Exists(others.filter(later, badge=OuterRef("badge"))))
    hides = Superseding.objects.filter(lower__in=badges).exclude(badge__state=BadgeState.WITHDRAWN)
    if not hides.exists():
        return ends
    above = hides.filter(lower=OuterRef(OuterRef("badge")))
    return ends.filter(~Exists(others.filter(badge__in=above.values("badge"))))


SPLITS: Mapping[Order, Split] = {
    Order.NAME: _all,
    Order.BADGES: _with("seen_tally__badge_count"),
    Order.LAST_AWARD: _with("seen_tally__latest_at"),
    Order.IMPROVEMENTS: _with("improvement_tally__count"),
    Order.NEXT_END: _ending,
    Order.TITLE: _titled,
    Order.LOCATION: _by("location", read=Folded("location__name")),
    Order.MANAGER: _by("manager"),
}
