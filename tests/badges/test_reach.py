"""Administrators who are bound to a location give badges to its people alone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand
from people.access import able_to, editable_by
from people.models import Location, Organization, Person
from people.roles import Capability, Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import BadgeFactory, LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory

BOTH = (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR)


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
    for role in BOTH:
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


def test_what_concerns_everybody_is_not_for_the_bound(organization: Organization, alice: Person) -> None:
    """They see the badge and who holds it, and no way to change it; its address says whom to ask."""
    dana = PersonFactory(organization=organization, user=UserFactory())
    for role in BOTH:
        place = LocationFactory(organization=organization)
        RoleAssignmentFactory(organization=organization, person=dana, role=role, location=place)
    BadgeFactory(organization=organization, slug="tidy")
    client = logged_in(dana)
    page, refused = client.get("/riverside/badges/tidy/"), client.get("/riverside/badges/tidy/edit/")
    assert (page.status_code, refused.status_code) == (200, 403)
    assert b"/badges/tidy/edit/" not in page.content
    assert "Ask an administrator who is bound to none." in refused.content.decode()
    assert b"/badges/tidy/edit/" in logged_in(alice).get("/riverside/badges/tidy/").content


def test_a_stopped_rule_is_told_to_those_who_may_look(inside: Organization, alice: Person) -> None:
    dana = PersonFactory(organization=inside)
    place = LocationFactory(organization=inside)
    RoleAssignmentFactory(organization=inside, person=dana, role=Role.BADGE_ADMINISTRATOR, location=place)
    assert list(able_to(Capability.MANAGE_BADGES)) == [alice]
    assert set(able_to(Capability.GIVE_BADGES)) == {alice, dana}


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
