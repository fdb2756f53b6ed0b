"""What the product does all day: activities recorded and evaluated, one person asked, everybody, what is due."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import connection

from activity.actions import Delivery, record_activities
from badges.counts import recount_badges
from badges.defining import create_badge
from badges.endings import write_what_is_told
from badges.expiry import end_due_awards
from benchmarks.data import KINDS, NOW, Size, tidy
from benchmarks.meter import Cost, cost
from benchmarks.thirty import rules
from people.models import Organization
from people.tenancy import tenant
from rules.actions import evaluate_pending, evaluate_people, reconcile_everything, save_rule
from rules.models import Rule, Tally

BATCH = 1_000


def put_in_force(organization: Organization) -> None:
    with tenant(organization):
        for slug, definition in rules().items():
            badge = create_badge(
                organization=organization, by=None, slug=slug, name=slug, description="Measured.", mode="rule"
            )
            save_rule(badge=badge, definition=definition, by=None)


def whole_passes(organization: Organization, superuser: str) -> tuple[Cost, Cost]:
    """The first back-fill of all rules, and the nightly pass after it, which finds nothing to do."""
    first = cost(lambda: reconcile_everything(organization=organization))
    tidy(superuser)
    return first, cost(lambda: reconcile_everything(organization=organization))


# ---- live
def live(organization: Organization, size: Size, batches: int) -> tuple[Cost, Cost, Cost]:
    """Batches inserted alone; inserted by `record_activities`; and recorded with every award they change."""
    dice = random.Random(7)
    made = [_deliveries(dice, size, number) for number in range(3 * batches)]
    _expect_so_much(organization)
    alone = _sum(partial(_insert, organization, some) for some in made[:batches])
    recorded = _sum(partial(_record, organization, some) for some in made[batches : 2 * batches])
    evaluate_pending(organization=organization)
    both = _sum(partial(_record_and_evaluate, organization, some) for some in made[2 * batches :])
    return alone, recorded, both


def _expect_so_much(organization: Organization) -> None:
    """So much within minutes is a flood, and a rule that gives ten times its usual is paused: none may be here."""
    day = NOW.astimezone(organization.time_zone).date()
    with tenant(organization):
        Tally.objects.bulk_create(
            Tally(organization=organization, rule=rule, day=day, given=0, most=1_000_000)
            for rule in Rule.objects.filter(organization=organization)
        )


def _sum(works: Iterable[Callable[[], None]]) -> Cost:
    return sum(map(cost, works), Cost())


def _deliveries(dice: random.Random, size: Size, number: int) -> list[Delivery]:
    """People by how much they did before, in the minutes after the data ends."""
    return [
        Delivery(
            person_external_id=f"P{1 + int(size.people * dice.random() ** 2.5)}",
            kind=dice.choices([*KINDS], [*KINDS.values()])[0],
            occurred_at=NOW - timedelta(minutes=600 - number, microseconds=-row),
            external_id=f"live/{number:05}/{row:05}",
            value=round(1000 * dice.random(), 2),  # type: ignore[arg-type]
        )
        for row in range(BATCH)
    ]


INSERT = """
INSERT INTO activity_activity (organization_id, person_id, kind_id, role, occurred_at, recorded_at, value, attributes,
    subject, source_id, external_id)
SELECT %(organization)s, unnest(%(person)s::bigint[]), unnest(%(kind)s::bigint[]), 'author',
    unnest(%(at)s::timestamptz[]), %(now)s, unnest(%(value)s::numeric[]), '{}', '', 1, unnest(%(external_id)s::text[])
ON CONFLICT (organization_id, source_id, external_id) DO NOTHING
"""


def _insert(organization: Organization, deliveries: Sequence[Delivery]) -> None:
    """The same rows by ids that are known already, in a transaction of their own."""
    kinds = {name: number for number, name in enumerate(KINDS, 1)}
    values: dict[str, Any] = {
        "organization": organization.pk,
        "now": NOW,
        "person": [int(one.person_external_id[1:]) for one in deliveries],
        "kind": [kinds[one.kind] for one in deliveries],
        "at": [one.occurred_at for one in deliveries],
        "value": [one.value for one in deliveries],
        "external_id": [one.external_id for one in deliveries],
    }
    with tenant(organization), connection.cursor() as cursor:
        cursor.execute(INSERT, values)


def _record(organization: Organization, deliveries: Sequence[Delivery]) -> None:
    with tenant(organization):
        record_activities(organization=organization, source="bench", deliveries=deliveries)


def _record_and_evaluate(organization: Organization, deliveries: Sequence[Delivery]) -> None:
    _record(organization, deliveries)
    evaluate_pending(organization=organization)


# ---- one person
def one_by_one(organization: Organization, size: Size, people: int) -> list[Cost]:
    """All thirty rules about one person, as after a change of settings: nothing may be skipped."""
    dice = random.Random(11)
    chosen = [dice.randrange(1, size.people + 1) for _ in range(people)]
    asked = (partial(evaluate_people, organization=organization, person_ids=[one]) for one in chosen)
    return [cost(work) for work in asked]


# ---- what is due
AWARDS = """
INSERT INTO badges_award (organization_id, badge_id, person_id, origin, key, starts_at, expires_at, ended_why, evidence,
    reason, end_reason, recorded_at)
SELECT %(organization)s, %(badge)s, 1 + i %% %(people)s, 'hand', (i / %(people)s)::text, %(now)s - interval '1 year',
    %(now)s - interval '1 hour' + i * interval '1 millisecond', '', '{}', '', '', %(now)s - interval '1 year'
FROM generate_series(0, %(due)s - 1) i
"""
UPDATE = """
UPDATE badges_award SET ended_at = expires_at, ended_why = 'expired'
WHERE organization_id = %(organization)s AND badge_id = %(badge)s AND ended_at IS NULL AND expires_at <= %(now)s
"""


TALLIES = """
UPDATE badges_awardtally SET badge_count = badge_count + 1
WHERE organization_id = %(organization)s AND person_id <= (
    SELECT max(person_id) FROM badges_award WHERE organization_id = %(organization)s AND badge_id = %(badge)s)
"""


@dataclass(frozen=True)
class Expiry:
    """What must be written, each by one bare statement: awards and people's tallies. What Lapel does; and the events
    of those that are told, written when they are."""

    update: Cost
    tallies: Cost
    lapel: Cost
    told: Cost

    @property
    def writes(self) -> Cost:
        return self.update + self.tallies


def expiry(organization: Organization, size: Size, due: int, superuser: str) -> Expiry:
    """So many awards ended by bare statements, and as many others as Lapel does."""
    values = {"organization": organization.pk, "people": size.people, "now": NOW, "due": due}
    bare = values | {"badge": _due_awards(organization, "bare", values)}
    tidy(superuser)
    update, tallies = (cost(partial(_execute, organization, text, bare)) for text in (UPDATE, TALLIES))
    _due_awards(organization, "swept", values)
    tidy(superuser)
    lapel = cost(lambda: end_due_awards(organization=organization, now=NOW))
    told = cost(lambda: write_what_is_told(organization=organization))
    return Expiry(update, tallies, lapel, told)


def _due_awards(organization: Organization, slug: str, values: dict[str, Any]) -> int:
    with tenant(organization):
        badge = create_badge(
            organization=organization, by=None, slug=slug, name=slug, description="Measured.", mode="hand"
        )
    _execute(organization, AWARDS, values | {"badge": badge.pk})
    with tenant(organization):
        recount_badges(organization.pk, range(1, values["people"] + 1))
    return badge.pk


def _execute(organization: Organization, statement: str, values: dict[str, Any]) -> None:
    with tenant(organization), connection.cursor() as cursor:
        cursor.execute(statement, values)
