"""A rule tried on one person before it is saved, and how far somebody else is from a badge."""

from datetime import timedelta

import pytest
from django.test import Client

from badges.models import Award, Badge
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules import actions
from rules.models import Rule
from rules.trying import try_on
from tests.badges.test_rule_form import SAID
from tests.factories import BadgeFactory, KindFactory
from tests.rules.test_actions import record

DAY = timedelta(days=1)
SUBMITTED = {"kinds": ["improvement.submitted"]}
BURST = {
    "criterion": {"type": "count", "at_least": 2, "within": "7 days", "select": SUBMITTED},
    "retention": {"type": "expires", "after": "10 days"},
}
EITHER = {
    "criterion": {"type": "all_of", "parts": [
        BURST["criterion"], {"type": "holds", "at_least": 1, "badges": ["belt"]}]},
    "retention": {"type": "permanent"},
}  # fmt: skip
RULE = "/riverside/badges/burst/rule/"
HOW_FAR = "/riverside/badges/burst/how-far/"


@pytest.fixture
def badge(organization: Organization) -> Badge:
    KindFactory(organization=organization)
    BadgeFactory(organization=organization, slug="belt", name="Belt", mode="hand")
    return BadgeFactory(organization=organization, slug="burst", name="Kaizen Burst", mode="rule")


def test_every_time_is_told_and_nothing_is_stored(inside: Organization, badge: Badge, bob: Person) -> None:
    at = now()
    old = record(bob, at - 41 * DAY, at - 40 * DAY)
    new = record(bob, at - 2 * DAY, at - DAY)
    tried = try_on(person=bob, badge=badge, definition=BURST)
    assert tried.holds
    assert [(time.starts_at, time.is_over, time.activities) for time in tried.times] == [
        (at - DAY, False, new), (at - 40 * DAY, True, old)
    ]  # fmt: skip
    assert [clause.is_met for clause in tried.clauses] == [True]
    assert (Award.objects.count(), Rule.objects.count()) == (0, 0)


def test_clause_by_clause_what_is_missing(inside: Organization, badge: Badge, bob: Person) -> None:
    record(bob, now() - DAY, now() - 2 * DAY)
    tried = try_on(person=bob, badge=badge, definition=EITHER)
    assert not tried.holds
    assert tried.times == []
    [whole] = tried.clauses
    assert [part.is_met for part in whole.parts] == [True, False]


def test_what_keeps_it_is_told_beside_what_earned_it(inside: Organization, badge: Badge, bob: Person) -> None:
    record(bob, now() - 30 * DAY, now() - 3 * DAY)
    two = {"type": "all_of", "parts": [{"type": "count", "at_least": 1, "select": SUBMITTED}] * 2}
    keep = {"type": "while", "at_least": 2, "within": "7 days", "select": SUBMITTED}
    once = {**keep, "at_least": 1}
    covered, lapsed = (
        try_on(person=bob, badge=badge, definition={"criterion": two, "retention": retention})
        for retention in (once, {**once, "within": "2 days"})
    )
    assert (covered.holds, lapsed.holds) == (True, False)
    assert (covered.takes_one_more, lapsed.takes_one_more) == (False, True)
    assert [tried.keeping and tried.keeping.is_met for tried in (covered, lapsed)] == [True, False]
    never = try_on(person=bob, badge=badge, definition={"criterion": two, "retention": keep})
    assert (never.keeping and never.keeping.have, never.takes_one_more) == ("1 of 2", False)


def test_the_form_tries_what_is_written(
    organization: Organization, badge: Badge, bob: Person, as_alice: Client
) -> None:
    with tenant(organization):
        record(bob, now() - DAY, now() - 2 * DAY)
    page = as_alice.post(RULE, {**SAID, "try": "1", "try-person": "bob@riverside.example"})
    assert page.status_code == 200
    assert "Would not hold it now" in page.text
    assert "2 of 3, 1 more" in page.text
    page = as_alice.post(RULE, {**SAID, "at_least": "2", "try": "1", "try-person": "bob@riverside.example"})
    assert "Would hold it now" in page.text
    with tenant(organization):
        assert Rule.objects.count() == 0


@pytest.mark.parametrize(("who", "message"), [
    ("", "Say who."), ("nobody", "Nobody here is known by that"), ("\0", "Please take out the invisible"),
])  # fmt: skip
def test_nobody_to_try_it_on_is_said_at_the_field(
    badge: Badge, as_alice: Client, who: str, message: str
) -> None:
    page = as_alice.post(RULE, {**SAID, "try": "1", "try-person": who})
    assert page.status_code == 422
    assert message in page.text


def test_how_far_somebody_is(
    organization: Organization, badge: Badge, bob: Person, mary: Person, as_alice: Client, as_bob: Client
) -> None:
    with tenant(organization):
        actions.save_rule(badge=badge, definition=BURST, by=None)
        record(bob, now() - DAY)
    page = as_alice.get(HOW_FAR, {"person": "bob@riverside.example"})
    assert (page.status_code, "1 of 2, 1 more" in page.text) == (200, True)
    own = as_bob.get(HOW_FAR)  # without a person it is about oneself
    assert (own.context["tried"].person, "1 of 2, 1 more" in own.text) == (bob, True)
    assert as_alice.get(HOW_FAR, {"person": "who"}).status_code == 422
    assert as_bob.get(HOW_FAR, {"person": "bob@riverside.example"}).status_code == 200
    for who in (mary.email, "nobody", ""):
        assert as_bob.get(HOW_FAR, {"person": who}).status_code == 403
    with tenant(organization):
        mary.manager = bob
        mary.save()
    assert as_bob.get(HOW_FAR, {"person": mary.email}).status_code == 200


@pytest.mark.parametrize(("policy", "expected"), [
    ("keep", (True, "Holds it by the rule")), ("new_only", (False, "0 of 5, 5 more")),
])  # fmt: skip
def test_how_far_somebody_is_from_a_changed_rule_is_told_by_its_versions(
    organization: Organization, badge: Badge, bob: Person, as_bob: Client, policy: str,
    expected: tuple[bool, str],
) -> None:  # fmt: skip
    five = {**BURST, "criterion": {"type": "count", "at_least": 5, "select": SUBMITTED}}
    holds, told = expected
    with tenant(organization):
        before = {**five, "criterion": {**five["criterion"], "at_least": 1 if holds else 9}}
        record(bob, now() - DAY)
        actions.save_rule(badge=badge, definition=before, by=None)
        actions.save_rule(badge=badge, definition=five, by=None, policy=policy)
    for _ in range(2):
        page = as_bob.get(HOW_FAR, {"person": "bob@riverside.example"})
        assert told in page.text
        assert ("Never so far" not in page.text) == holds
        assert ("What was earned before is kept." in page.text) == holds
        with tenant(organization):  # and in a pause
            actions.set_rule_state(rule=Rule.objects.get(), state="paused", by=bob)
