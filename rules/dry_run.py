"""Who would stand under a rule that is not saved yet, against who stands now. Nothing is changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badges.models import Award, Badge, Origin
from badges.reconciliation import NEWS
from people.models import Person
from rules.models import Policy
from rules.queries import Would, would_stand

SHOWN = 50


@dataclass(frozen=True)
class DryRun:
    """`rows` are the first of those who would hold it; `gaining` and `losing`: compared with now."""

    people: int
    rows: list[Would]
    gaining: list[Person]
    losing: list[Person]
    gaining_ids: frozenset[int]
    mails: int

    @property
    def more(self) -> int:
        return self.people - len({row.person.pk for row in self.rows})


def dry_run(
    *, badge: Badge, definition: Mapping[str, Any], at: datetime, policy: str = Policy.RECHECK
) -> DryRun:
    """Raises `criteria.Invalid`. `mails` go out if people are told: for what is news, and what is lost."""
    would = would_stand(organization=badge.organization, definition=definition, as_of=at, policy=policy)
    would.sort(key=lambda row: (row.person.name, row.person.pk, row.starts_at))
    people = {row.person.pk: row.person for row in would}
    standing = Award.objects.standing().filter(badge=badge, origin=Origin.RULE)
    held = set(standing.values_list("person", flat=True))
    gaining = {pk: person for pk, person in people.items() if pk not in held}
    losing = list(Person.objects.filter(pk__in=held - people.keys()).order_by("name", "pk"))
    news = {row.person.pk for row in would if row.person.pk in gaining and row.starts_at > at - NEWS}
    return DryRun(
        people=len(people),
        rows=[row for row in would if row.person.pk in set(list(people)[:SHOWN])],
        gaining=list(gaining.values()),
        losing=losing,
        gaining_ids=frozenset(gaining),
        mails=len(news) * badge.tells_on_grant + len(losing) * badge.tells_on_loss,
    )
