"""Workers side by side, and activities that arrive meanwhile: no award lost, none doubled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import pytest
from django.db import connection

from activity.actions import Delivery, record_activities
from badges.models import Award, AwardEvent, AwardTally, Badge
from badges.signals import award_changed
from people.clock import now, telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules import actions
from rules.criteria import Invalid
from rules.models import Rule
from tests.factories import BadgeFactory, OrganizationFactory, PersonFactory

PEOPLE, EACH = 4, 6
SUBMITTED = {"kinds": ["improvement.submitted"]}
BURST = {
    "criterion": {"type": "count", "at_least": 3, "within": "7 days", "select": SUBMITTED},
    "retention": {"type": "permanent"},
}
EVERY_SECOND = {
    "repeatable": True,
    "criterion": {"type": "count", "at_least": 2, "select": SUBMITTED},
    "retention": {"type": "permanent"},
}


@pytest.fixture
def organization(committed_db: None) -> Organization:
    organization: Organization = OrganizationFactory(slug="busy")
    for slug, definition in (("burst", BURST), ("second", EVERY_SECOND)):
        badge = BadgeFactory(organization=organization, slug=slug, mode="rule")
        with tenant(organization):
            actions.save_rule(badge=badge, definition=definition, by=None)
    return organization


def in_thread(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()


def record(organization: Organization, person: Person, number: int) -> None:
    at = now() - timedelta(minutes=number)
    delivery = Delivery(person.external_id, "improvement.submitted", at, f"{person.external_id}/{number}")
    with tenant(organization):
        record_activities(organization=organization, source="test", deliveries=[delivery])
    actions.evaluate_pending(organization=organization)


def test_activities_side_by_side_earn_each_award_once(organization: Organization) -> None:
    people = [PersonFactory(organization=organization, external_id=f"P{n}") for n in range(PEOPLE)]
    with ThreadPoolExecutor(8) as pool:
        jobs = [
            pool.submit(in_thread, lambda person=person, number=number: record(organization, person, number))  # type: ignore[misc]
            for number in range(EACH)
            for person in people
        ]
    for job in jobs:
        job.result()
    actions.evaluate_pending(organization=organization)
    with tenant(organization):
        for person in people:
            awards = Award.objects.filter(person=person, ended_at=None).order_by("badge__slug", "key")
            assert list(awards.values_list("badge__slug", "key")) == [
                ("burst", ""), ("second", "1"), ("second", "2"), ("second", "3")
            ]  # fmt: skip
            assert AwardTally.objects.get(person=person.pk).badge_count == 2
        granted = AwardEvent.objects.filter(change="granted")
        assert granted.count() == Award.objects.count() == 4 * PEOPLE


def test_a_recheck_that_is_asked_for_while_another_runs_is_not_taken_for_done(
    organization: Organization,
) -> None:
    """It may carry an earlier time than the other's beginning: it was on its way to be stored just then."""
    person, before = PersonFactory(organization=organization), now()
    with tenant(organization):
        deliveries = [
            Delivery(person.external_id, "improvement.submitted", before - timedelta(hours=n), str(n))
            for n in range(3)
        ]
        record_activities(organization=organization, source="test", deliveries=deliveries)
        rule = Rule.objects.select_related("badge").get(badge__slug="burst")

    def ask(**_: object) -> None:
        with tenant(organization), telling(before):
            actions.wake_rule(badge=rule.badge, quietly=False)

    award_changed.connect(ask)
    try:
        actions.reconcile_with_dependents(organization=organization, rule_id=rule.pk)
    finally:
        award_changed.disconnect(ask)
    with tenant(organization):
        rule.refresh_from_db()
        assert (rule.recheck_asked_at, rule.recheck_tells) == (before, True)
    actions.reconcile_with_dependents(organization=organization, rule_id=rule.pk)
    with tenant(organization):
        rule.refresh_from_db()
        assert (rule.recheck_asked_at, rule.recheck_tells) == (None, False)


def test_a_recheck_is_one_workers_at_a_time_and_done_again_where_it_failed(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant(organization):
        rule = Rule.objects.select_related("badge").get(badge__slug="burst")
        actions.wake_rule(badge=rule.badge)
    runs: list[list[int]] = []
    later = now() + timedelta(minutes=1)

    def fail(*_: object, **__: object) -> None:
        runs.append(unchecked(later))
        actions.reconcile_with_dependents(organization=organization, rule_id=rule.pk)  # a twin
        raise OSError("The machine goes down.")

    def unchecked(at: datetime) -> list[int]:
        with telling(at):
            return actions.unchecked_rules(organization=organization, asked_before=at)

    assert rule.pk in unchecked(later)
    with monkeypatch.context() as patch, pytest.raises(OSError, match="goes down"):
        patch.setattr("rules.reconciling._reconcile_rules", fail)
        actions.reconcile_with_dependents(organization=organization, rule_id=rule.pk)
    assert [rule.pk in waiting for waiting in runs] == [False]
    assert rule.pk not in unchecked(later)
    assert rule.pk in unchecked(now() + timedelta(minutes=6))


def test_two_rules_saved_at_once_do_not_hold_each_others_badges(organization: Organization) -> None:
    """Each looks at the other's before it is stored, so one waits for the other: a circle stops all rules."""
    here, there = (BadgeFactory(organization=organization, mode="rule") for _ in range(2))

    def save(badge: Badge, held: Badge) -> None:
        criterion = {"type": "holds", "at_least": 1, "badges": [held.slug]}
        with tenant(organization):
            definition = {"criterion": criterion, "retention": {"type": "satisfied"}}
            actions.save_rule(badge=badge, definition=definition, by=None)

    with ThreadPoolExecutor(1) as pool:
        with tenant(organization):
            save(here, there)
            other = pool.submit(in_thread, lambda: save(there, here))
            wait([other], timeout=1)
        with pytest.raises(Invalid, match="circle"):
            other.result()
    with tenant(organization):
        assert Rule.objects.filter(badge__in=[here, there]).count() == 1
