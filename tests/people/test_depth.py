"""The tree of locations stays twenty levels deep, whatever is moved where, and by how many at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from people.changes import Refused
from people.models import Location, Organization, Person
from people.places import edit_location
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import LocationFactory, RoleAssignmentFactory

TOO_DEEP = "Locations can be 20 levels deep, and there it would be deeper, with what is below it."


def chain(organization: Organization, levels: int) -> list[Location]:
    """One below the other, from the top down."""
    found: list[Location] = []
    for _ in range(levels):
        found.append(LocationFactory(organization=organization, parent=found[-1] if found else None))
    return found


@pytest.fixture
def as_owner(organization: Organization, alice: Person) -> Client:
    RoleAssignmentFactory(organization=organization, person=alice, role=Role.OWNER)
    return logged_in(alice)


@pytest.mark.parametrize(("above", "moved", "status"), [(12, 8, 302), (13, 8, 422), (19, 1, 302)])
def test_a_move_counts_what_is_below(
    as_owner: Client, organization: Organization, above: int, moved: int, status: int
) -> None:
    upper, lower = chain(organization, above), chain(organization, moved)
    said = {"name": lower[0].name, "parent": upper[-1].pk}
    response = as_owner.post(f"/riverside/settings/locations/{lower[0].pk}/", said)
    assert response.status_code == status
    if status == 422:
        assert response.context["form"].errors["parent"] == [TOO_DEEP]


def test_the_database_refuses_it_as_well_and_circles(organization: Organization) -> None:
    upper, lower = chain(organization, 13), chain(organization, 8)
    with tenant(organization):
        for location, parent in ((lower[0], upper[-1]), (upper[0], upper[-1])):
            with pytest.raises(IntegrityError, match="location_depth"), transaction.atomic():
                Location.objects.filter(pk=location.pk).update(parent=parent)
        Location.objects.filter(pk=lower[0].pk).update(parent=upper[-2])
        with pytest.raises(IntegrityError, match="location_depth"), transaction.atomic():
            LocationFactory(organization=organization, parent=lower[-1])


@pytest.mark.usefixtures("committed_db")
def test_of_two_moves_at_once_the_later_one_counts_with_the_earlier(
    organization: Organization, alice: Person
) -> None:
    top, middle, low = (chain(organization, levels) for levels in (8, 8, 8))
    together = Barrier(2)

    def move(location: Location, parent: Location) -> bool:
        try:
            with tenant(organization):
                together.wait()
                edit_location(location=location, by=alice, name=location.name, parent=parent)
            return True
        except Refused as refused:
            return str(refused) != TOO_DEEP
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        moves = [(middle[0], top[-1]), (low[0], middle[-1])]
        assert sorted(pool.map(lambda one: move(*one), moves)) == [False, True]
