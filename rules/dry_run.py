"""Who would stand under a rule that is not saved yet, against who stands now, and over the last two years.

All from one evaluation of the timeline. Nothing is changed.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q

from activity.models import Activity
from activity.months import first_of, last_months, number_of
from badges.models import Award, AwardChange, Badge, EndedWhy, Origin
from badges.settling import Change, Orders, Stored, settle
from badges.settling import Stand as Expected
from people.models import Location, Organization, Person
from people.zones import last_instant
from rules.asking import lapses
from rules.criteria import Rule
from rules.engine import Stand, stands
from rules.grace import with_grace
from rules.models import Policy
from rules.queries import as_if_saved
from rules.signals import who_wants_no_mail

SHOWN = 50
STORED = ("pk", "person", "key", "starts_at", "expires_at", "ended_at", "ended_why", "evidence")
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


def ever_held(months: Iterable[Month]) -> bool:
    return any(month.standing or month.gained for month in months)


@dataclass(frozen=True)
class Place:
    """How many of a location's people would hold it, get it and lose it."""

    name: str
    holding: int
    gaining: int
    losing: int


@dataclass(frozen=True)
class Would:
    """Somebody who would hold a badge under a rule that is not saved yet."""

    person: Person
    key: str
    starts_at: datetime
    ends_at: datetime | None
    evidence: list[Activity]


@dataclass(frozen=True)
class DryRun:
    """Compared with now, whatever holds the badge: a rule or somebody's hand. All in order of name.

    `rows` are the first of those who would hold it, who would get it before the others; `had` what the first of those
    who would lose it hold. `unwanted` are the mails that would go, too, if these people wanted them.
    """

    people: int
    gaining: list[int]
    losing: list[int]
    rows: list[Would]
    had: list[Would]
    mails: int
    unwanted: int
    months: list[Month]
    places: list[Place]

    @property
    def more(self) -> int:
        return self.people - _people_of(self.rows)

    @property
    def more_would_get_it(self) -> bool:
        return len(self.gaining) > SHOWN

    @property
    def more_would_lose_it(self) -> int:
        return len(self.losing) - _people_of(self.had)


def _people_of(rows: Iterable[Would]) -> int:
    return len({row.person.pk for row in rows})


@dataclass(frozen=True)
class Known:
    """What is stored of a badge, of some people: awards by rule, who holds it by hand, and what is or was in grace."""

    by_rule: Mapping[int, list[Stored]]
    by_hand: set[int]
    graces: Mapping[int, list[tuple[datetime, datetime]]]

    @property
    def held_by_rule(self) -> set[int]:
        return {one for one, awards in self.by_rule.items() if any(award.ended is None for award in awards)}


@dataclass
class Tally:
    """What a timeline comes to, added up over as many people at a time as one likes.

    `by_rule` are the awards that stand by the rule, `holding` who holds the badge, by hand or by rule.
    """

    badge: Badge
    rule: Rule
    at: datetime
    standing: Counter[int] = field(default_factory=Counter)
    gained: Counter[int] = field(default_factory=Counter)
    lost: Counter[int] = field(default_factory=Counter)
    by_rule: dict[int, list[Stand]] = field(default_factory=dict)
    holding: set[int] = field(default_factory=set)
    gaining: list[int] = field(default_factory=list)
    losing: list[int] = field(default_factory=list)
    told: dict[int, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        organization = self.badge.organization
        self.firsts = last_months(MONTHS, self.at, organization.time_zone)
        self.ends = [min(month_end(organization, first), self.at) for first in self.firsts]
        self.orders = Orders(
            self.badge, self.at, 0, repeatable=self.rule.repeatable, lapses=lapses(self.rule)
        )

    def add(self, timeline: Iterable[Stand], known: Known) -> None:
        by_person = defaultdict(list)
        for stand in timeline:
            by_person[stand.person].append(stand)
        for person, its in by_person.items():
            self._add_months(its)
            now = [stand for stand in its if stand.ends is None or stand.ends > self.at]
            if now:
                self.by_rule[person] = now
        after = known.by_hand | {person for person in by_person if person in self.by_rule}
        before = known.by_hand | known.held_by_rule
        self.holding |= after
        self.gaining += sorted(after - before)
        self.losing += sorted(before - after)
        asked = by_person.keys() | known.by_rule.keys()
        news = {one: self._news(one, by_person.get(one, ()), known) for one in asked}
        self.told |= {person: kinds for person, kinds in news.items() if kinds}

    def _news(self, person: int, stands: Iterable[Stand], known: Known) -> set[str]:
        """Of what sorts there is news for them, once the stored awards are those of the timeline."""
        timeline = [Expected(**vars(stand)) for stand in stands]
        changes = settle(self.orders, timeline, known.by_rule.get(person, []))
        return {
            "lost" if change.change == AwardChange.ENDED else "earned"
            for change in changes
            if change.to_tell and self._is_news(change, known)
        }

    def _is_news(self, change: Change, known: Known) -> bool:
        """No loss while the badge stands all the same; and what begins in the grace of what it follows was kept."""
        award = change.award
        if change.change == AwardChange.ENDED:
            return bool(award.key) or award.person not in self.holding
        graces = known.graces.get(award.person, ())
        return not any(ended <= award.starts <= until for ended, until in graces)

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

    def mails(self) -> tuple[int, int]:
        """If people are told: one a person, to those who can be written to; and to how many of them who want none."""
        told = Person.objects.filter(organization=self.badge.organization_id, pk__in=self.told, left_on=None)
        reached = set(told.exclude(email="", user=None).values_list("pk", flat=True))
        news = {person: self.told[person] for person in reached}
        unwanted = who_wants_no_mail(self.badge.organization, news)
        return len(reached - unwanted), len(reached & unwanted)

    def names(self, some: Iterable[int]) -> list[int]:
        """In order of name."""
        people = Person.objects.filter(organization=self.badge.organization_id, pk__in=list(some))
        return list(people.order_by("name", "pk").values_list("pk", flat=True))

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


def month_end(organization: Organization, first: date) -> datetime:
    following = first_of(number_of(first) + 1)
    return last_instant(following - timedelta(days=1), organization.time_zone)


def dry_run(
    *, badge: Badge, definition: Mapping[str, Any], at: datetime, policy: str = Policy.RECHECK
) -> DryRun:
    """Raises `criteria.Invalid`."""
    book, rule, question = as_if_saved(badge.organization, definition, at, policy)
    tally = Tally(badge, rule, at)
    tally.add(stands(rule, book.rules, question), known_of(badge))
    gaining, losing = tally.names(tally.gaining), tally.names(tally.losing)
    others = tally.names(tally.holding - set(gaining)) if len(gaining) < SHOWN else []
    shown = [*gaining, *others][:SHOWN]
    mails, unwanted = tally.mails()
    return DryRun(
        people=len(tally.holding),
        gaining=gaining,
        losing=losing,
        rows=in_full(tally, shown),
        had=stored_awards(badge, losing[:SHOWN], at),
        mails=mails,
        unwanted=unwanted,
        months=tally.months(),
        places=tally.places(),
    )


def known_of(badge: Badge, people: Iterable[int] | None = None) -> Known:
    awards = Award.objects.filter(organization=badge.organization_id, badge=badge)
    if people is not None:
        awards = awards.filter(person__in=list(people))
    by_rule, graces = defaultdict(list), defaultdict(list)
    own = awards.filter(origin=Origin.RULE).exclude(ended_why=EndedWhy.MERGED)
    for pk, person, key, starts, expires, ended, why, evidence in own.values_list(*STORED):
        award = Stored(pk, person, key, starts, expires, ended, why, tuple(evidence))
        by_rule[person].append(award)
    for over in with_grace(awards, badge.organization):
        graces[over.person_id].append((over.ended_at, over.kept_until))
    by_hand = awards.standing().filter(origin=Origin.HAND).values_list("person", flat=True)
    return Known(by_rule, set(by_hand), graces)


def would_be_given(
    *, badge: Badge, definition: Mapping[str, Any], at: datetime, policy: str, people: Sequence[int]
) -> list[Would]:
    """What a dry run of then counted for some people. Raises `criteria.Invalid`."""
    book, rule, question = as_if_saved(badge.organization, definition, at, policy)
    tally = Tally(badge, rule, at)
    tally.add(stands(rule, book.rules, replace(question, people=tuple(people))), known_of(badge, people))
    return in_full(tally, people)


def in_full(tally: Tally, shown: Sequence[int]) -> list[Would]:
    """What people would hold by the timeline, in their order; else what they hold by hand."""
    badge, timeline = tally.badge, tally.by_rule
    by_hand = defaultdict(list)
    for row in stored_awards(badge, [pk for pk in shown if pk not in timeline], tally.at):
        by_hand[row.person.pk].append(row)
    people = Person.objects.filter(organization=badge.organization_id).in_bulk(timeline.keys() & set(shown))
    ledger = _ledger(badge, (one for pk in people for stand in timeline[pk] for one in stand.evidence))
    return [
        row
        for pk in shown
        for row in (
            [
                Would(people[pk], s.key, s.starts, s.ends, [ledger[activity] for activity in s.evidence])
                for s in timeline[pk]
            ]
            if pk in people
            else by_hand[pk]
        )
    ]


def stored_awards(badge: Badge, people: Sequence[int], at: datetime) -> list[Would]:
    """What people held then, as it is stored; in their order."""
    found = Award.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=at), organization=badge.organization_id, badge=badge,
        person__in=people, starts_at__lte=at,
    )  # fmt: skip
    awards = list(found.select_related("person").order_by("starts_at", "pk"))
    ledger = _ledger(badge, (activity for award in awards for activity in award.evidence))
    rows = [
        Would(
            award.person, award.key, award.starts_at, award.expires_at,
            [ledger[activity] for activity in award.evidence if activity in ledger],
        )
        for award in awards
    ]  # fmt: skip
    place = {pk: i for i, pk in enumerate(people)}
    return sorted(rows, key=lambda row: place[row.person.pk])


def _ledger(badge: Badge, ids: Iterable[int]) -> dict[int, Activity]:
    found = Activity.objects.filter(organization=badge.organization_id).select_related("kind", "item")
    ledger: dict[int, Activity] = found.in_bulk(set(ids))
    return ledger
