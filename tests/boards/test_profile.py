"""Somebody's page: what they hold, what happened, what comes next, and for whom."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.steps import submit_improvement
from badges.actions import grant_by_hand, reinstate_award, revoke_award
from badges.models import Award, AwardEvent, Badge
from boards.held import days_until
from people.clock import now, telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import evaluate_pending, save_rule
from rules.models import Rule
from tests.conftest import logged_in
from tests.factories import BadgeFactory, LocationFactory, PersonFactory, UserFactory

TEN = {
    "criterion": {"type": "count", "at_least": 10, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "permanent"},
}


HABIT = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "while", "at_least": 1, "within": "1 month"},
}


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified", ends_after="1 year")


@pytest.fixture
def award(badge: Badge, alice: Person, bob: Person) -> Award:
    with tenant(badge.organization):
        return grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed the test.")


@pytest.fixture
def as_colleague(organization: Organization) -> Client:
    return logged_in(PersonFactory(organization=organization, user=UserFactory()))


def page(client: Client, person: Person, query: object = None) -> str:
    response = client.get(f"/riverside/people/{person.pk}/", query)
    assert response.status_code == 200
    return response.text


def events(client: Client, person: Person, query: object = None) -> list[str]:
    response = client.get(f"/riverside/people/{person.pk}/", query)
    return [event.change for event in response.context["entries"]]


def test_the_facts_and_the_badges(as_colleague: Client, award: Award, bob: Person, alice: Person) -> None:
    with tenant(bob.organization):
        site = LocationFactory(organization=bob.organization, name="Riverside Main")
        ward = LocationFactory(organization=bob.organization, name="Ward 4B", parent=site)
        Person.objects.filter(pk=bob.pk).update(
            title="Staff nurse", location=ward, manager=alice, joined_on="2024-03-14"
        )
    text = page(as_colleague, bob)
    for fact in ("Staff nurse", "Ward 4B, Riverside Main", "Alice Adams", "Here since March 2024"):
        assert fact in text
    assert '<span class="tray__name">HIPAA Certified</span>' in text
    assert "Passed the test." in text


@pytest.mark.parametrize("person_id", ["0", "999999", "9" * 18, "9" * 400, "1%00", "-1", "x", "\u0661"])
def test_nobody_is_not_there(as_bob: Client, person_id: str) -> None:
    assert as_bob.get(f"/riverside/people/{person_id}/").status_code == 404


def test_people_of_other_organizations_are_not_there(
    as_bob: Client, as_charlie: Client, bob: Person, charlie: Person
) -> None:
    assert as_charlie.get(f"/riverside/people/{bob.pk}/").status_code == 404
    assert as_bob.get(f"/riverside/people/{charlie.pk}/").status_code == 404
    assert as_charlie.get(f"/halden/people/{bob.pk}/").status_code == 404


def test_giving_and_taking_back_is_offered_to_those_who_may(
    as_alice: Client, as_mary: Client, as_bob: Client, award: Award, bob: Person
) -> None:
    give, take = f"/riverside/people/{bob.pk}/give/", f"/riverside/awards/{award.pk}/take-back/"
    assert [
        (give in page(client, bob), take in page(client, bob)) for client in (as_alice, as_mary, as_bob)
    ] == [
        (True, True),
        (False, False),
        (False, False),
    ]


def test_what_is_over_is_for_its_person_and_for_those_who_see_histories(
    as_bob: Client, as_mary: Client, as_colleague: Client, award: Award, bob: Person, alice: Person
) -> None:
    with tenant(bob.organization):
        revoke_award(award=award, by=alice, reason="The wrong Bob.")
    assert events(as_bob, bob) == events(as_mary, bob) == ["revoked", "granted"]
    assert "The wrong Bob." in page(as_bob, bob)
    assert events(as_colleague, bob) == []
    with tenant(bob.organization):
        award.refresh_from_db()
        reinstate_award(award=award, by=alice, reason="The right Bob.")
    assert events(as_bob, bob) == ["reinstated", "revoked", "granted"]
    assert events(as_colleague, bob) == ["granted"]
    assert "The wrong Bob." not in page(as_colleague, bob)


def test_the_history_can_be_narrowed(as_bob: Client, award: Award, bob: Person, alice: Person) -> None:
    with tenant(bob.organization):
        revoke_award(award=award, by=alice, reason="The wrong Bob.")
    assert events(as_bob, bob, {"history": "given"}) == ["granted"]
    assert events(as_bob, bob, {"history": "lost"}) == ["revoked"]


def test_of_what_its_rule_renews_again_and_again_the_latest_is_told(
    as_bob: Client, organization: Organization, badge: Badge, award: Award, bob: Person, alice: Person
) -> None:
    with tenant(organization):
        save_rule(badge=BadgeFactory(organization=organization, mode="rule"), definition=HABIT, by=None)
        for _ in range(3):
            submit_improvement(author=bob, title="Red lids")
            evaluate_pending(organization=organization)
        for days in (400, 500):
            ends_at = now() + timedelta(days=days)
            grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed again.", ends_at=ends_at)
        assert AwardEvent.objects.filter(change="renewed").count() == 4
    assert events(as_bob, bob) == ["renewed", "renewed", "renewed", "granted", "granted"]
    assert page(as_bob, bob).lower().count("now until") == 2, "an end that was moved on is not the end"


def test_what_was_over_before_its_rule_came_is_told_with_its_end(
    as_bob: Client, organization: Organization, bob: Person
) -> None:
    badge = BadgeFactory(organization=organization, mode="rule")
    with tenant(organization):
        for days in (200, 100):
            with telling(now() - timedelta(days=days)):
                submit_improvement(author=bob, title="An idea")
        save_rule(badge=badge, definition=HABIT, by=None)
        evaluate_pending(organization=organization)
    assert events(as_bob, bob) == ["ended", "granted", "ended", "granted"]
    assert events(as_bob, bob, {"history": "lost"}) == ["ended", "ended"]


@pytest.mark.parametrize(
    "query", ["history=%00", "history=x", "page=-1", "page=0", "page=" + "9" * 5000, "page=%00"]
)
def test_nonsense_in_the_address_does_no_harm(as_bob: Client, award: Award, bob: Person, query: str) -> None:
    assert events(as_bob, bob, None) == ["granted"]
    assert as_bob.get(f"/riverside/people/{bob.pk}/?{query}").status_code == 200


def test_an_award_counts_from_when_it_began(as_bob: Client, badge: Badge, bob: Person, alice: Person) -> None:
    then = now() - timedelta(days=400)
    with tenant(bob.organization):
        grant_by_hand(badge=BadgeFactory(organization=bob.organization), person=bob, by=alice, reason="Now.")
        grant_by_hand(
            badge=BadgeFactory(organization=bob.organization),
            person=bob,
            by=alice,
            reason="Then.",
            starts_at=then,
        )
    response = as_bob.get(f"/riverside/people/{bob.pk}/")
    assert [event.reason for event in response.context["entries"]] == ["Now.", "Then."]
    assert response.context["first_at"] == then


def test_days_left_go_by_the_calendar_as_the_day_of_the_end_does(organization: Organization) -> None:
    # New York is five hours behind
    with tenant(organization), telling(datetime(2026, 12, 1, 3, tzinfo=UTC)):
        ends = (datetime(2026, 12, day, hour, tzinfo=UTC) for day, hour in ((1, 4), (1, 6), (2, 15), (3, 4)))
        assert [days_until(end) for end in ends] == [0, 1, 2, 2]


def test_what_ends_soon_is_said(as_bob: Client, award: Award, bob: Person) -> None:
    assert "HIPAA Certified ends on" not in page(as_bob, bob)
    with tenant(bob.organization):
        Award.objects.filter(pk=award.pk).update(expires_at=now() + timedelta(days=18))
    text = page(as_bob, bob)
    assert "HIPAA Certified ends on" in text
    assert "18 days" in text


def test_a_habit_is_told_of_in_its_last_week(as_bob: Client, award: Award, bob: Person) -> None:
    with tenant(bob.organization):
        Badge.objects.filter(pk=award.badge_id).update(kind="habit")
        Award.objects.filter(pk=award.pk).update(expires_at=now() + timedelta(days=18))
    assert "18 days" not in page(as_bob, bob), "kept up month by month, it would warn for ever"
    with tenant(bob.organization):
        Award.objects.filter(pk=award.pk).update(expires_at=now() + timedelta(days=6))
    assert "HIPAA Certified ends on" in page(as_bob, bob)


def test_colleagues_are_not_told_what_another_has_to_do(
    as_colleague: Client, as_mary: Client, award: Award, bob: Person
) -> None:
    with tenant(bob.organization):
        Award.objects.filter(pk=award.pk).update(expires_at=now() + timedelta(days=18))
    told = ["HIPAA Certified ends on" in page(client, bob) for client in (as_colleague, as_mary)]
    assert told == [False, True]


def test_how_far_is_for_oneself_and_for_those_who_see_histories(
    as_bob: Client, as_mary: Client, as_colleague: Client, organization: Organization, bob: Person
) -> None:
    with tenant(organization):
        save_rule(badge=BadgeFactory(organization=organization, mode="rule"), definition=TEN, by=None)
        submit_improvement(author=bob, title="Red lids")
        Rule.objects.update(recheck_asked_at=None)  # everybody was looked at
    assert ["1 of 10" in page(client, bob) for client in (as_bob, as_mary, as_colleague)] == [
        True,
        True,
        False,
    ]


def test_a_person_without_badges(as_bob: Client, as_colleague: Client, bob: Person) -> None:
    assert "Submit an improvement, and the first one" in page(as_bob, bob)
    assert "No badges to see" in page(as_colleague, bob)


def test_who_has_left_keeps_the_page_and_gets_no_badges(as_alice: Client, award: Award, bob: Person) -> None:
    with tenant(bob.organization):
        Person.objects.filter(pk=bob.pk).update(left_on="2026-01-31")
    text = page(as_alice, bob)
    assert ("Left on 31 January 2026" in text, "Give a badge" in text) == (True, False)
    assert "HIPAA Certified" in text


def test_the_profile_costs_the_same_for_one_award_and_for_three(
    as_mary: Client, organization: Organization, award: Award, alice: Person, bob: Person
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            page(as_mary, bob)
        return len(captured)

    with tenant(organization):
        save_rule(badge=BadgeFactory(organization=organization, mode="rule"), definition=TEN, by=None)
        submit_improvement(author=bob, title="Red lids")
        ending = BadgeFactory(organization=organization, ends_after="30 days")
        grant_by_hand(badge=ending, person=bob, by=alice, reason="Passed.")
    with_one = asked()
    with tenant(organization):
        for _ in range(2):
            badge = BadgeFactory(organization=organization, ends_after="30 days")
            grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
            submit_improvement(author=bob, title="Red lids")
            save_rule(badge=BadgeFactory(organization=organization, mode="rule"), definition=TEN, by=None)
    assert asked() == with_one
