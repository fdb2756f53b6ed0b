"""What keeps a badge that is about to end, and by when: on the home page, the profile and the page of the award."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.actions import Delivery, record_activities
from badges.actions import grant_by_hand
from badges.models import Award
from people.clock import now, telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import evaluate_people, save_rule, set_rule_state
from rules.keeping import Way, ways_to_keep
from rules.models import Rule
from tests.conftest import logged_in
from tests.factories import BadgeFactory, PersonFactory, UserFactory
from tests.rules.test_actions import record
from tests.rules.test_clauses import NOW, SELECT, count, did

MONTHLY = {"type": "while", "at_least": 3, "within": "1 month"}
EXPIRES = {"type": "expires", "after": "1 month"}


def way(person: Person, criterion: dict[str, Any], retention: dict[str, Any], **rule: Any) -> Way:
    with tenant(person.organization), telling(NOW):
        badge = BadgeFactory(organization=person.organization, slug="b", name="Kept", mode="both")
        definition = {"criterion": criterion, "retention": retention, **rule}
        save_rule(badge=badge, definition=definition, by=None)
        evaluate_people(organization=person.organization, person_ids=[person.pk])
        [found] = ways_to_keep(person).values()
    return found


@pytest.mark.parametrize(
    ("criterion", "retention", "expected"),
    [
        # The third last of 1 March covers until 1 April; by then those of the 18th and the 19th are in the window.
        (count(1), MONTHLY, ("1", date(2026, 4, 1))),
        (count(4), EXPIRES, ("1", date(2026, 4, 19))),  # ever: any further one is a hit
        (count(3, within="1 month"), EXPIRES, ("3", date(2026, 4, 19))),  # none of them is left in it by then
        (count(2, within="2 months"), EXPIRES, ("1", date(2026, 4, 19))),
        (count(2, per="month"), EXPIRES, ("2", date(2026, 4, 19))),
        ({"type": "sum", "at_least": 70, "within": "2 months", "select": SELECT}, EXPIRES,
         ("20", date(2026, 4, 19))),
        # It stands until April is over without one; what is midnight is the day before.
        ({"type": "streak", "length": 1, "per": "month", "each": 2, "select": SELECT}, {"type": "satisfied"},
         ("2", date(2026, 4, 30))),
    ],
)  # fmt: skip
def test_how_many_more_keep_it_and_by_which_day(
    organization: Organization, bob: Person, criterion: dict[str, Any], retention: dict[str, Any],
    expected: tuple[str, date],
) -> None:  # fmt: skip
    did(bob, "02-10", "03-01", value=30)
    did(bob, "03-18", "03-19", value=10)
    found = way(bob, criterion, retention)
    told = found.more, found.by.astimezone(organization.time_zone).date()
    at_midnight = expected[1] == date(2026, 4, 30)
    assert found.by_when == ("30 April 2026" if at_midnight else "then")
    noun = "improvement" if found.more == "1" else "improvements"
    assert found.deed == ("" if found.is_value else f"submit {found.more} more {noun}")
    assert (told, found.things) == (expected, "improvements submitted")


def test_so_many_keep_it(organization: Organization, bob: Person) -> None:
    did(bob, "03-01", "03-18", "03-19")
    found = way(bob, count(1), MONTHLY)
    with tenant(organization):
        ends = Award.objects.get().expires_at
        assert (found.more, ends) == ("1", datetime(2026, 4, 1, 16, tzinfo=UTC))
    did(bob, "03-31")
    with tenant(organization), telling(datetime(2026, 4, 1, 18, tzinfo=UTC)):
        evaluate_people(organization=organization, person_ids=[bob.pk])
        assert Award.objects.get(ended_at=None).expires_at == datetime(2026, 4, 18, 17, tzinfo=UTC)


def test_what_cannot_be_kept_is_said(organization: Organization, bob: Person, as_bob: Client) -> None:
    did(bob, "03-19")
    assert way(bob, count(1), EXPIRES, repeatable=True).cannot
    with tenant(organization), telling(NOW):
        rule = Rule.objects.get()
        save_rule(badge=rule.badge, definition={"criterion": count(1), "retention": EXPIRES}, by=None)
        evaluate_people(organization=organization, person_ids=[bob.pk])
        assert not ways_to_keep(bob)[rule.badge_id].cannot
        set_rule_state(rule=rule, state="paused", by=None)
        paused = ways_to_keep(bob)[rule.badge_id]
        assert (paused.is_paused, paused.cannot) == (True, False)
    with telling(NOW):
        page = as_bob.get(paused.award.get_absolute_url()).text
    assert "but stays while its rule is paused." in page
    assert [said for said in ("Ends on", "Does not end", "stays for as long") if said in page] == []


def test_of_two_awards_the_one_that_ends_last_counts(
    organization: Organization, bob: Person, alice: Person
) -> None:
    did(bob, "03-19")
    found = way(bob, count(1), EXPIRES)
    with tenant(organization), telling(NOW):
        badge = found.award.badge
        grant_by_hand(
            badge=badge, person=bob, by=alice, reason="So", ends_at=datetime(2026, 5, 2, 17, tzinfo=UTC)
        )
        given = ways_to_keep(bob)[badge.pk]
        assert (given.award.origin, given.more, given.givers) == ("hand", "", (alice,))
        Award.objects.filter(origin="hand").update(expires_at=None)
        assert ways_to_keep(bob) == {}


def test_home_profile_and_award_say_it(
    organization: Organization, bob: Person, alice: Person, as_bob: Client
) -> None:
    colleague = PersonFactory(organization=organization, user=UserFactory())
    with tenant(organization):
        rule_given = BadgeFactory(organization=organization, slug="b", name="Kept", mode="rule")
        by_hand = BadgeFactory(
            organization=organization, slug="h", name="Given", mode="hand", ends_after="1 month"
        )
        save_rule(badge=rule_given, definition={"criterion": count(2), "retention": EXPIRES}, by=None)
        record(bob, now() - timedelta(3), now() - timedelta(2))
        evaluate_people(organization=organization, person_ids=[bob.pk])
        grant_by_hand(badge=by_hand, person=bob, by=alice, reason="So")
        award, given = (Award.objects.get(badge=badge) for badge in (rule_given, by_hand))
    home = as_bob.get("/riverside/").text
    assert "To keep it, submit 1 more improvement by then." in home
    assert f'Ask <a href="{alice.get_absolute_url()}"><bdi>Alice Adams</bdi></a>' in home
    assert "To keep it, submit 1 more improvement by then." in as_bob.get(award.get_absolute_url()).text
    told = "To keep it, <bdi>Bob Brown</bdi> has to submit 1 more improvement by then."
    assert told in logged_in(alice).get(award.get_absolute_url()).text
    assert "Alice Adams" in as_bob.get(given.get_absolute_url()).text
    assert "To keep it, " in as_bob.get(bob.get_absolute_url()).text
    # Colleagues do not see how far somebody is.
    assert "To keep it" not in logged_in(colleague).get(bob.get_absolute_url()).text


TRAINED = {"type": "count", "at_least": 1, "select": {"kinds": ["training.completed"]}}
HOLDS = {"type": "holds", "at_least": 1, "badges": ["h"]}


@pytest.mark.parametrize(("criterion", "deed", "takes"), [
    ({"type": "any_of", "parts": [count(2), TRAINED]},
     "submit 1 more improvement, or complete 1 more training", ""),
    ({"type": "all_of", "parts": [count(1), {"type": "any_of", "parts": [count(3, within="1 month"), TRAINED]}]},
     "submit 1 more improvement, submit 3 more improvements, or complete 1 more training", ""),
    # By two that come close together, or with a badge held besides, it is met as a whole or not at all.
    ({"type": "any_of", "parts": [count(2), TRAINED], "within": "6 months"}, "",
     "has submitted at least 2 improvements, or has completed at least 1 training, within 6 months"),
    ({"type": "any_of", "parts": [count(2), HOLDS]}, "",
     "has submitted at least 2 improvements, or holds h"),
    ({"type": "streak", "length": 1, "per": "month", "each": 2, "select": SELECT}, "",
     "has submitted at least 2 improvements in one month"),
])  # fmt: skip
def test_of_conditions_that_are_combined_it_is_said_which_would_renew_it(
    organization: Organization, bob: Person, criterion: dict[str, Any], deed: str, takes: str
) -> None:
    did(bob, "03-18", "03-19")
    record_one(bob, "training.completed", "2026-03-19T16:00:00+00:00")
    found = way(bob, criterion, EXPIRES)
    assert (found.deed, found.more, found.takes, found.cannot) == (deed, "", takes, False)


def record_one(person: Person, kind: str, at: str) -> None:
    delivery = Delivery(person.external_id, kind, datetime.fromisoformat(at), f"{kind} {at}")
    with tenant(person.organization):
        record_activities(organization=person.organization, source="test", deliveries=[delivery])


def test_what_came_with_time_alone_does_not_come_again(organization: Organization, bob: Person) -> None:
    with tenant(organization):
        bob.joined_on = date(2026, 3, 1)
        bob.save()
    assert way(bob, {"type": "tenure", "of": "1 week"}, EXPIRES).cannot


def test_it_costs_the_same_for_one_and_for_three(organization: Organization, bob: Person) -> None:
    did(bob, "03-18", "03-19")
    costs = []
    for slugs in (("a",), ("c", "d")):
        with tenant(organization), telling(NOW):
            for slug in slugs:
                badge = BadgeFactory(organization=organization, slug=slug, name=slug, mode="rule")
                save_rule(badge=badge, definition={"criterion": count(2), "retention": EXPIRES}, by=None)
            evaluate_people(organization=organization, person_ids=[bob.pk])
            with CaptureQueriesContext(connection) as captured:
                ways_to_keep(bob)
        costs.append(len(captured))
    assert costs[0] == costs[1]
