"""Who held a badge on a day that is past: by the timeline and by hand, as a page and as a file."""

import csv
import io
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Activity, Kind, Source
from badges.actions import grant_by_hand, revoke_award
from badges.models import Badge
from people.clock import now, telling
from people.models import Organization, Person
from people.tenancy import tenant
from people.text import safe_cell
from people.zones import last_instant
from rules.actions import save_rule
from rules.holdings import held_on
from tests.factories import BadgeFactory, KindFactory, LocationFactory, PersonFactory, PlacementFactory

MONTHLY = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "while", "at_least": 1, "within": "1 month"},
}
PATH = "/riverside/badges/monthly/holders/"
FILE = "/riverside/badges/monthly/holders.csv"


@pytest.fixture
def badge(organization: Organization) -> Badge:
    badge = BadgeFactory(organization=organization, slug="monthly", name="Monthly", mode="both")
    kind = KindFactory(organization=organization)
    assert kind.pk
    with tenant(organization):
        save_rule(badge=badge, definition=MONTHLY, by=None)
    return badge


def submitted(person: Person, *days: datetime) -> None:
    with tenant(person.organization):
        source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
        kind = Kind.objects.get(organization=person.organization)
        for at in days:
            Activity.objects.create(
                organization=person.organization, person=person, kind=kind, source=source,
                external_id=f"{person.pk}/{at.isoformat()}", occurred_at=at, recorded_at=at,
            )  # fmt: skip


def at(month: int, day: int, hour: int = 17, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def names(badge: Badge, day: date) -> list[str]:
    with tenant(badge.organization):
        return [held.person.name for held in held_on(badge, day)]


def test_a_day_is_asked_at_its_last_microsecond_there(organization: Organization) -> None:
    with tenant(organization):
        assert last_instant(date(2026, 3, 4), organization.time_zone) == at(3, 5, 5) - timedelta(
            microseconds=1
        )


def test_the_rule_is_asked_as_of_that_day(badge: Badge, bob: Person) -> None:
    submitted(bob, at(3, 4))
    held = [date(2026, 3, day) for day in (3, 4, 31)] + [date(2026, 4, 3), date(2026, 4, 4)]
    assert [names(badge, day) for day in held] == [[], ["Bob Brown"], ["Bob Brown"], ["Bob Brown"], []]


def test_the_last_moments_of_a_local_day_are_still_that_day(badge: Badge, bob: Person) -> None:
    submitted(bob, at(3, 5, 4, 59))  # a minute to midnight in New York
    assert (names(badge, date(2026, 3, 4)), names(badge, date(2026, 3, 3))) == (["Bob Brown"], [])


def test_awards_by_hand_count_from_when_to_when_they_stood(badge: Badge, bob: Person, alice: Person) -> None:
    with tenant(badge.organization):
        with telling(at(3, 4)):
            award = grant_by_hand(badge=badge, person=bob, by=alice, reason="Well done")
        with telling(at(3, 9)):
            revoke_award(award=award, by=alice, reason="A mistake")
    days = [date(2026, 3, day) for day in (3, 4, 8, 9)]
    assert [names(badge, day) for day in days] == [[], ["Bob Brown"], ["Bob Brown"], []]


def test_today_is_as_of_now(badge: Badge, bob: Person, alice: Person, as_mary: Client) -> None:
    today = now().astimezone(badge.organization.time_zone).date()
    end = last_instant(today, badge.organization.time_zone)
    with tenant(badge.organization):
        grant_by_hand(badge=badge, person=bob, by=alice, reason="So", ends_at=end)
    for asked in ({}, {"on": today.isoformat()}):
        page = as_mary.get(PATH, asked).text
        assert "1 person holds Monthly now" in page
        assert "Bob Brown" in page
    assert "Bob Brown" in as_mary.get(FILE).content.decode("utf-8-sig")
    before = as_mary.get(PATH, {"on": (today - timedelta(days=1)).isoformat()}).text
    assert "0 people held Monthly at the end of" in before


def test_titles_and_areas_are_those_of_that_day(badge: Badge, bob: Person) -> None:
    ward = LocationFactory(organization=badge.organization, name="Ward 1")
    PlacementFactory(
        organization=badge.organization, person=bob, from_on=date(2026, 1, 1), title="Nurse", location=ward
    )
    PlacementFactory(organization=badge.organization, person=bob, from_on=date(2026, 3, 20), title="Matron")
    submitted(bob, at(3, 4))
    with tenant(badge.organization):
        then = [(held.title, held.area) for day in (19, 20) for held in held_on(badge, date(2026, 3, day))]
    assert then == [("Nurse", "Ward 1"), ("Matron", "")]


def test_the_page_names_them_and_offers_the_file(badge: Badge, bob: Person, as_mary: Client) -> None:
    submitted(bob, at(3, 4))
    page = as_mary.get(PATH, {"on": "2026-03-10"}).content.decode()
    assert "1 person held Monthly at the end of" in page
    assert "Bob Brown" in page
    assert f"{FILE}?on=2026-03-10" in page


@pytest.mark.parametrize("on", ["yesterday", "2026-02-30", "9999-12-31", "1066-10-14", "\0", ""])
def test_a_day_that_is_none_gets_a_message_beside_the_field(badge: Badge, as_mary: Client, on: str) -> None:
    for path in (PATH, FILE):
        response = as_mary.get(path, {"on": on})
        assert response.status_code == 422
        assert 'id="id_on-err"' in response.content.decode()


def test_the_page_costs_the_same_for_one_and_for_three(badge: Badge, bob: Person, as_mary: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_mary.get(PATH, {"on": "2026-03-10"}).status_code == 200
        return len(captured)

    submitted(bob, at(3, 4))
    one = cost()
    for _ in range(2):
        submitted(PersonFactory(organization=badge.organization), at(3, 4))
    assert cost() == one


def test_the_file_has_a_row_an_award_and_no_formulas(
    badge: Badge, organization: Organization, as_mary: Client
) -> None:
    submitted(PersonFactory(organization=organization, name="=cmd()", external_id="P1"), at(3, 4))
    response = as_mary.get(FILE, {"on": "2026-03-10"})
    assert response["Content-Disposition"] == 'attachment; filename="monthly-2026-03-10.csv"'
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["Name"], row["Staff number"], row["Since"], row["Given"]) for row in rows] == [
        ("'=cmd()", "P1", "2026-03-04T12:00:00-05:00", "by rule")
    ]


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a", "\ta", "\ra", "\na", "＝1"])
def test_no_cell_begins_a_formula(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


def test_other_cells_are_as_they_are() -> None:
    assert [safe_cell(value) for value in ("Ann", "", None, 3, "a=b")] == ["Ann", "", "", "3", "a=b"]
