"""A rule that suddenly gives ten times its usual is stopped before it does, and paused for somebody to look.

What counts is what happens now: awards that began within a day, one after another as activities arrive or time passes.
Back-fills, re-checks and imports, which somebody asked for, do not. What is usual is read off the record: how many of
the rule's awards began on each of the four weeks before. A rule that gave nothing before that has no usual. What a day
may bring is worked out once that day, and again before anything is refused.

A batch of people is one transaction, so nothing of a flood is written, told or forgotten in the queue: the batch is
undone, the rule paused, and the batch done again without it. Of two workers the later waits for the other's tally.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from badges.reconciliation import Changes
from badges.settling import JUST_NOW
from people.audit import note_for
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions_trials import is_small, request_trial
from rules.models import DryRun, Flood, Policy, Rule, RuleState, Tally
from rules.queries import Book
from rules.signals import announce_flood
from rules.waking import wake_holding

TIMES = 10
FEWEST = 30  # a day; fewer are never a flood
DAYS = 28
DAY = timedelta(days=1)

TALLY = """
INSERT INTO rules_tally AS t (organization_id, rule_id, day, given, allowed)
SELECT %(organization)s, g.rule, %(day)s, g.number, false
FROM unnest(%(rules)s::bigint[], %(numbers)s::int[]) AS g(rule, number) ORDER BY g.rule
ON CONFLICT (organization_id, rule_id, day) DO UPDATE SET given = t.given + excluded.given
RETURNING rule_id, given, allowed OR given <= greatest(most, %(fewest)s)
"""
USUAL = """
SELECT coalesce(array_agg(day), '{}'), coalesce(array_agg(n), '{}'), EXISTS (
    SELECT FROM badges_award WHERE organization_id = %(organization)s AND badge_id = %(badge)s AND origin = 'rule'
    AND starts_at < %(first)s)
FROM (SELECT (starts_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS n FROM badges_award
      WHERE organization_id = %(organization)s AND badge_id = %(badge)s AND origin = 'rule'
        AND starts_at >= %(first)s AND starts_at <= %(since)s
      GROUP BY 1) d
"""
NOTE_MOST = """
UPDATE rules_tally SET most = %(most)s WHERE organization_id = %(organization)s AND rule_id = %(rule)s AND day = %(day)s
"""
NO_LIMIT = 2**31 - 1


@dataclass
class Flooded(Exception):
    """A rule was about to give too much; whoever sees it undoes what it did."""

    rule_id: int
    day: date
    given: int
    usual: float
    most: int
    days: list[int]


def refuse_flood(book: Book, at: datetime, changes: Changes, *, but: Collection[int] = ()) -> None:
    """Note what was given, to others than these people; raises `Flooded`. At the end of a transaction."""
    rules = {row.badge_id: row for row in book.rows.values()}
    given = Counter(rules[badge].pk for badge, person in changes.begun if person not in but)
    if not given:
        return
    rows = {row.pk: row for row in rules.values()}
    day = at.astimezone(next(iter(rows.values())).badge.organization.time_zone).date()
    values: dict[str, Any] = {
        "organization": book.ground.organization_id,
        "zone": book.ground.zone,
        "rules": [*given],
        "numbers": [*given.values()],
        "day": day,
        "fewest": FEWEST,
        "since": at - JUST_NOW,
        "first": at - JUST_NOW - DAYS * DAY,
    }
    with connection.cursor() as cursor:
        cursor.execute(TALLY, values)
        noted = cursor.fetchall()
    for rule_id, total, is_usual in noted:
        if not is_usual:
            _look_closer(rows[rule_id], total, day, values)


def _look_closer(rule: Rule, given: int, day: date, values: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(USUAL, {**values, "badge": rule.badge_id})
        days, numbers, is_known = cursor.fetchone()
        usual = sum(numbers) / DAYS
        most = max(FEWEST, round(TIMES * usual), 2 * max(numbers, default=0)) if is_known else NO_LIMIT
        if given > most:
            began = dict(zip(days, numbers, strict=True))
            before = [began.get(day - timedelta(days=ago), 0) for ago in range(DAYS, 0, -1)]
            raise Flooded(rule.pk, day, given, usual, most, before)
        cursor.execute(NOTE_MOST, {**values, "rule": rule.pk, "most": most})


def watched(organization: Organization, work: Callable[[Organization], int]) -> int:
    """Do a batch; where a rule floods, once more without it."""
    while True:
        try:
            return work(organization)
        except Flooded as flood:
            pause_flooded(organization=organization, flood=flood)


def pause_flooded(*, organization: Organization, flood: Flooded) -> None:
    """Pause the rule for somebody to look; does nothing where that was done meanwhile."""
    with tenant(organization):
        rule = Rule.objects.select_for_update(no_key=True).select_related("badge").get(pk=flood.rule_id)
        if rule.state != RuleState.ACTIVE:
            return
        rule.state = RuleState.PAUSED
        rule.save(update_fields=["state"])
        wake_holding(badge=rule.badge)
        Flood.objects.create(
            organization=organization,
            rule=rule,
            day=flood.day,
            stopped_at=now(),
            given=flood.given,
            usual=flood.usual,
            most=flood.most,
            days=flood.days,
            to_tell=True,
            trial=None if is_small(organization) else _who_would_get_it(rule),
        )
        details = {"badge": rule.badge_id, "given": flood.given, "usual": round(flood.usual, 2)}
        note_for(organization, None, "rule.held_back", rule.badge.name, **details)
        announce_flood(organization.pk)


def _who_would_get_it(rule: Rule) -> DryRun:
    """By the versions in force, as they stand: kept on saving again as on going on."""
    definition = rule.versions.get(number=rule.current).definition
    return request_trial(badge=rule.badge, definition=definition, policy=Policy.KEEP, by=None)


def let_flood_pass(*, rule: Rule, by: Person | None) -> bool:
    """It is right: on the flood's day and today the rule may give as much. False: there was none to look at."""
    found = Flood.objects.filter(rule=rule, decided_at=None).first()
    if found is None:
        return False
    found.decided_at, found.decided_by, found.to_tell = now(), by, True
    found.save(update_fields=["decided_at", "decided_by", "to_tell"])
    announce_flood(rule.organization_id)
    today = now().astimezone(rule.badge.organization.time_zone).date()
    for day in {found.day, today}:
        Tally.objects.update_or_create(
            organization_id=rule.organization_id,
            rule=rule,
            day=day,
            defaults={"allowed": True},
            create_defaults={"allowed": True, "given": 0},
        )
    return True
