"""The first page of a day."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.months import last_twelve
from activity.steps import submit_improvement
from badges.actions import grant_by_hand
from badges.models import Award
from boards.months import Runs, runs
from boards.views.home import greeting
from people.clock import now, telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import save_rule
from rules.models import Rule
from tests.factories import BadgeFactory, LocationFactory, PersonFactory

HOME = "/riverside/"
TEN = {
    "criterion": {"type": "count", "at_least": 10, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "permanent"},
}


def team(client: Client) -> list[str]:
    return [award.person.name for award in client.get(HOME).context["team"]]


@pytest.mark.parametrize(
    ("hour", "words"),
    [(5, "Hello"), (9, "Hello"), (10, "Good morning"), (17, "Good afternoon"), (23, "Good evening")],
)
def test_the_greeting_goes_by_the_clock_of_the_organization(bob: Person, hour: int, words: str) -> None:
    # New York is five hours behind in November
    with tenant(bob.organization), telling(datetime(2026, 11, 24, hour, tzinfo=UTC)):
        assert greeting(bob) == f"{words}, Bob"


def test_the_first_day(as_bob: Client) -> None:
    text = as_bob.get(HOME).text
    assert "Bob" in text
    assert "What gets in the way every day is a good first one." in text
    assert 'action="/riverside/improvements/new/"' in text


def test_a_stranger_finds_no_such_page(as_charlie: Client, bob: Person) -> None:
    assert as_charlie.get(HOME).status_code == 404


def test_an_improvement_is_submitted_from_here(as_bob: Client) -> None:
    as_bob.post(f"{HOME}improvements/new/", {"title": "Red lids"})
    response = as_bob.get(HOME)
    assert [item.title for item in response.context["mine"]] == ["Red lids"]
    assert response.context["deeds"].rhythm.values == [0] * 11 + [1]
    assert "1 month running." in response.text


def test_what_is_in_reach_and_what_ends(as_bob: Client, bob: Person, alice: Person) -> None:
    organization = bob.organization
    with tenant(organization):
        save_rule(badge=BadgeFactory(organization=organization, mode="rule"), definition=TEN, by=None)
        submit_improvement(author=bob, title="Red lids")
        Rule.objects.update(recheck_asked_at=None)  # everybody was looked at
        badge = BadgeFactory(organization=organization, name="HIPAA Certified", ends_after="1 year")
        award = grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
        assert "To renew" not in as_bob.get(HOME).text
        Award.objects.filter(pk=award.pk).update(expires_at=now() + timedelta(days=18, hours=1))
    text = as_bob.get(HOME).text
    assert ("1 of 10" in text, "To renew" in text, "18 days" in text) == (True, True, True)


def test_the_team_are_those_near_by(as_bob: Client, bob: Person, alice: Person) -> None:
    organization = bob.organization
    ward = LocationFactory(organization=organization)
    with tenant(organization):
        Person.objects.filter(pk=bob.pk).update(location=ward, manager=alice)
        badge = BadgeFactory(organization=organization)
        near = {
            "Same ward": {"location": ward},
            "Same manager": {"manager": alice},
            "Led by Bob": {"manager": bob},
            "Elsewhere": {},
        }
        for days, (name, place) in enumerate(near.items(), 1):
            grant_by_hand(
                badge=badge, person=PersonFactory(organization=organization, name=name, **place), by=alice,
                reason="Passed.", starts_at=now() - timedelta(days=days),
            )  # fmt: skip
        grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
    assert team(as_bob) == ["Same ward", "Same manager", "Led by Bob"]


def test_home_costs_the_same_for_one_and_for_three(
    as_bob: Client, bob: Person, alice: Person, organization: Organization
) -> None:
    def more() -> None:
        with tenant(organization):
            badge = BadgeFactory(organization=organization, ends_after="30 days")
            grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
            colleague = PersonFactory(organization=organization, manager=alice)
            grant_by_hand(badge=badge, person=colleague, by=alice, reason="Passed.")
            submit_improvement(author=bob, title="Red lids")
            save_rule(badge=BadgeFactory(organization=organization, mode="rule"), definition=TEN, by=None)

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_bob.get(HOME).status_code == 200
        return len(captured)

    with tenant(organization):
        Person.objects.filter(pk=bob.pk).update(manager=alice)
    more()
    with_one = asked()
    more()
    more()
    assert asked() == with_one


def months(*numbers: int) -> list:
    return [datetime(2025 + (n - 1) // 12, (n - 1) % 12 + 1, 1).date() for n in numbers]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("active", "found"),
    [
        ((), Runs(0, 0)),
        ((12,), Runs(1, 1)),
        ((11,), Runs(1, 1)),
        ((10,), Runs(0, 1)),
        ((1, 2, 3, 4, 11, 12), Runs(2, 4)),
        ((12, 11, 9), Runs(2, 2)),
    ],
)
def test_a_running_month_cuts_no_run(active: tuple[int, ...], found: Runs) -> None:
    """December is running: a run up to November goes on."""
    assert runs(months(*active), months(12)[0]) == found


def test_twelve_months_go_by_the_zone(organization: Organization) -> None:
    # 03:30 UTC on the first of November is still October in New York
    found = last_twelve(datetime(2026, 11, 1, 3, 30, tzinfo=UTC), organization.time_zone)
    assert (found[0].isoformat(), found[-1].isoformat(), len(found)) == ("2025-11-01", "2026-10-01", 12)
