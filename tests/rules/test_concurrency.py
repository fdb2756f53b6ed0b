"""Workers side by side, and activities that arrive meanwhile: no award lost, none doubled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from activity.actions import Delivery, record_activities
from badges.models import Award, AwardEvent, AwardTally
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules import actions
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
            assert AwardTally.objects.get(pk=person.pk).badge_count == 2
        granted = AwardEvent.objects.filter(change="granted")
        assert granted.count() == Award.objects.count() == 4 * PEOPLE
