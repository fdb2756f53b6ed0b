"""The same change for many people: what is empty stays, and it is shown before it is stored."""

import pytest
from django.test import Client

from integrations import import_work
from integrations.models import Import, ImportData
from people.models import Location, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory

URL = "/riverside/settings/people/change/"


@pytest.fixture
def olive(organization: Organization) -> Person:
    person = PersonFactory(organization=organization, name="Olive", external_id="olive", user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=person, role=Role.OWNER)
    return person


@pytest.fixture
def client(olive: Person) -> Client:
    return logged_in(olive)


@pytest.fixture
def crew(organization: Organization, olive: Person) -> list[Person]:
    ward = LocationFactory(organization=organization, name="Ward", external_id="ward")
    LocationFactory(organization=organization, name="Theatre", external_id="theatre")
    return [
        PersonFactory(organization=organization, name=name, title="Nurse", location=ward)
        for name in ("Ann", "Ben", "Cid")
    ]


def work(organization: Organization) -> Import:
    with tenant(organization):
        found = Import.objects.get()
    import_work.work(organization=organization, import_id=found.pk)
    with tenant(organization):
        return Import.objects.get()


def test_the_ticked_ones_move_and_the_others_stay(
    client: Client, organization: Organization, crew: list[Person]
) -> None:
    ann, ben, cid = crew
    address = f"{URL}?sel={ann.pk}&sel={ben.pk}"
    page = client.get(address).content.decode()
    assert [name in page for name in ("Ann", "Ben", "Cid")] == [True, True, False]
    answer = client.post(address, {"location": "theatre", "title": "", "manager": "olive"})
    assert answer.status_code == 302
    found = work(organization)
    assert (found.name, found.new, found.changed, found.bad) == ("Change of 2 people", 0, 2, 0)
    with tenant(organization):
        assert [row[1:] for row in ImportData.objects.get().samples] == [
            ["Ann", "location ward → theatre; manager none → olive"],
            ["Ben", "location ward → theatre; manager none → olive"],
        ]
    client.post(f"/riverside/settings/imports/{found.pk}/start/")
    work(organization)
    with tenant(organization):
        people = Person.objects.filter(pk__in=[ann.pk, ben.pk, cid.pk]).order_by("name")
        assert list(people.values_list("name", "title", "location__name", "manager__name")) == [
            ("Ann", "Nurse", "Theatre", "Olive"),
            ("Ben", "Nurse", "Theatre", "Olive"),
            ("Cid", "Nurse", "Ward", None),
        ]


def test_without_ticks_it_is_everybody_whom_the_list_shows(
    client: Client, organization: Organization, crew: list[Person]
) -> None:
    client.post(f"{URL}?q=nurse&show=active", {"location": "none", "title": "", "manager": ""})
    assert work(organization).changed == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "Choose what to change."),
        ({"location": "moon"}, "This location cannot be chosen."),
        ({"title": "N\0"}, "Please take out the invisible or control characters."),
        ({"manager": "nobody"}, "Nobody else here is known by that."),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(
    client: Client, organization: Organization, crew: list[Person], data: dict[str, str], message: str
) -> None:
    answer = client.post(f"{URL}?sel={crew[0].pk}", data)
    assert (answer.status_code, message in answer.content.decode()) == (422, True)
    with tenant(organization):
        assert Import.objects.count() == 0


def test_nobody_of_another_organization_is_named(client: Client, charlie: Person, crew: list[Person]) -> None:
    page = client.get(f"{URL}?sel={charlie.pk}&sel=99999999999999999999&sel=x").content.decode()
    assert ("Nobody is ticked" in page, charlie.name in page) == (True, False)


def test_the_manager_of_the_manager_is_named_as_wrong(
    client: Client, organization: Organization, crew: list[Person]
) -> None:
    client.post(f"{URL}?sel={crew[0].pk}", {"manager": crew[0].external_id})
    assert work(organization).bad == 1


def test_closed_locations_are_not_offered(
    client: Client, organization: Organization, crew: list[Person]
) -> None:
    with tenant(organization):
        Location.objects.filter(external_id="theatre").update(closed_on="2026-01-01")
    assert "Theatre" not in client.get(f"{URL}?sel={crew[0].pk}").content.decode()
