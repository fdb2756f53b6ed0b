"""Administering people, locations and the organization: what the pages do, and what they refuse."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from people.actions import add_person, edit_person
from people.invitations import invite_person
from people.models import AuditEntry, Location, Organization, Person, Placement, RecordChange
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory

HOME = "/riverside/settings/"


@pytest.fixture
def olga(organization: Organization) -> Person:
    """An owner."""
    person = PersonFactory(organization=organization, name="Olga Owen", user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=person, role=Role.OWNER)
    return person


@pytest.fixture
def ward(organization: Organization) -> Location:
    return LocationFactory(organization=organization, name="Ward 4B")


def data_of(person: Person, **changes: Any) -> dict[str, Any]:
    data = {
        "name": person.name,
        "email": person.email,
        "title": person.title,
        "external_id": person.external_id,
    }
    return data | changes


def changes(organization: Organization) -> list[int | None]:
    with tenant(organization):
        return list(RecordChange.objects.order_by("pk").values_list("person", flat=True))


# --- people


def test_a_person_is_added_with_a_number_of_their_own(as_alice: Client, organization: Organization) -> None:
    response = as_alice.post(f"{HOME}people/new/", {"name": "Nia New", "title": "Nurse"})
    with tenant(organization):
        nia = Person.objects.get(name="Nia New")
        placements = list(Placement.objects.filter(person=nia).values_list("from_on", "title"))
    assert response.headers["Location"] == f"{HOME}people/{nia.pk}/"
    assert (nia.external_id, placements) == (f"lapel-{nia.pk}", [(date.min, "Nurse")])
    assert changes(organization) == [nia.pk]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "a\x00b"),
        ("name", "evil\u202etxt"),
        ("name", "x" * 151),
        ("email", "nobody"),
        ("email", "a@b.example\r\nBcc: x@y.example"),
        ("email", "BOB@riverside.example"),
        ("title", "x" * 101),
        ("location", "9" * 400),
        ("location", "\x00"),
        ("manager", "Nobody Known"),
        ("manager", "\x00"),
        ("joined_on", "0001-01-01"),
        ("joined_on", "yesterday"),
        ("external_id", "x" * 101),
    ],
)
def test_wrong_input_is_told_beside_its_field_and_stores_nothing(
    as_alice: Client, bob: Person, organization: Organization, field: str, value: str
) -> None:
    response = as_alice.post(f"{HOME}people/new/", {"name": "Nia New", field: value})
    assert response.status_code == 422
    assert f'id="id_{field}-err"' in response.content.decode()
    with tenant(organization):
        assert Person.objects.filter(name__startswith="Nia").count() == 0


def test_a_move_counts_from_today_and_is_on_record(
    as_alice: Client, bob: Person, ward: Location, organization: Organization
) -> None:
    data = data_of(bob, title="Team lead", location=ward.pk)
    assert as_alice.post(f"{HOME}people/{bob.pk}/", data).status_code == 302
    with tenant(organization):
        moves = list(Placement.objects.filter(person=bob).values_list("title", "location"))
        entry = AuditEntry.objects.get(action="person.edited")
    assert moves == [("", None), ("Team lead", ward.pk)]
    assert entry.details["before"] == {"title": "", "location": ""}
    assert entry.details["after"] == {"title": "Team lead", "location": "Ward 4B"}
    assert changes(organization) == [bob.pk]


def test_saving_what_is_there_changes_nothing(
    as_alice: Client, bob: Person, organization: Organization
) -> None:
    as_alice.post(f"{HOME}people/{bob.pk}/", data_of(bob))
    with tenant(organization):
        assert (AuditEntry.objects.count(), Placement.objects.count()) == (0, 0)
    assert changes(organization) == []


def test_two_moves_on_one_day_are_one(inside: Organization, alice: Person, bob: Person) -> None:
    edit_person(person=bob, by=alice, title="Nurse")
    edit_person(person=bob, by=alice, title="Team lead")
    assert list(Placement.objects.filter(person=bob).values_list("title", flat=True)) == ["", "Team lead"]


def test_the_day_of_a_move_is_corrected_between_its_neighbours(
    as_alice: Client, alice: Person, organization: Organization
) -> None:
    with tenant(organization):
        nia = add_person(organization=organization, by=alice, name="Nia New", joined_on=date(2020, 3, 1))
        edit_person(person=nia, by=alice, title="Nurse")
        move = Placement.objects.get(person=nia, title="Nurse")
    url = f"{HOME}people/{nia.pk}/moves/{move.pk}/"
    assert as_alice.post(url, {"from_on": "2020-03-01"}).status_code == 422
    assert as_alice.post(url, {"from_on": "2021-05-01"}).status_code == 302
    with tenant(organization):
        days = list(Placement.objects.filter(person=nia).values_list("from_on", flat=True))
    assert days == [date(2020, 3, 1), date(2021, 5, 1)]


def test_an_earlier_joining_begins_the_history_earlier(inside: Organization, alice: Person) -> None:
    nia = add_person(organization=inside, by=alice, name="Nia New", joined_on=date(2020, 3, 1))
    edit_person(person=nia, by=alice, joined_on=date(2019, 3, 1))
    assert Placement.objects.get(person=nia).from_on == date(2019, 3, 1)


def test_managers_make_no_circle(
    as_alice: Client, bob: Person, mary: Person, organization: Organization
) -> None:
    assert as_alice.post(f"{HOME}people/{bob.pk}/", data_of(bob, manager="Mary Moss")).status_code == 302
    response = as_alice.post(f"{HOME}people/{mary.pk}/", data_of(mary, manager=bob.email))
    assert (response.status_code, 'id="id_manager-err"' in response.content.decode()) == (422, True)


def test_whoever_leaves_is_out_at_the_next_click_and_may_return(
    as_alice: Client, as_bob: Client, bob: Person, mary: Person, organization: Organization
) -> None:
    assert as_bob.get("/riverside/").status_code == 200
    as_alice.post(f"{HOME}people/{bob.pk}/leave/", {"left_on": "2026-11-01"})
    assert as_bob.get("/riverside/").status_code == 404
    as_alice.post(f"{HOME}people/{bob.pk}/return/")
    assert as_bob.get("/riverside/").status_code == 200


def test_leaving_ends_roles(as_alice: Client, mary: Person, organization: Organization) -> None:
    as_alice.post(f"{HOME}people/{mary.pk}/leave/", {"left_on": "2026-11-01"})
    as_alice.post(f"{HOME}people/{mary.pk}/return/")
    with tenant(organization):
        assert list(mary.role_assignments.all()) == []


def test_nobody_leaves_in_the_future(as_alice: Client, bob: Person, organization: Organization) -> None:
    for page in (f"{HOME}people/{bob.pk}/leave/", f"{HOME}people/leave/?sel={bob.pk}&ticked="):
        response = as_alice.post(page, {"left_on": "2199-01-01"})
        assert response.status_code == 422
        assert response.context["form"].errors["left_on"] == ["The day lies ahead. Come back on that day."]
    with tenant(organization):
        assert Person.objects.get(pk=bob.pk).left_on is None


# --- those who are bound to a location


@pytest.fixture
def dana(organization: Organization, ward: Location) -> Person:
    """User administrator of Ward 4B and below."""
    person = PersonFactory(organization=organization, name="Dana Dorn", user=UserFactory(), location=ward)
    RoleAssignmentFactory(
        organization=organization, person=person, role=Role.USER_ADMINISTRATOR, location=ward
    )
    return person


def test_a_bound_administrator_edits_their_own_people_alone(
    organization: Organization, dana: Person, ward: Location, bob: Person
) -> None:
    room = LocationFactory(organization=organization, name="Room 1", parent=ward)
    inside = PersonFactory(organization=organization, location=room)
    client = logged_in(dana)
    assert client.get(f"{HOME}people/{inside.pk}/").status_code == 200
    assert client.get(f"{HOME}people/{bob.pk}/").status_code == 403
    assert client.post(f"{HOME}people/{bob.pk}/", data_of(bob, name="Rob")).status_code == 403
    page = client.get(f"{HOME}people/").content.decode()
    assert (inside.name in page, "Bob Brown" in page) == (True, False)


def test_a_bound_administrator_puts_people_nowhere_else(
    organization: Organization, dana: Person, ward: Location
) -> None:
    elsewhere = LocationFactory(organization=organization, name="Ward 5")
    client = logged_in(dana)
    for location in ("", elsewhere.pk):
        response = client.post(f"{HOME}people/new/", {"name": "Nia New", "location": location})
        assert response.status_code == 422
    assert client.post(f"{HOME}people/new/", {"name": "Nia New", "location": ward.pk}).status_code == 302


def test_the_tree_is_not_for_the_bound(dana: Person) -> None:
    assert logged_in(dana).get(f"{HOME}locations/").status_code == 403


# --- locations


def test_locations_are_added_renamed_and_moved(as_alice: Client, organization: Organization) -> None:
    as_alice.post(f"{HOME}locations/new/", {"name": "Main"})
    with tenant(organization):
        main = Location.objects.get()
    as_alice.post(f"{HOME}locations/new/", {"name": "Ward", "parent": main.pk, "external_id": "W1"})
    with tenant(organization):
        ward = Location.objects.get(external_id="W1")
    as_alice.post(f"{HOME}locations/{ward.pk}/", {"name": "Ward 1", "parent": ""})
    with tenant(organization):
        ward.refresh_from_db()
        assert (ward.name, ward.parent, main.external_id) == ("Ward 1", None, f"location-{main.pk}")
    assert changes(organization) == [None]


def test_the_tree_has_no_circles(as_alice: Client, ward: Location, organization: Organization) -> None:
    room = LocationFactory(organization=organization, parent=ward)
    for parent in (ward.pk, room.pk):
        response = as_alice.post(f"{HOME}locations/{ward.pk}/", {"name": "Ward", "parent": parent})
        assert response.status_code == 422
    with tenant(organization):
        assert Location.objects.get(pk=ward.pk).parent is None


def test_a_location_with_people_is_not_closed(
    as_alice: Client, ward: Location, organization: Organization
) -> None:
    nia = PersonFactory(organization=organization, location=ward)
    page = as_alice.post(f"{HOME}locations/{ward.pk}/close/", follow=True).content.decode()
    assert "1 person works at Ward 4B. Move them first." in page
    as_alice.post(f"{HOME}people/{nia.pk}/", data_of(nia, location=""))
    as_alice.post(f"{HOME}locations/{ward.pk}/close/")
    refused = as_alice.post(f"{HOME}people/{nia.pk}/", data_of(nia, location=ward.pk))
    assert refused.status_code == 422
    as_alice.post(f"{HOME}locations/{ward.pk}/open/")
    with tenant(organization):
        assert Location.objects.get(pk=ward.pk).closed_on is None


@pytest.mark.parametrize("field", ["name", "external_id", "parent"])
def test_locations_refuse_nonsense(as_alice: Client, organization: Organization, field: str) -> None:
    response = as_alice.post(f"{HOME}locations/new/", {"name": "Ward", field: "a\x00b"})
    assert (response.status_code, f'id="id_{field}-err"' in response.content.decode()) == (422, True)


def test_two_locations_side_by_side_have_names_of_their_own(
    as_alice: Client, ward: Location, organization: Organization
) -> None:
    main = LocationFactory(organization=organization, name="Main")
    again = as_alice.post(f"{HOME}locations/new/", {"name": "ward 4b"})
    assert again.context["form"].errors == {"name": ["There is a Ward 4B at the top already."]}
    below = {"name": "Ward 4B", "parent": main.pk}
    assert as_alice.post(f"{HOME}locations/new/", below).status_code == 302
    assert as_alice.post(f"{HOME}locations/{ward.pk}/", below).context["form"].errors == {
        "name": ["There is a Ward 4B below Main already."]
    }
    with tenant(organization):
        Location.objects.filter(parent=main).update(closed_on=date(2026, 1, 1))
    assert as_alice.post(f"{HOME}locations/new/", below).context["form"].errors == {
        "name": ["There is a Ward 4B below Main already, which is closed. Open it again instead."]
    }


# --- the organization


def test_another_zone_has_everybody_looked_at_again(olga: Person, organization: Organization) -> None:
    data = {"name": "Riverside", "zone": "Asia/Tokyo", "first_weekday": "7"}
    assert logged_in(olga).post(f"{HOME}organization/", data).status_code == 302
    organization.refresh_from_db()
    assert (organization.name, organization.zone, organization.first_weekday) == (
        "Riverside",
        "Asia/Tokyo",
        7,
    )
    assert changes(organization) == [None]


def test_another_name_has_nobody_looked_at(olga: Person, organization: Organization) -> None:
    data = {"name": "River", "zone": organization.zone, "first_weekday": "1"}
    logged_in(olga).post(f"{HOME}organization/", data)
    assert changes(organization) == []


def test_a_currency_is_said_and_taken_back(olga: Person, organization: Organization) -> None:
    """A page from before there were currencies leaves it as it is."""
    data = {"name": "River", "zone": organization.zone, "first_weekday": "1"}
    found = []
    for said in ({"currency": "EUR"}, {}, {"currency": ""}):
        assert logged_in(olga).post(f"{HOME}organization/", {**data, **said}).status_code == 302
        organization.refresh_from_db()
        found.append(organization.currency)
    assert found == ["EUR", "EUR", ""]
    with pytest.raises(IntegrityError, match="currency_known"), transaction.atomic():
        Organization.objects.update(currency="XXX")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Mars/Olympus"),
        ("first_weekday", "8"),
        ("name", "\u202e"),
        ("zone", "\x00"),
        ("currency", "XXX"),
    ],
)
def test_settings_refuse_nonsense(olga: Person, organization: Organization, field: str, value: str) -> None:
    data = {"name": "Riverside", "zone": "UTC", "first_weekday": "1"} | {field: value}
    assert logged_in(olga).post(f"{HOME}organization/", data).status_code == 422
    organization.refresh_from_db()
    assert organization.zone == "America/New_York"


# --- the audit log


def test_the_audit_log_tells_and_filters(olga: Person, bob: Person, organization: Organization) -> None:
    with tenant(organization):
        edit_person(person=bob, by=olga, title="<b>Nurse</b>")
    client = logged_in(olga)
    page = client.get(f"{HOME}audit/").content.decode()
    assert 'Olga Owen changed <a href="/riverside/people/' in page
    assert "Job title: nothing to “&lt;b&gt;Nurse&lt;/b&gt;”" in page
    for query in ("who=olga", "q=bob", "show=person", "page=99999999999999999999", "show=nonsense"):
        assert "Bob Brown" in client.get(f"{HOME}audit/?{query}").content.decode()
    for query in ("who=mary", "q=alice", "show=role"):
        assert "Nothing matches" in client.get(f"{HOME}audit/?{query}").content.decode()
    for query in ("who=%00", "q=%00", "show=%00", "q=" + "%25" * 200):
        assert client.get(f"{HOME}audit/?{query}").status_code == 200


# --- how much it costs


@pytest.mark.parametrize("page", ["people/", "locations/", "roles/", "invitations/", "audit/"])
def test_lists_ask_a_constant_number_of_times(olga: Person, organization: Organization, page: str) -> None:
    client = logged_in(olga)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"{HOME}{page}").status_code == 200
        return len(captured)

    def grow() -> None:
        ward = LocationFactory(organization=organization)
        nia = PersonFactory(organization=organization, location=ward)
        RoleAssignmentFactory(
            organization=organization, person=nia, role=Role.USER_ADMINISTRATOR, location=ward
        )
        with tenant(organization):
            invite_person(person=nia, by=olga)

    grow()
    before = queries()
    grow()
    grow()
    assert queries() == before


def test_the_menu_leads_there_by_capability(as_alice: Client, as_bob: Client) -> None:
    link = 'href="/riverside/settings/"'
    pages = [client.get("/riverside/notices/").content.decode() for client in (as_alice, as_bob)]
    assert [link in page for page in pages] == [True, False]
