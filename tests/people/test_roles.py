"""Giving and taking roles: nobody rises by themselves, nobody gives more than they may, an owner remains."""

import pytest
from django.test import Client

from people.changes import Refused
from people.models import AuditEntry, Location, Organization, Person, RoleAssignment
from people.role_actions import give_role, take_role
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory

HOME = "/riverside/settings/"


def with_role(organization: Organization, role: Role, location: Location | None = None) -> Person:
    person = PersonFactory(organization=organization, user=UserFactory(), location=location)
    RoleAssignmentFactory(organization=organization, person=person, role=role, location=location)
    return person


@pytest.fixture
def olga(organization: Organization) -> Person:
    return with_role(organization, Role.OWNER)


def roles(person: Person) -> list[str]:
    with tenant(person.organization):
        assigned = RoleAssignment.objects.filter(person=person).order_by("role")
        return list(assigned.values_list("role", flat=True))


@pytest.mark.parametrize(
    ("role", "status"),
    [("manager", 302), ("user_administrator", 302), ("badge_administrator", 422), ("auditor", 422),
     ("owner", 422), ("employee", 422), ("king", 422), ("\x00", 422)],
)  # fmt: skip
def test_a_user_administrator_gives_two_roles(as_alice: Client, bob: Person, role: str, status: int) -> None:
    response = as_alice.post(f"{HOME}people/{bob.pk}/roles/", {"role": role})
    assert (response.status_code, roles(bob)) == (status, [role] if status == 302 else [])


@pytest.mark.parametrize("role", [role for role in Role if role != Role.EMPLOYEE])
def test_an_owner_gives_every_role(olga: Person, bob: Person, role: str) -> None:
    assert logged_in(olga).post(f"{HOME}people/{bob.pk}/roles/", {"role": role}).status_code == 302
    assert roles(bob) == [role]


@pytest.mark.parametrize("role", ["owner", "auditor", "manager"])
def test_nobody_raises_themselves(as_alice: Client, alice: Person, role: str) -> None:
    before = roles(alice)
    assert as_alice.post(f"{HOME}people/{alice.pk}/roles/", {"role": role}).status_code == 422
    assert roles(alice) == before


def test_the_form_of_a_person_gives_no_role(as_alice: Client, alice: Person) -> None:
    before = roles(alice)
    data = {"name": "Alice", "external_id": alice.external_id, "role": "owner", "roles": "owner", "user": "1"}
    as_alice.post(f"{HOME}people/{alice.pk}/", data)
    assert roles(alice) == before


def test_the_last_owner_stays(olga: Person, organization: Organization) -> None:
    client = logged_in(olga)
    with tenant(organization):
        assignment = RoleAssignment.objects.get(person=olga)
    page = client.post(f"{HOME}roles/{assignment.pk}/take/", follow=True)
    assert "This is the last owner. Make somebody else an owner first." in page.text
    assert page.request["PATH_INFO"] == f"{HOME}people/{olga.pk}/roles/"
    assert client.post(f"{HOME}people/{olga.pk}/leave/", {"left_on": "2026-11-01"}).status_code == 422
    assert roles(olga) == ["owner"]


def test_of_two_owners_one_may_go(olga: Person, organization: Organization) -> None:
    with_role(organization, Role.OWNER)
    assert (
        logged_in(olga).post(f"{HOME}people/{olga.pk}/leave/", {"left_on": "2026-11-01"}).status_code == 302
    )
    assert roles(olga) == []


def test_an_owner_who_left_is_no_other_owner(olga: Person, organization: Organization) -> None:
    other = with_role(organization, Role.OWNER)
    with tenant(organization):
        Person.objects.filter(pk=other.pk).update(left_on="2026-01-01")
        with pytest.raises(Refused):
            take_role(assignment=RoleAssignment.objects.get(person=olga), by=olga)


def test_user_administrators_take_nothing_from_owners(as_alice: Client, olga: Person) -> None:
    with tenant(olga.organization):
        assignment = RoleAssignment.objects.get(person=olga)
    as_alice.post(f"{HOME}roles/{assignment.pk}/take/")
    assert roles(olga) == ["owner"]
    assert as_alice.post(f"{HOME}people/{olga.pk}/leave/", {"left_on": "2026-11-01"}).status_code == 403


def test_the_address_of_an_owner_without_a_login_is_not_redirected(
    as_alice: Client, organization: Organization
) -> None:
    """Changed first and invited then, it would be a way into their role."""
    owner = PersonFactory(organization=organization)
    RoleAssignmentFactory(organization=organization, person=owner, role=Role.OWNER)
    data = {"name": owner.name, "email": "mine@evil.example", "external_id": owner.external_id}
    as_alice.post(f"{HOME}people/{owner.pk}/", data)
    with tenant(organization):
        assert Person.objects.get(pk=owner.pk).email == owner.email
    assert as_alice.post(f"{HOME}people/{owner.pk}/invite/").status_code == 403


@pytest.mark.parametrize(("bound", "status"), [(True, 302), (False, 403)])
def test_nobody_lets_in_an_administrator_of_more_locations(
    organization: Organization, bound: bool, status: int
) -> None:
    ward = LocationFactory(organization=organization)
    dana = with_role(organization, Role.USER_ADMINISTRATOR, ward)
    peer = PersonFactory(organization=organization, location=ward, email="peer@works.example")
    RoleAssignmentFactory(
        organization=organization, person=peer, role=Role.USER_ADMINISTRATOR, location=ward if bound else None
    )
    assert logged_in(dana).post(f"{HOME}people/{peer.pk}/invite/").status_code == status


def test_a_bound_administrator_gives_bound_roles_to_their_own_people(organization: Organization) -> None:
    ward = LocationFactory(organization=organization)
    elsewhere = LocationFactory(organization=organization)
    dana = with_role(organization, Role.USER_ADMINISTRATOR, ward)
    nia = PersonFactory(organization=organization, location=ward)
    url = f"{HOME}people/{nia.pk}/roles/"
    client = logged_in(dana)
    for location in ("", elsewhere.pk):
        data = {"role": "user_administrator", "location": location}
        assert (client.post(url, data).status_code, roles(nia)) == (422, [])
    assert client.post(url, {"role": "user_administrator", "location": ward.pk}).status_code == 302
    with tenant(organization):
        assert RoleAssignment.objects.get(person=nia).location == ward


def test_a_role_for_everywhere_is_not_bound(olga: Person, bob: Person, organization: Organization) -> None:
    ward = LocationFactory(organization=organization)
    data = {"role": "owner", "location": ward.pk}
    assert logged_in(olga).post(f"{HOME}people/{bob.pk}/roles/", data).status_code == 422
    assert roles(bob) == []


def test_a_role_is_given_once_and_taken_once(inside: Organization, olga: Person, bob: Person) -> None:
    first = give_role(person=bob, role=Role.AUDITOR, by=olga)
    assert give_role(person=bob, role=Role.AUDITOR, by=olga) == first
    take_role(assignment=first, by=olga)
    first.pk = first.pk or 1
    take_role(assignment=first, by=olga)
    told = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(told) == ["role.given", "role.taken"]


def test_whoever_left_gets_no_role(inside: Organization, olga: Person) -> None:
    gone = PersonFactory(organization=inside, left_on="2026-01-01")
    with pytest.raises(Refused):
        give_role(person=gone, role=Role.MANAGER, by=olga)
