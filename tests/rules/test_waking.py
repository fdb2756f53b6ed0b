"""What comes to rest and goes on: paused rules, withdrawn badges, and what is looked at before anything is in force."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from activity.actions import Delivery, record_activities
from badges.actions import grant_by_hand
from badges.endings import write_what_is_told
from badges.models import Award, AwardEvent, Badge, BadgeState, Ending
from boards.held import held_by
from notifications.models import Notice
from notifications.reminding import remind
from people.changes import Refused
from people.clock import now, telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import (
    change_badge_state,
    end_and_start_due,
    evaluate_pending,
    reconcile_everything,
    reconcile_with_dependents,
    save_rule,
    set_rule_state,
)
from rules.holdings import held_on
from rules.models import Example, Rule
from tests.factories import BadgeFactory, PersonFactory

SUBMITTED = {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}}
MONTHLY = {"type": "while", "at_least": 1, "within": "1 month"}


def june(day: int, month: int = 6) -> datetime:
    return datetime(2026, month, day, 15, tzinfo=UTC)


def did(person: Person, at: datetime) -> None:
    delivery = Delivery(person.external_id, "improvement.submitted", at, f"{person.pk}/{at}")
    record_activities(organization=person.organization, source="test", deliveries=[delivery])


def work(organization: Organization) -> None:
    """What the workers do, as time passes."""
    evaluate_pending(organization=organization)
    end_and_start_due(organization=organization)
    for rule in Rule.objects.exclude(recheck_asked_at=None):
        reconcile_with_dependents(organization=organization, rule_id=rule.pk)
    evaluate_pending(organization=organization)
    write_what_is_told(organization=organization)


def standing(badge: Badge) -> list[tuple[str, str, datetime | None]]:
    awards = Award.objects.filter(badge=badge, ended_at=None).select_related("person").order_by("pk")
    return [(award.person.external_id, award.origin, award.expires_at) for award in awards]


def ended(badge: Badge) -> list[tuple[datetime | None, str]]:
    awards = Award.objects.filter(badge=badge).exclude(ended_at=None).order_by("pk")
    return list(awards.values_list("ended_at", "ended_why"))


@pytest.fixture
def ann(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="ann")


@pytest.fixture
def habit(inside: Organization) -> Badge:
    return BadgeFactory(organization=inside, slug="habit", name="Habit", mode="both", ends_after="1 month")


@pytest.fixture
def above(inside: Organization) -> Badge:
    """A badge for holding the other."""
    return BadgeFactory(organization=inside, slug="above", name="Above", mode="rule")


def by_rule(badge: Badge, criterion: dict[str, Any], retention: dict[str, Any]) -> Rule:
    rule = save_rule(badge=badge, definition={"criterion": criterion, "retention": retention}, by=None)
    work(badge.organization)
    return rule


def held(*slugs: str) -> dict[str, Any]:
    return {"type": "holds", "at_least": 1, "badges": [*slugs]}


@pytest.fixture
def paused(habit: Badge, above: Badge, ann: Person, alice: Person) -> Rule:
    """On 2 June, with an award that is known to end on 1 July, unless something is done until then."""
    with telling(june(2)):
        by_rule(above, held("habit"), {"type": "satisfied"})
        rule = by_rule(habit, SUBMITTED, MONTHLY)
        did(ann, june(1))
        work(habit.organization)
        assert (standing(habit), standing(above)) == (
            [("ann", "rule", june(1, month=7))],
            [("ann", "rule", june(1, month=7))],
        )
        rule = set_rule_state(rule=rule, state="paused", by=alice)
        work(habit.organization)
    return rule


def test_nobody_loses_what_a_paused_rule_gave_as_time_passes(
    paused: Rule, habit: Badge, above: Badge, ann: Person
) -> None:
    with telling(june(3)):
        grant_by_hand(badge=habit, person=ann, by=None, reason="Shown.")
    with telling(june(20)):
        did(ann, june(20))
        work(habit.organization)
    with telling(june(10, month=7)):
        work(habit.organization)
        reconcile_everything(organization=habit.organization)
        assert standing(habit) == [("ann", "rule", june(1, month=7))]
        assert ended(habit) == [(june(3, month=7), "expired")], "what was given by hand ends in time"
        assert standing(above) == [("ann", "rule", None)]
        assert [one.ends_at for one in held_by(ann, ann) if one.badge == habit] == [None]
        assert [one.ends_at for one in held_on(habit, june(5, month=7).date())] == [None]
        assert set(AwardEvent.objects.filter(change="ended").values_list("award__origin", flat=True)) == {
            "hand"
        }


@pytest.mark.parametrize(
    ("went_on", "habits", "over"),
    [((), [], [(june(1, month=7), "lapsed")]), ((20,), [("ann", "rule", june(20, month=7))], [])],
)
def test_a_rule_that_goes_on_settles_exactly_what_came_to_pass(
    paused: Rule, habit: Badge, above: Badge, ann: Person, alice: Person, went_on: Sequence[int], habits: Any,
    over: Any,
) -> None:  # fmt: skip
    with telling(june(20)):
        for day in went_on:
            did(ann, june(day))
        work(habit.organization)
    with telling(june(10, month=7)):
        set_rule_state(rule=paused, state="active", by=alice)
        end_and_start_due(organization=habit.organization)
        assert ended(habit) == [], "nothing ends before the rule has looked"
        work(habit.organization)
        assert (standing(habit), ended(habit)) == (habits, over)
        assert (standing(above), ended(above)) == (
            [("ann", "rule", end) for *_, end in habits],
            [(at, "lapsed") for at, _ in over],
        )
        assert (Ending.objects.count(), AwardEvent.objects.filter(change="ended", to_tell=True).count()) == (
            0,
            0,
        )


def test_holders_keep_a_retired_badge_until_its_end(paused: Rule, habit: Badge, alice: Person) -> None:
    with telling(june(20)):
        change_badge_state(badge=habit, state="retired", by=alice)
        work(habit.organization)
    with telling(june(10, month=7)):
        work(habit.organization)
        assert ended(habit) == [(june(1, month=7), "expired")]


def test_nobody_is_reminded_of_an_end_that_does_not_come(paused: Rule, habit: Badge, alice: Person) -> None:
    with telling(june(25)):
        remind(organization=habit.organization)
        assert Notice.objects.filter(award__badge=habit).count() == 0
        set_rule_state(rule=paused, state="active", by=alice)
        work(habit.organization)
        remind(organization=habit.organization)
        assert Notice.objects.filter(award__badge=habit).count() == 1


def test_a_withdrawn_badge_counts_for_no_rule(
    inside: Organization, habit: Badge, above: Badge, ann: Person, alice: Person
) -> None:
    hand = BadgeFactory(organization=inside, slug="hand", name="Hand", mode="hand")
    both = {"type": "holds", "at_least": 2, "badges": ["habit", "hand"]}
    kept = BadgeFactory(organization=inside, slug="kept", name="Kept", mode="rule")
    with telling(june(2)):
        by_rule(habit, SUBMITTED, {"type": "permanent"})
        by_rule(above, both, {"type": "satisfied"})
        by_rule(kept, held("above"), {"type": "permanent"})
        did(ann, june(1))
        grant_by_hand(badge=hand, person=ann, by=None, reason="Shown.")
        work(inside)
        holding = [("ann", "rule", None)]
        assert (standing(above), standing(kept)) == (holding, holding)
    for badge in (habit, hand):
        with telling(june(5)):
            change_badge_state(badge=badge, state="withdrawn", by=alice, reason="A mistake.")
            work(inside)
            assert (standing(above), standing(kept)) == ([], [])
        with telling(june(9)):
            change_badge_state(badge=badge, state="retired", by=alice)
            work(inside)
            assert (standing(above), standing(kept)) == (holding, holding), "as though it had never been"


def unmet(badge: Badge, person: Person) -> None:
    """It was right when it was put down, and is not any more."""
    Example.objects.create(
        organization=badge.organization, badge=badge, person=person, should_hold=True,
    )  # fmt: skip


UNMET = r"Ann should hold it by this rule, and would not\. Change its rule, or remove the example"


def test_no_rule_comes_into_force_that_does_not_meet_its_examples(
    inside: Organization, habit: Badge, alice: Person
) -> None:
    ann = PersonFactory(organization=inside, external_id="ann", name="Ann")
    draft = BadgeFactory(organization=inside, slug="draft", name="Draft", mode="rule", state="draft")
    for badge in (habit, draft):
        save_rule(badge=badge, definition={"criterion": SUBMITTED, "retention": MONTHLY}, by=alice)
        unmet(badge, ann)
    rule = set_rule_state(rule=Rule.objects.get(badge=habit), state="paused", by=alice)
    with pytest.raises(Refused, match=UNMET):
        set_rule_state(rule=rule, state="active", by=alice)
    with pytest.raises(Refused, match=UNMET):
        change_badge_state(badge=draft, state="active", by=alice)
    assert (Rule.objects.get(badge=habit).state, Badge.objects.get(pk=draft.pk).state) == ("paused", "draft")
    did(ann, now())
    set_rule_state(rule=rule, state="active", by=alice)
    assert change_badge_state(badge=draft, state="active", by=alice).state == BadgeState.ACTIVE


def test_the_pages_say_which_example_is_not_met(
    as_alice: Client, organization: Organization, alice: Person
) -> None:
    with tenant(organization):
        badge = BadgeFactory(
            organization=organization, slug="draft", name="Draft", mode="rule", state="draft"
        )
        rule = save_rule(badge=badge, definition={"criterion": SUBMITTED, "retention": MONTHLY}, by=alice)
        unmet(badge, PersonFactory(organization=organization, name="Ann"))
    page = as_alice.post("/riverside/badges/draft/state/active/")
    assert page.status_code == 422
    assert "Ann should hold it by this rule, and would not." in page.content.decode()
    with tenant(organization):
        Rule.objects.filter(pk=rule.pk).update(state="paused")
        Badge.objects.filter(pk=badge.pk).update(state="active")
    page = as_alice.post("/riverside/badges/draft/rule/active/", follow=True)
    text = unescape(strip_tags(page.text))
    assert "The rule stays paused" in text
    assert text.count("Ann should hold it by this rule, and would not.") == 1
    assert "press “Remove” beside the example. Then press “Take up the rule again”." in text
    with tenant(organization):
        assert Rule.objects.get(pk=rule.pk).state == "paused"


def test_while_everybody_is_looked_at_a_page_says_so_and_tells_no_progress(
    as_alice: Client, as_bob: Client, organization: Organization, alice: Person, bob: Person
) -> None:
    with tenant(organization):
        badge = BadgeFactory(
            organization=organization, slug="draft", name="Draft", mode="rule", state="draft"
        )
        rule = save_rule(badge=badge, definition={"criterion": SUBMITTED, "retention": MONTHLY}, by=alice)
        did(bob, now())
    looking = "Lapel is looking at everybody by its rule now."
    assert looking not in as_alice.get("/riverside/badges/draft/").text, "a draft's rule is at rest"
    done = as_alice.post("/riverside/badges/draft/state/active/", follow=True).text
    assert f"Draft is in use. {looking}" in unescape(done)
    page = as_bob.get("/riverside/badges/draft/").text
    assert looking in page
    wrong = ("Nobody holds it yet", "You do not hold it yet", "0 of 1")
    assert [said for said in wrong if said in page] == []
    assert "0 of 1" not in as_bob.get("/riverside/").text
    with tenant(organization):
        Rule.objects.filter(pk=rule.pk).update(recheck_asked_at=None, recheck_tells=False)
    page = as_bob.get("/riverside/badges/draft/").text
    assert looking not in page
    assert [said for said in wrong if said not in page] == []
    assert "0 of 1" in as_bob.get("/riverside/").text


def test_paused_rules_are_marked_for_those_who_can_take_them_up(
    as_alice: Client, as_bob: Client, organization: Organization
) -> None:
    def pause(slug: str) -> tuple[int, int]:
        with tenant(organization):
            badge = BadgeFactory(organization=organization, slug=slug, name=slug.title(), mode="rule")
            save_rule(badge=badge, definition={"criterion": SUBMITTED, "retention": MONTHLY}, by=None)
        for page in PAGES:
            as_alice.get(page)
        with tenant(organization):
            set_rule_state(rule=Rule.objects.get(badge=badge), state="paused", by=None)
        return cost(PAGES[0]), cost(PAGES[1])

    def cost(page: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_alice.get(page).status_code == 200
        return len(captured)

    first = pause("one")
    assert "1 rule is paused" in as_alice.get("/riverside/").text
    pause("two")
    assert pause("three") == first
    home, catalogue = (as_alice.get(page).text for page in PAGES)
    assert "3 rules are paused" in home
    assert 'href="/riverside/badges/two/rule/"' in home
    assert catalogue.count("Rule paused") == 3
    assert [page for page in PAGES if "paused" in as_bob.get(page).text] == []


PAGES = ("/riverside/", "/riverside/badges/")


@pytest.mark.parametrize("retention", [MONTHLY, {"type": "permanent"}])
def test_what_a_pause_means_for_those_who_lost_it_meanwhile_is_said_where_any_can(
    as_alice: Client, organization: Organization, retention: dict[str, Any]
) -> None:
    with tenant(organization):
        badge = BadgeFactory(organization=organization, slug="b", name="B", mode="rule")
        rule = save_rule(badge=badge, definition={"criterion": SUBMITTED, "retention": retention}, by=None)
        set_rule_state(rule=rule, state="paused", by=None)
    page = as_alice.get("/riverside/badges/b/rule/").text
    assert "While the rule is paused, nobody gets" in page
    assert ("For all others it ended on its day." in page) == (retention == MONTHLY)
