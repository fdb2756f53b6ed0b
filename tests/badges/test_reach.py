"""Administrators who are bound to a location give badges to its people alone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand
from people.access import editable_by
from people.models import Location, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import BadgeFactory, LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory


@pytest.mark.parametrize(("where", "status"), [("room", 200), ("elsewhere", 403), (None, 403)])
def test_giving_and_taking_back_end_at_the_locations_border(
    organization: Organization, alice: Person, where: str | None, status: int
) -> None:
    ward = LocationFactory(organization=organization)
    places = {
        "room": LocationFactory(organization=organization, parent=ward),
        "elsewhere": LocationFactory(organization=organization),
        None: None,
    }
    dana = PersonFactory(organization=organization, user=UserFactory(), location=ward)
    for role in (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
        RoleAssignmentFactory(organization=organization, person=dana, role=role, location=ward)
    nia = PersonFactory(organization=organization, location=places[where])
    badge = BadgeFactory(organization=organization)
    with tenant(organization):
        award = grant_by_hand(badge=badge, person=nia, by=alice, reason="Well done")
    client = logged_in(dana)
    for path in (f"people/{nia.pk}/give/", f"awards/{award.pk}/take-back/", f"awards/{award.pk}/give-back/"):
        assert client.get(f"/riverside/{path}").status_code == status
        if status == 403:
            assert client.post(f"/riverside/{path}").status_code == 403


def test_many_locations_are_looked_up_as_one(inside: Organization) -> None:
    ward, *others = (LocationFactory(organization=inside) for _ in range(4))
    room, hall = (LocationFactory(organization=inside, parent=place) for place in (ward, others[0]))
    people = [PersonFactory(organization=inside, location=place) for place in (room, hall)]

    def reached(*places: Location) -> tuple[list[Person], int]:
        dana = PersonFactory(organization=inside)
        for place in places:
            RoleAssignmentFactory(
                organization=inside, person=dana, role=Role.USER_ADMINISTRATOR, location=place
            )
        with CaptureQueriesContext(connection) as queries:
            found = list(editable_by(dana, Person.objects.order_by("pk")))
        return found, len(queries)

    one, cost = reached(ward)
    assert (one, reached(ward, *others)) == (people[:1], (people, cost))
