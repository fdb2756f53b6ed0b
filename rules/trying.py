"""A rule tried on one person, in force or not: clause by clause what is there and what is missing, and its timeline."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from activity.models import Activity
from badges.models import Badge
from people.clock import now
from people.models import Person
from rules.clauses import Clause, clauses_of, kept_by
from rules.criteria import Rule
from rules.engine import Question, stands
from rules.engine.basis import held_for
from rules.models import Policy
from rules.queries import Book, as_if_saved, as_it_stands


@dataclass(frozen=True)
class Time:
    """One award of the timeline, `ends_at` None for good; what it rests on are activities and the names of badges."""

    starts_at: datetime
    ends_at: datetime | None
    is_over: bool
    activities: list[Activity]
    held: list[str]


@dataclass(frozen=True)
class Tried:
    """`keeping` is what else has to be so that it is kept, if anything."""

    person: Person
    holds: bool
    clauses: list[Clause]
    keeping: Clause | None
    times: list[Time]

    @property
    def is_kept_from_before(self) -> bool:
        """By an earlier version of the rule, say, or for good."""
        return self.holds and not all(clause.is_met for clause in self.clauses)

    @property
    def takes_one_more(self) -> bool:
        """Several conditions are met together, but what they earned has ended since."""
        if self.holds or not self.times:
            return False
        return bool(self.clauses[-1].parts) and all(clause.is_met for clause in self.clauses)


def try_on(
    *,
    person: Person,
    badge: Badge,
    definition: Mapping[str, Any],
    policy: str = Policy.RECHECK,
    at: datetime | None = None,
) -> Tried:
    """As though the rule were saved now, or at an instant; raises `criteria.Invalid`."""
    at = at or now()
    asking = as_if_saved(badge.organization, {**definition, "id": badge.slug}, at, policy)
    return _try(person, badge, asking, at)


def try_as_it_stands(*, person: Person, badge: Badge) -> Tried | None:
    """By the rule's versions; None where it has none."""
    at = now()
    asking = as_it_stands(badge, at)
    return _try(person, badge, asking, at) if asking else None


def _try(person: Person, badge: Badge, asking: tuple[Book, Rule, Question], at: datetime) -> Tried:
    book, rule, question = asking
    some = replace(question, people=(person.pk,))
    timeline = stands(rule, book.rules, some)
    holds = any(stand.ends is None or stand.ends > at for stand in timeline)
    behind = held_for(rule, book.rules, some, [(person.pk, stand.starts) for stand in timeline])
    names = dict(Badge.objects.filter(organization=badge.organization_id).values_list("slug", "name"))
    ids = {activity for stand in timeline for activity in stand.evidence}
    ledger = (
        Activity.objects.filter(organization=badge.organization_id)
        .select_related("kind", "item")
        .in_bulk(ids)
    )
    times = [
        Time(
            stand.starts,
            stand.ends,
            stand.ends is not None and stand.ends <= at,
            [ledger[activity] for activity in stand.evidence],
            [names[slug] for slug, _ in behind.get((person.pk, stand.starts), [])],
        )
        for stand in reversed(timeline)
    ]
    found = clauses_of(person, rule, book, at, is_held=holds)
    return Tried(person, holds, found, kept_by(person, rule, book, at), times)
