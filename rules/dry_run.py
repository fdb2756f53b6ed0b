"""Who would stand under a rule that is not saved yet, against who stands now, and over the last two years.

All from one evaluation of the timeline. Nothing is changed.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from activity.models import Activity
from badges.models import Award, Badge, Origin
from badges.reconciliation import NEWS
from people.models import Location, Organization, Person
from rules.engine import Stand, stands
from rules.holdings import last_instant
from rules.models import Policy
from rules.queries import Would, as_if_saved

SHOWN = 50
MONTHS = 24


@dataclass(frozen=True)
class Month:
    """How many people stood at its end (or now), and how many awards began and ended in it."""

    first: date
    standing: int
    gained: int
    lost: int
    height: float = 0
    depth: float = 0


@dataclass(frozen=True)
class Place:
    """How many of a location's people would hold it, get it and lose it."""

    name: str
    holding: int
    gaining: int
    losing: int


@dataclass(frozen=True)
class DryRun:
    """`rows` are the first of those who would hold it; `gaining` and `losing`: compared with now."""

    people: int
    rows: list[Would]
    gaining: list[Person]
    losing: list[Person]
    gaining_ids: frozenset[int]
    mails: int
    months: list[Month]
    places: list[Place]

    @property
    def more(self) -> int:
        return self.people - len({row.person.pk for row in self.rows})


@dataclass
class Tally:
    """What a timeline comes to, added up over as many people at a time as one likes."""

    badge: Badge
    at: datetime
    standing: Counter[int] = field(default_factory=Counter)
    gained: Counter[int] = field(default_factory=Counter)
    lost: Counter[int] = field(default_factory=Counter)
    holding: dict[int, list[Stand]] = field(default_factory=dict)
    gaining: list[int] = field(default_factory=list)
    losing: list[int] = field(default_factory=list)
    news: int = 0

    def __post_init__(self) -> None:
        organization = self.badge.organization
        self.firsts = last_months(self.at.astimezone(organization.time_zone).date(), MONTHS)
        self.ends = [min(month_end(organization, first), self.at) for first in self.firsts]

    def add(self, timeline: Iterable[Stand], held: set[int]) -> None:
        """`held` are those of the same people who hold it now by rule."""
        by_person = defaultdict(list)
        for stand in timeline:
            by_person[stand.person].append(stand)
        for person, its in by_person.items():
            self._add_months(its)
            now = [stand for stand in its if stand.ends is None or stand.ends > self.at]
            if now:
                self.holding[person] = now
        gaining = [person for person in by_person if person in self.holding and person not in held]
        self.gaining += gaining
        self.losing += sorted(held - self.holding.keys())
        self.news += sum(any(s.starts > self.at - NEWS for s in self.holding[one]) for one in gaining)

    def _add_months(self, its: Iterable[Stand]) -> None:
        months: set[int] = set()
        for stand in its:
            first = bisect_left(self.ends, stand.starts)
            last = bisect_left(self.ends, stand.ends) if stand.ends else len(self.ends)
            months.update(range(first, last))
            self._count(self.gained, stand.starts)
            if stand.ends is not None and stand.ends <= self.at:
                self._count(self.lost, stand.ends)
        self.standing.update(months)

    def _count(self, counter: Counter[int], at: datetime) -> None:
        day = at.astimezone(self.badge.organization.time_zone).date()
        month = bisect_right(self.firsts, day) - 1
        if month >= 0:
            counter[month] += 1

    @property
    def mails(self) -> int:
        """If people are told: for what is news, and what is lost."""
        return self.news * self.badge.tells_on_grant + len(self.losing) * self.badge.tells_on_loss

    def months(self) -> list[Month]:
        top = max([1, *self.standing.values()])
        deep = max([1, *self.lost.values()])
        return [
            Month(
                first, self.standing[i], self.gained[i], self.lost[i],
                84 * self.standing[i] / top, 66 * self.lost[i] / deep,
            )
            for i, first in enumerate(self.firsts)
        ]  # fmt: skip

    def places(self) -> list[Place]:
        """By where people work now; those with most at stake first."""
        ids = {*self.holding, *self.losing}
        where = dict(Person.objects.filter(pk__in=ids).values_list("pk", "location"))
        names = dict(Location.objects.filter(pk__in=set(where.values())).values_list("pk", "name"))
        counted = [
            Counter(where.get(person) for person in some)
            for some in (self.holding, self.gaining, self.losing)
        ]
        found = [
            Place(names[place] if place else "No location", *(counter[place] for counter in counted))
            for place in set().union(*counted)
        ]
        return sorted(found, key=lambda one: (-one.gaining - one.losing, -one.holding, one.name))


def last_months(today: date, count: int) -> list[date]:
    number = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(number - count + 1, number + 1)]


def month_end(organization: Organization, first: date) -> datetime:
    number = first.year * 12 + first.month
    return last_instant(
        organization, date.fromordinal(date(number // 12, number % 12 + 1, 1).toordinal() - 1)
    )


def dry_run(
    *, badge: Badge, definition: Mapping[str, Any], at: datetime, policy: str = Policy.RECHECK
) -> DryRun:
    """Raises `criteria.Invalid`."""
    book, rule, question = as_if_saved(badge.organization, definition, at, policy)
    tally = Tally(badge, at)
    tally.add(stands(rule, book.rules, question), held_by_rule(badge))
    people = Person.objects.filter(organization=badge.organization_id).in_bulk(
        {*tally.holding, *tally.losing}
    )
    gaining = frozenset(tally.gaining)
    in_order = sorted(tally.holding, key=lambda pk: (people[pk].name, pk))
    return DryRun(
        people=len(tally.holding),
        rows=_rows(tally, people, in_order[:SHOWN]),
        gaining=[people[pk] for pk in in_order if pk in gaining],
        losing=sorted((people[pk] for pk in tally.losing), key=lambda person: (person.name, person.pk)),
        gaining_ids=gaining,
        mails=tally.mails,
        months=tally.months(),
        places=tally.places(),
    )


def held_by_rule(badge: Badge, people: Iterable[int] | None = None) -> set[int]:
    standing = Award.objects.standing().filter(badge=badge, origin=Origin.RULE)
    if people is not None:
        standing = standing.filter(person__in=list(people))
    return set(standing.values_list("person", flat=True))


def _rows(tally: Tally, people: Mapping[int, Person], shown: Iterable[int]) -> list[Would]:
    its = [(people[pk], stand) for pk in shown for stand in tally.holding[pk]]
    ids = {activity for _, stand in its for activity in stand.evidence}
    ledger = Activity.objects.filter(organization=tally.badge.organization_id)
    found = ledger.select_related("kind", "item").in_bulk(ids)
    return [
        Would(person, s.key, s.starts, s.ends, [found[activity] for activity in s.evidence])
        for person, s in its
    ]
