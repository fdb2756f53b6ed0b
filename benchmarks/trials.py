"""Rules tried on everybody before they are saved, as a worker does it, beside their timelines in one statement."""

from collections.abc import Iterator
from typing import Any

from badges.defining import create_badge
from badges.models import Badge
from benchmarks.cases import cases
from benchmarks.data import NOW
from benchmarks.everyone import seconds
from benchmarks.meter import Cost, cost
from people.models import Organization
from people.tenancy import tenant
from people.zones import local_time
from rules.actions import reconcile_rule, save_rule
from rules.actions_trials import carry_out_trial, request_trial
from rules.criteria import parse
from rules.engine import Question, ground, timeline
from rules.models import DryRun, DryRunState, Policy

TRIED = (
    "count ≥3 in 7 days, permanent",
    "count ≥1 ever, expires after 3 months",
    "sum in 30 days, permanent",
    "streak of 4 weeks, while ≥2 in 1 month",
    "all of count, burst, tenure, while ≥2 in 1 month",
    "each month with 5, repeatable",
)


def tried(organization: Organization) -> Iterator[tuple[str, float, Cost]]:
    """By name: backend seconds of the timeline with its evidence, and the dry run for a new badge."""
    for i, case in enumerate(case for case in cases() if case.name in TRIED):
        with tenant(organization):
            there = ground(organization)
            with local_time(there.zone):
                bare = seconds(timeline(parse(case.rule), {}, Question(there, NOW)), evidence=True)
            badge = _badge(organization, f"tried-{i}")
        yield case.name, bare, _trial(badge, case.rule)


def changed(organization: Organization) -> Cost:
    """The dry run of a change, by every policy: four in seven days, where three are in force."""
    three = next(case for case in cases() if case.name == TRIED[0])
    with tenant(organization):
        badge = _badge(organization, "changed")
        rule = save_rule(badge=badge, definition=three.rule, by=None)
    reconcile_rule(rule=rule)
    return _trial(badge, {**three.rule, "criterion": {**three.criterion, "at_least": 4}})


def _badge(organization: Organization, slug: str) -> Badge:
    return create_badge(
        organization=organization, by=None, slug=slug, name=slug, description="Measured.", mode="rule"
    )


def _trial(badge: Badge, rule: dict[str, Any]) -> Cost:
    organization = badge.organization
    with tenant(organization):
        trial = request_trial(badge=badge, definition=rule, policy=Policy.RECHECK, by=None)
    taken = cost(lambda: carry_out_trial(organization=organization, trial_id=trial.pk))
    with tenant(organization):
        assert DryRun.objects.get(pk=trial.pk).state == DryRunState.DONE
    return taken
