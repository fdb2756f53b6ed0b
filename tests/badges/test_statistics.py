"""Badges in numbers."""

import csv
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Activity, Source
from badges.models import Award, Badge
from badges.statistics import Numbers, Place, days_from_first_activity, numbers, overview, places
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, KindFactory, LocationFactory, PersonFactory

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)


def award(badge: Badge, person: Person, days: int, origin: str = "hand", **fields: object) -> Award:
    return Award.objects.create(
        organization=badge.organization, badge=badge, person=person, origin=origin,
        starts_at=NOON - timedelta(days=days), recorded_at=NOON, **fields,
    )  # fmt: skip


@pytest.fixture
def badge(inside: Organization) -> Badge:
    return BadgeFactory(organization=inside, slug="star", name="Star", mode="both")


def test_a_badge_in_numbers(inside: Organization, badge: Badge) -> None:
    joined = [date(2026, 11, 20), date(2026, 10, 25), date(2026, 1, 1), None]
    first, second, third, gone = (PersonFactory(organization=inside, joined_on=day) for day in joined)
    Person.objects.filter(pk=gone.pk).update(left_on=date(2026, 11, 1))
    award(badge, first, 2)  # two days after joining
    award(badge, second, 10, expires_at=NOON + timedelta(days=59))  # 20 days
    award(badge, second, 5, "rule", expires_at=NOON + timedelta(days=70))
    award(badge, third, 1, "rule", expires_at=NOON + timedelta(days=60))  # 326 days
    award(badge, gone, 9)
    award(badge, third, 300, ended_at=NOON, ended_why="revoked")
    found = numbers(inside, [badge.pk], NOON)
    expected = Numbers(holders=4, present=3, by_hand=2, by_rule=1, by_both=1, ending=1, days=20)
    assert found == {badge.pk: expected}


def test_by_location_most_first(inside: Organization, badge: Badge) -> None:
    ward, office, empty = (
        LocationFactory(organization=inside, name=name) for name in ("Ward", "Office", "Empty")
    )
    for location, holds in ((ward, 2), (ward, 1), (office, 1), (office, 0), (empty, 0), (None, 1)):
        person = PersonFactory(organization=inside, location=location)
        for number in range(holds):
            award(badge, person, 1, ("hand", "rule")[number])
    assert places(badge) == [Place("Ward", 2, 2), Place("", 1, 1), Place("Office", 1, 2)]
    assert [place.percent for place in places(badge)] == [100, 100, 50]


def test_how_long_it_took_from_the_first_activity(inside: Organization, badge: Badge) -> None:
    assert days_from_first_activity(badge) is None
    kind = KindFactory(organization=inside)
    source = Source.objects.create(organization=inside, name="lapel")
    for days in (3, 8, 40):
        person = PersonFactory(organization=inside)
        for ago in (days, 2):
            Activity.objects.create(
                organization=inside, person=person, kind=kind, source=source, external_id=f"{person.pk} {ago}",
                occurred_at=NOON - timedelta(days=ago), recorded_at=NOON,
            )  # fmt: skip
        award(badge, person, 1)
    assert days_from_first_activity(badge) == 7


def test_the_overview_has_a_year_by_month(
    inside: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    BadgeFactory(organization=inside, name="Unused")
    award(badge, bob, 0)
    award(badge, bob, 30, "rule", ended_at=NOON - timedelta(days=1), ended_why="lapsed")
    award(badge, bob, 400, key="old", ended_at=NOON - timedelta(days=390), ended_why="expired")
    star, unused = overview(alice, NOON)
    assert (star.given, star.ended) == ([0] * 10 + [1, 1], [0] * 11 + [1])
    assert (star.gained, star.lost, star.numbers.holders, unused.gained, unused.numbers) == (
        2,
        1,
        1,
        0,
        Numbers(),
    )
    assert star.percent == 100 // star.people


def test_the_pages_and_the_file(as_alice: Client, organization: Organization, bob: Person) -> None:
    with tenant(organization):
        badge = BadgeFactory(organization=organization, slug="star", name="=Star")
        Award.objects.create(
            organization=organization,
            badge=badge,
            person=bob,
            origin="hand",
            starts_at=now(),
            recorded_at=now(),
        )
        BadgeFactory(organization=organization, slug="other", state="retired")
    one = as_alice.get("/riverside/badges/star/statistics/").content.decode()
    assert "Show the numbers" in one
    assert "=Star" in as_alice.get("/riverside/badges/overview/").content.decode()
    answer = as_alice.get("/riverside/badges/overview/file/")
    assert answer["Cache-Control"] == "private, no-store"
    rows = list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))
    assert [row[1] for row in rows] == ["Short name", "star", "other"]
    assert (rows[1][0], rows[1][5], {len(row) for row in rows}) == ("'=Star", "1", {14})


def test_however_many_badges_the_overview_asks_as_often(as_alice: Client, organization: Organization) -> None:
    asked = []
    for number in (1, 3):
        with tenant(organization):
            while Badge.objects.count() < number:
                BadgeFactory(organization=organization)
        with CaptureQueriesContext(connection) as queries:
            assert as_alice.get("/riverside/badges/overview/").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.fixture
def compared(organization: Organization, alice: Person, bob: Person) -> None:
    """Amber held by two, one of whom joined; Blue by one, for whom it took longer; Coral, last in line, by nobody."""
    with tenant(organization):
        wards = [LocationFactory(organization=organization, name=name) for name in ("North", "East")]
        said = {"Amber": [alice, bob], "Blue": [bob], "Coral": []}
        for position, (name, people) in enumerate(said.items()):
            badge = BadgeFactory(organization=organization, name=name, slug=name.lower(), position=position)
            for person in people:
                award(badge, person, 100 if name == "Amber" else 1)
        Person.objects.filter(pk=bob.pk).update(
            joined_on=NOON.date() - timedelta(days=200), location=wards[0]
        )
        Person.objects.filter(pk=alice.pk).update(location=wards[1])
        for _ in range(2):
            PersonFactory(organization=organization, location=wards[1])


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", "ABC"), ("name", "ABC"), ("-name", "CBA"), ("holders", "ABC"), ("-holders", "CBA"), ("-share", "CBA"),
        ("days", "ABC"), ("-days", "BAC"), ("given", "ABC"), ("nonsense", "ABC"), ("--name", "ABC"), ("\0", "ABC"),
    ],
)  # fmt: skip
def test_the_overview_is_sorted_by_a_column_and_so_is_its_file(
    as_alice: Client, compared: None, sort: str, order: str
) -> None:
    answer = as_alice.get("/riverside/badges/overview/", {"sort": sort})
    assert "".join(row.badge.name[0] for row in answer.context["rows"]) == order
    file = as_alice.get("/riverside/badges/overview/file/", {"sort": sort})
    rows = list(csv.reader(file.content.decode("utf-8-sig").splitlines()))
    assert "".join(row[0][0] for row in rows[1:]) == order


def test_heads_say_the_order_and_turn_it_round(as_alice: Client, compared: None) -> None:
    page = as_alice.get("/riverside/badges/overview/?sort=holders").text
    assert page.count("aria-sort=") == 1
    assert 'aria-sort="descending"><a class="sort" id="sort-holders" href="?sort=-holders"' in page
    assert 'id="sort-days" href="?sort=days"' in page
    assert 'href="/riverside/badges/overview/file/?sort=holders"' in page
    assert 'aria-sort="ascending"' in as_alice.get("/riverside/badges/overview/?sort=-holders").text


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("", "EN"), ("place", "EN"), ("-place", "NE"), ("holders", "EN"), ("share", "NE"), ("-share", "EN"),
        ("people", "EN"), ("-people", "NE"),
    ],
)  # fmt: skip
def test_locations_are_sorted_by_a_column(as_alice: Client, compared: None, sort: str, order: str) -> None:
    answer = as_alice.get("/riverside/badges/amber/statistics/", {"sort": sort})
    assert "".join(place.name[0] for place in answer.context["places"]) == order
    assert len(re.findall(r'href="\?sort=-?[a-z]+#places"', answer.text)) == 4, "back to the table, far down"
