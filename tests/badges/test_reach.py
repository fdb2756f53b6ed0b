"""Administrators who are bound to a location give badges to its people alone."""

import pytest

from badges.actions import grant_by_hand
from people.models import Organization, Person
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
