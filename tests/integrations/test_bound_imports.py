"""Administrators of some locations import there, and see nothing of what others import or of who works elsewhere."""

import io
from typing import Any

import pytest
from django.test import Client

from badges.models import Award
from integrations.actions import import_people
from integrations.kinds import KINDS
from integrations.models import Import, ImportState
from integrations.reading import BadRows
from people.models import Location, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import BadgeFactory, LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory
from tests.integrations.test_browser_imports import (
    GRANTS,
    URL,
    checked,
    client,
    counts,
    faults,
    imported,
    olive,
    undone,
    upload,
)

__all__ = ["client", "olive"]
OWN = "choose one of yours: surgery, ward"
HEAD = "external_id,name,email,location\n"


@pytest.fixture
def surgery(organization: Organization) -> Location:
    surgery: Location = LocationFactory(organization=organization, external_id="surgery")
    LocationFactory(organization=organization, external_id="ward", parent=surgery)
    kitchen = LocationFactory(organization=organization, external_id="kitchen")
    of: dict[str, Any] = {"organization": organization}
    PersonFactory(**of, name="Ann", external_id="ann", location=surgery)
    PersonFactory(
        **of, name="Cook", external_id="cook", email="cook@x.example", location=kitchen, title="Chef"
    )
    return surgery


@pytest.fixture
def una(organization: Organization, surgery: Location) -> Person:
    """Badge and user administrator of surgery and what is below it."""
    una: Person = PersonFactory(
        organization=organization, name="Una", external_id="una", user=UserFactory(), location=surgery
    )
    for role in (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
        RoleAssignmentFactory(organization=organization, person=una, role=role, location=surgery)
    return una


@pytest.fixture
def as_una(una: Person) -> Client:
    return logged_in(una)


def test_people_come_to_ones_own_places_are_changed_there_and_taken_back(
    as_una: Client, organization: Organization
) -> None:
    text = HEAD + "ann,Ann Adams,,ward\nben,Ben,,surgery\n"
    found = imported(as_una, organization, "people", text)
    assert (found.state, counts(found)) == (ImportState.DONE, (1, 1, 0, 0))
    gone = undone(as_una, organization, found)
    assert (gone.taken_back, gone.kept) == (2, 0)
    with tenant(organization):
        assert Person.objects.get(external_id="ann").location.external_id == "surgery"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("cook,Cook,,surgery", "'cook' is not among the people whom you administer"),
        ("cook,Cook,,kitchen", "'cook' is not among the people whom you administer"),
        ("dan,Dan,,kitchen", "location 'kitchen' is not among those that you administer; " + OWN),
        ("dan,Dan,,nowhere", "location 'nowhere' is not among those that you administer; " + OWN),
        ("ann,Ann,,kitchen", "location 'kitchen' is not among those that you administer; " + OWN),
        ("dan,Dan,,", "location is empty; " + OWN),
        ("dan,Dan,COOK@x.example,ward", "email 'COOK@x.example' belongs to somebody else"),
    ],
)
def test_rows_about_others_are_named_and_tell_nothing(
    as_una: Client, organization: Organization, row: str, reason: str
) -> None:
    found = checked(as_una, organization, "people", f"{HEAD}una,Una,,surgery\n{row}\n")
    assert faults(organization, found) == [[3, reason]]
    page = as_una.get(found.get_absolute_url()).content.decode()
    assert [word for word in ("Chef", "cook@x.example") if word in page] == []


def test_a_file_without_places_says_nothing_of_those_elsewhere(
    as_una: Client, organization: Organization
) -> None:
    found = checked(as_una, organization, "people", "external_id,name,title\ncook,Cook,Cook\nann,Ann,Nurse\n")
    assert counts(found) == (0, 1, 0, 1)
    assert faults(organization, found) == [[2, "'cook' is not among the people whom you administer"]]


def test_badges_are_given_to_ones_own_people_and_the_others_are_nobody(
    as_una: Client, organization: Organization
) -> None:
    BadgeFactory(organization=organization, slug="star")
    found = checked(as_una, organization, "grants", GRANTS + "ann,star,,Why\ncook,star,,Why\nzoe,star,,Why\n")
    told = [why.partition(" has ")[0] for _, why in faults(organization, found)]
    assert told == ["nobody whom you administer"] * 2
    done = imported(as_una, organization, "grants", GRANTS + "ann,star,,Why\n")
    with tenant(organization):
        assert Award.objects.get().person.external_id == "ann"
        Person.objects.filter(external_id="ann").update(location=Location.objects.get(external_id="kitchen"))
    gone = undone(as_una, organization, done)
    assert (gone.taken_back, gone.kept) == (0, 1)  # she has moved out of Una's reach


def test_what_others_import_is_seen_by_those_who_administer_everybody(
    as_una: Client, client: Client, organization: Organization
) -> None:
    text = HEAD + "ann,Ann Adams,,ward\n"
    by_olive = imported(client, organization, "people", text)
    by_una = checked(as_una, organization, "people", text)
    assert as_una.get(by_olive.get_absolute_url()).status_code == 404
    assert client.get(by_una.get_absolute_url()).status_code == 200
    assert "imported already" not in as_una.get(by_una.get_absolute_url()).content.decode()


def test_activities_are_for_those_who_edit_everybody(as_una: Client, organization: Organization) -> None:
    offered = [kind for kind in KINDS if as_una.get(f"{URL}template.csv?kind={kind}").status_code == 200]
    assert offered == ["people", "leaving", "grants"]
    assert upload(as_una, "activities", "external_id\n1\n").status_code == 422
    with tenant(organization):
        assert Import.objects.count() == 0


def test_the_badges_of_a_place_with_the_people_of_all_give_only_there(
    organization: Organization, surgery: Location
) -> None:
    BadgeFactory(organization=organization, slug="star")
    max_ = PersonFactory(organization=organization, user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=max_, role=Role.USER_ADMINISTRATOR)
    RoleAssignmentFactory(
        organization=organization, person=max_, role=Role.BADGE_ADMINISTRATOR, location=surgery
    )
    found = checked(logged_in(max_), organization, "grants", GRANTS + "ann,star,,Why\ncook,star,,Why\n")
    assert [line for line, _ in faults(organization, found)] == [3]


def test_nobody_new_is_put_at_a_closed_location(client: Client, organization: Organization) -> None:
    old = LocationFactory(organization=organization, external_id="old", closed_on="2026-01-01")
    PersonFactory(
        organization=organization, name="Gus", external_id="gus", location=old, left_on="2025-12-01"
    )
    found = checked(client, organization, "people", HEAD + "gus,Gus,,old\ndan,Dan,,old\n")
    assert faults(organization, found) == [[3, "location 'old' is closed. Open it under Locations first"]]
    with tenant(organization), pytest.raises(BadRows, match="1 bad rows"):
        import_people(
            organization=organization, file=io.BytesIO((HEAD + "gus,Gus,,old\ndan,Dan,,old\n").encode())
        )
