"""How far somebody is, clause by clause, in words and with dates."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Activity, Kind, Source
from badges.actions import grant_by_hand, revoke_award
from badges.models import Award, Badge
from people.clock import telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import evaluate_people, reconcile_with_dependents, save_rule
from rules.clauses import Clause, clauses
from rules.models import Rule, RuleRun
from rules.progress import how_far
from tests.factories import BadgeFactory, LocationFactory, PlacementFactory

NOW = datetime(2026, 3, 20, 17, tzinfo=UTC)  # a Friday, 13:00 in New York
SELECT = {"kinds": ["improvement.submitted"]}


def count(n: int, **others: Any) -> dict[str, Any]:
    return {"type": "count", "at_least": n, "select": SELECT, **others}


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="b", name="B", mode="both")


def did(person: Person, *days: str, value: int | None = None) -> None:
    with tenant(person.organization):
        source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
        kind, _ = Kind.objects.get_or_create(organization=person.organization, name=SELECT["kinds"][0])
        for day in days:
            at = datetime.fromisoformat(f"2026-{day}T17:00:00+00:00")
            Activity.objects.create(
                organization=person.organization, person=person, kind=kind, source=source, value=value,
                external_id=f"{person.pk}/{day}/{value}", occurred_at=at, recorded_at=at,
            )  # fmt: skip


def asked(badge: Badge, person: Person, criterion: dict[str, Any], **rule: Any) -> list[Clause]:
    definition = {"criterion": criterion, "retention": {"type": "permanent"}, **rule}
    with tenant(badge.organization), telling(NOW):
        save_rule(badge=badge, definition=definition, by=None)
        return clauses(person, badge.slug)


def told(clause: Clause) -> tuple[str, str, str | None]:
    return clause.have, clause.missing, clause.by and f"{clause.by:%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (count(9), ("3 of 9", "6 more", None)),
        (count(4, within="7 days"), ("2 of 4", "2 more", "03-25 17:00")),  # when the one of the 18th leaves
        (count(4, per="month"), ("3 of 4", "1 more", "04-01 04:00")),
        (count(4, per="week"), ("2 of 4", "2 more", "03-23 04:00")),
        ({"type": "sum", "at_least": 100, "select": SELECT}, ("15 of 100", "85 more", None)),
        (
            {"type": "average", "at_least": 9, "over": 5, "select": SELECT},
            ("an average of 5.00 over 3", "2 more are needed", None),
        ),
        ({"type": "streak", "length": 5, "per": "week", "select": SELECT}, ("3 of 5", "2 more", "03-23 04:00")),
        ({"type": "tenure", "of": "1 year"}, ("", "", "01-05 05:00")),
        ({"type": "holds", "at_least": 1, "badges": ["other"]}, ("0 of 1", "1 more", None)),
    ],
)  # fmt: skip
def test_each_criterion_says_what_is_there_and_what_is_missing(
    badge: Badge, bob: Person, criterion: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    with tenant(badge.organization):
        Person.objects.filter(pk=bob.pk).update(joined_on=date(2026, 1, 5))
        bob.refresh_from_db()
    BadgeFactory(organization=badge.organization, slug="other", name="Other")
    if criterion["type"] == "streak":
        did(bob, "03-04", "03-10", "03-18")
    else:
        did(bob, "03-04", "03-18", "03-19", value=5)
    [clause] = asked(badge, bob, criterion)
    assert (told(clause), clause.is_met) == (expected, False)


def test_composed_rules_are_told_part_by_part(badge: Badge, bob: Person, alice: Person) -> None:
    other = BadgeFactory(organization=badge.organization, slug="other", name="Other", mode="hand")
    with tenant(badge.organization), telling(datetime(2026, 3, 1, tzinfo=UTC)):
        grant_by_hand(badge=other, person=bob, by=alice, reason="Well done")
    did(bob, "03-04")
    parts = [
        count(1),
        {"type": "holds", "at_least": 1, "badges": ["other"]},
        {"type": "any_of", "parts": [count(5), {"type": "tenure", "of": "9 years"}]},
    ]
    [whole] = asked(badge, bob, {"type": "all_of", "parts": parts})
    assert (whole.words, whole.have, whole.is_met) == ("All of these", "2 of 3", False)
    assert [part.is_met for part in whole.parts] == [True, True, False]
    assert [told(part)[0] for part in whole.parts[2].parts] == ["1 of 5", ""]
    assert whole.parts[0].met_at == datetime(2026, 3, 4, 17, tzinfo=UTC)


def test_what_must_come_close_together_counts_no_more_when_it_is_old(badge: Badge, bob: Person) -> None:
    did(bob, "03-01")
    parts = [count(1), {"type": "tenure", "of": "9 years"}]
    [whole] = asked(badge, bob, {"type": "all_of", "within": "7 days", "parts": parts})
    assert [part.is_met for part in whole.parts] == [False, False]


def test_for_whom_it_is_is_a_clause_too(badge: Badge, bob: Person) -> None:
    ward = LocationFactory(organization=badge.organization, external_id="w", name="Ward 1")
    PlacementFactory(
        organization=badge.organization, person=bob, from_on=date(2026, 1, 1), location=ward, title="Nurse"
    )
    fits = {"locations": ["w"], "titles": ["Nurse"]}
    assert [one.is_met for one in asked(badge, bob, count(2), **{"for": fits})] == [True, False]
    assert [one.is_met for one in asked(badge, bob, count(2), **{"for": {"titles": ["Clerk"]}})] == [
        False,
        False,
    ]


def test_what_ended_is_earned_again_by_the_next(badge: Badge, bob: Person) -> None:
    did(bob, "01-04")
    [clause] = asked(badge, bob, count(1), retention={"type": "expires", "after": "1 week"})
    assert (clause.is_met, clause.have, clause.missing) == (False, "0 of 1", "1 more")
    with tenant(badge.organization), telling(NOW):
        Rule.objects.update(recheck_asked_at=None)  # everybody was looked at
        assert [one.told for one in how_far(bob)] == ["0 of 1"]


def test_of_conditions_that_are_all_asked_for_the_last_one_is_named(badge: Badge, bob: Person) -> None:
    did(bob, "01-04")
    asked(badge, bob, {"type": "all_of", "parts": [count(1), count(3)]})
    with tenant(badge.organization), telling(NOW):
        Rule.objects.update(recheck_asked_at=None)  # everybody was looked at
        [near] = how_far(bob)
    assert near.told == "1 of 2"
    assert near.missing.startswith("not yet: ")
    assert "at least 3" in near.missing


def test_a_recheck_that_does_not_come_to_an_end_hides_nothing_for_long(
    badge: Badge, bob: Person, as_bob: Client, as_alice: Client
) -> None:
    did(bob, "03-19")
    with tenant(badge.organization), telling(NOW):
        save_rule(
            badge=badge, definition={"criterion": count(2), "retention": {"type": "permanent"}}, by=None
        )
        RuleRun.objects.create(
            organization=badge.organization, rule=Rule.objects.get(), started_at=NOW, seconds=1, error="Oh no"
        )
    page, runs = badge.get_absolute_url(), f"{badge.get_absolute_url()}rule/history/"

    def told(minutes: int) -> tuple[list[str], bool, bool]:
        with telling(NOW + timedelta(minutes=minutes)):
            with tenant(badge.organization):
                near = [one.told for one in how_far(bob) if one.rechecked]
            own = as_bob.get(page).text
            return near, "It is being re-checked." in own, "1 of 2, 1 more" in own

    assert told(1) == ([], True, False)
    assert told(11) == (["1 of 2"], True, True)
    assert "Re-checking everybody fails" in as_alice.get(runs).text
    with tenant(badge.organization):
        Rule.objects.update(recheck_asked_at=None)
    assert told(11) == ([], False, True)
    assert "Re-checking everybody fails" not in as_alice.get(runs).text


def test_the_nearest_of_all_kinds_are_told_in_their_rules_words(badge: Badge, bob: Person) -> None:
    """Sums, streaks, averages, combinations, held badges, some people's and repeatable ones, at one price."""
    organization = badge.organization
    PlacementFactory(organization=organization, person=bob, from_on=date(2026, 1, 1), title="Nurse")
    with tenant(organization):
        bob.joined_on = date(2026, 1, 1)
        bob.save()
    did(bob, "01-10", "02-10", "03-18", value=10)
    rules: dict[str, dict[str, Any]] = {
        "sum": {"criterion": {"type": "sum", "at_least": 40, "select": SELECT}},
        "streak": {"criterion": {"type": "streak", "length": 4, "per": "month", "select": SELECT}},
        "average": {"criterion": {"type": "average", "at_least": 12, "over": 3, "select": SELECT}},
        "parts": {"criterion": {"type": "all_of", "parts": [
            count(1), {"type": "any_of", "parts": [count(4), {"type": "tenure", "of": "5 years"}]}]}},
        "holder": {"criterion": {"type": "holds", "at_least": 2, "badges": ["have", "parts"]}},
        "nurse": {"criterion": count(5), "for": {"titles": ["Nurse"]}},
        "clerk": {"criterion": count(5), "for": {"titles": ["Clerk"]}},
        "again": {"criterion": count(2), "repeatable": True},
        "month": {"criterion": count(1, per="month"), "repeatable": True},
        "have": {"criterion": count(1)},
        "past": {"criterion": count(9), "counts": {"until": "2026-01-01T00:00:00Z"}},
        "years": {"criterion": {"type": "tenure", "of": "5 years"}},
    }  # fmt: skip
    with tenant(organization), telling(NOW):
        for slug, text in rules.items():
            other = BadgeFactory(organization=organization, slug=slug, name=slug, mode="rule")
            save_rule(badge=other, definition={"retention": {"type": "permanent"}, **text}, by=None)
        evaluate_people(organization=organization, person_ids=[bob.pk])
        Rule.objects.update(recheck_asked_at=None)  # everybody was looked at
        found = {one.badge.name: (one.percent, one.told) for one in how_far(bob)}
        assert found == {
            "parts": (87, "1 of 2"),
            "average": (83, "an average of 10.00 over 3"),
            "sum": (75, "30 of 40"),
            "streak": (75, "3 of 4"),
            "nurse": (60, "3 of 5"),
            "again": (50, "1 of 2"),
            "holder": (50, "1 of 2"),
            "years": (0, ""),
        }
        assert [one.badge.name for one in how_far(bob)] == [*found]
        assert "Nurse" in next(one.sentence for one in how_far(bob) if one.badge.name == "nurse")
        costs = []
        for slug in ("more", "most"):
            with CaptureQueriesContext(connection) as captured:
                how_far(bob)
            costs.append(len(captured))
            save_rule(
                badge=BadgeFactory(organization=organization, slug=slug, name=slug, mode="rule"),
                definition={"criterion": count(7, within="90 days"), "retention": {"type": "permanent"}},
                by=None,
            )
        assert costs[0] == costs[1]


def test_after_it_was_taken_back_only_what_came_later_counts(
    badge: Badge, bob: Person, alice: Person
) -> None:
    did(bob, "03-04", "03-05")
    assert asked(badge, bob, count(2))
    with tenant(badge.organization), telling(NOW):
        evaluate_people(organization=badge.organization, person_ids=[bob.pk])
        revoke_award(award=Award.objects.get(), by=alice, reason="A mistake")
        [clause] = clauses(bob, "b")
    assert told(clause)[:2] == ("0 of 2", "2 more")


def test_a_badge_without_a_rule_has_no_clauses(badge: Badge, bob: Person) -> None:
    with tenant(badge.organization):
        assert clauses(bob, "b") == []


def test_the_page_of_a_badge_says_it_to_the_reader(badge: Badge, bob: Person, as_bob: Client) -> None:
    did(bob, "03-18")
    asked(badge, bob, {"type": "all_of", "parts": [count(1), count(3)]})
    with tenant(badge.organization):
        reconcile_with_dependents(organization=badge.organization, rule_id=Rule.objects.get().pk)
    page = as_bob.get("/riverside/badges/b/").content.decode()
    assert "1 of 3, 2 more" in page
    assert "All of these" in page


def test_the_page_costs_the_same_for_one_part_and_for_three(
    badge: Badge, bob: Person, as_bob: Client
) -> None:
    costs = []
    for parts in (1, 3):
        asked(badge, bob, {"type": "all_of", "parts": [count(n + 1) for n in range(parts)]})
        with CaptureQueriesContext(connection) as captured:
            assert as_bob.get("/riverside/badges/b/").status_code == 200
        costs.append(len(captured))
    assert costs[0] == costs[1]


def test_the_page_of_what_ended_says_how_to_earn_it_again(
    badge: Badge, bob: Person, alice: Person, as_bob: Client
) -> None:
    asked(badge, bob, count(3))
    with tenant(badge.organization):
        award = grant_by_hand(badge=badge, person=bob, by=alice, reason="Well done")
        assert "What it takes to earn it again" not in as_bob.get(award.get_absolute_url()).content.decode()
        revoke_award(award=award, by=alice, reason="A mistake")
    page = as_bob.get(award.get_absolute_url()).content.decode()
    assert "What it takes to earn it again" in page
    assert "0 of 3, 3 more" in page
