"""All badges that one person held on a day that is past: why, and by which version; as a page and as a file."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand, revoke_award
from badges.models import Award, Badge
from people.clock import telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import save_rule
from rules.holdings_of_one import held_by_on
from rules.models import Policy
from tests.factories import BadgeFactory, KindFactory, PersonFactory, PlacementFactory
from tests.rules.test_holders_on import at, submitted

DAY = date(2026, 3, 10)


def counting(at_least: int) -> dict[str, Any]:
    return {
        "criterion": {
            "type": "count", "at_least": at_least, "select": {"kinds": ["improvement.submitted"]},
        },
        "retention": {"type": "while", "at_least": 1, "within": "1 month"},
    }  # fmt: skip


@pytest.fixture
def monthly(organization: Organization) -> Badge:
    badge = BadgeFactory(organization=organization, slug="monthly", name="Monthly", mode="rule")
    KindFactory(organization=organization)
    with tenant(organization):
        save_rule(badge=badge, definition=counting(1), by=None)
    return badge


@pytest.fixture
def helper(organization: Organization, alice: Person, bob: Person) -> Award:
    """Given to Bob on 4 March, taken back on the 9th."""
    badge = BadgeFactory(organization=organization, name="Helper")
    with tenant(organization):
        with telling(at(3, 4)):
            award = grant_by_hand(badge=badge, person=bob, by=alice, reason="Helped at night")
        with telling(at(3, 9)):
            revoke_award(award=award, by=alice, reason="A mistake")
    return award


def held(person: Person, day: date, viewer: Person) -> list[tuple[str, str, int | None]]:
    with tenant(person.organization):
        return [(one.badge.name, one.why, one.version) for one in held_by_on(person, day, viewer)]


def test_each_is_told_as_it_was_held_on_that_day(
    monthly: Badge, helper: Award, bob: Person, mary: Person
) -> None:
    submitted(bob, at(3, 6))
    [(_, said, _)] = held(bob, DAY, mary)
    assert "1 improvement" in said or "an improvement" in said
    by_hand, by_rule = ("Helper", "Helped at night", None), ("Monthly", said, 1)
    days = [date(2026, 3, day) for day in (3, 4, 6, 8, 9)]
    assert [held(bob, day, mary) for day in days] == [
        [], [by_hand], [by_hand, by_rule], [by_hand, by_rule], [by_rule],
    ]  # fmt: skip
    assert held(bob, date(2026, 4, 6), mary) == []


def test_others_badges_are_theirs(
    monthly: Badge, organization: Organization, bob: Person, mary: Person
) -> None:
    submitted(PersonFactory(organization=organization), at(3, 6))
    assert held(bob, DAY, mary) == []


def test_a_version_that_re_checked_nobody_answers_for_what_came_after_it_alone(
    monthly: Badge, bob: Person, mary: Person
) -> None:
    with tenant(monthly.organization), telling(at(3, 7)):
        save_rule(badge=monthly, definition=counting(2), by=None, policy=Policy.KEEP)
    submitted(bob, at(3, 6), at(3, 8), at(6, 1), at(6, 2))
    assert [version for _, _, version in held(bob, DAY, mary)] == [1]
    [(_, said, version)] = held(bob, date(2026, 6, 10), mary)
    assert (version, "2 improvements" in said) == (2, True)


def test_the_page_says_it_and_offers_the_file(
    monthly: Badge, helper: Award, bob: Person, as_mary: Client
) -> None:
    PlacementFactory(organization=bob.organization, person=bob, from_on=date(2026, 1, 1), title="Nurse")
    submitted(bob, at(3, 6))
    path = f"/riverside/people/{bob.pk}/badges"
    assert f"{path}/" in as_mary.get(bob.get_absolute_url()).text
    page = as_mary.get(f"{path}/", {"on": "2026-03-08"}).text
    for said in (
        "Helped at night",
        "By <bdi>Alice",
        "By its rule, version 1",
        "Nurse, then",
        "2 badges held",
        "Rests on 1 activity of",
    ):
        assert said in page
    assert f"{path}.csv?on=2026-03-08" in page
    response = as_mary.get(f"{path}.csv", {"on": "2026-03-08"})
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    columns = ("Name", "Title", "Badge", "Since", "Given", "Version of the rule", "Activities")
    assert [[row[column] for column in columns] for row in rows] == [
        [bob.name, "Nurse", "Helper", "2026-03-04T12:00:00-05:00", "by hand", "", ""],
        [bob.name, "Nurse", "Monthly", "2026-03-06T12:00:00-05:00", "by rule", "1", "1"],
    ]


def test_one_sees_ones_own_and_no_colleagues(bob: Person, alice: Person, as_bob: Client) -> None:
    own, others = (f"/riverside/people/{person.pk}/badges" for person in (bob, alice))
    answers = [as_bob.get(f"{path}{end}").status_code for path in (own, others) for end in ("/", ".csv")]
    assert answers == [200, 200, 403, 403]
    assert f"{others}/" not in as_bob.get(alice.get_absolute_url()).text


@pytest.mark.parametrize("on", ["yesterday", "9999-12-31", "\0"])
def test_a_day_that_is_none_gets_a_message_beside_the_field(bob: Person, as_bob: Client, on: str) -> None:
    for end in ("/", ".csv"):
        response = as_bob.get(f"/riverside/people/{bob.pk}/badges{end}", {"on": on})
        assert (response.status_code, 'id="id_on-err"' in response.text) == (422, True)


def test_the_page_costs_the_same_for_one_badge_and_for_three(
    monthly: Badge, bob: Person, as_mary: Client
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            page = as_mary.get(f"/riverside/people/{bob.pk}/badges/", {"on": "2026-03-10"})
        assert page.status_code == 200
        return len(captured)

    submitted(bob, at(3, 6))
    one = cost()
    for name in ("second", "third"):
        badge = BadgeFactory(organization=bob.organization, slug=name, mode="rule")
        with tenant(bob.organization):
            save_rule(badge=badge, definition=counting(1), by=None)
    assert cost() == one
