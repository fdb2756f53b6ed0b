"""People suggested while a name is written: whom, to whom, what to write, and at what cost."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.queries import people_meant
from people.forms import person_named
from people.models import Organization, Person
from people.suggesting import SHOWN, suggestions
from people.tenancy import tenant
from tests.factories import LocationFactory, PersonFactory

ADDRESS = "/riverside/people/suggestions/"


def found(reader: Person, text: str) -> list[tuple[str, str]]:
    with tenant(reader.organization):
        return [(one.person.name, one.written) for one in suggestions(reader, text)]


@pytest.fixture
def chloe(organization: Organization) -> Person:
    chloe: Person = PersonFactory(
        organization=organization, name="Chloé Martin", email="cm@riverside.example", external_id="N-117"
    )
    return chloe


@pytest.mark.parametrize("text", ["ch", "CHLOE", "mart", "chloé m", "cm@river", "N-1", "N-117", " martin "])
def test_somebody_is_found_by_name_address_and_staff_number(bob: Person, chloe: Person, text: str) -> None:
    assert found(bob, text) == [("Chloé Martin", "Chloé Martin")]


@pytest.mark.parametrize("text", ["", "c", "hloe", "117", "\0", "%", "x" * 500])
def test_nobody_is_found_by_less(bob: Person, chloe: Person, text: str) -> None:
    assert found(bob, text) == []


def test_whoever_left_was_merged_or_is_elsewhere_is_not_suggested(
    organization: Organization, bob: Person, chloe: Person, charlie: Person
) -> None:
    PersonFactory(organization=organization, name="Chloé Leaver", left_on="2026-01-31")
    PersonFactory(organization=organization, name="Chloé Martin", left_on="2026-01-31", merged_into=chloe)
    PersonFactory(organization=charlie.organization, name="Chloé Stranger")
    assert found(bob, "chlo") == [("Chloé Martin", "Chloé Martin")]


def test_names_come_before_titles(organization: Organization, bob: Person) -> None:
    PersonFactory(organization=organization, name="Ann Ahl", title="Manager")
    PersonFactory(organization=organization, name="Zoe Marsh")
    assert [name for name, _ in found(bob, "ma")] == ["Zoe Marsh", "Ann Ahl"]


def test_what_is_written_means_one_person_to_the_forms(
    organization: Organization, bob: Person, chloe: Person
) -> None:
    others = [
        PersonFactory(organization=organization, name="chloe martin", email="chloe@riverside.example"),
        PersonFactory(organization=organization, name="Chloé Martin", email="", external_id="N-118"),
        PersonFactory(organization=organization, name="Martin, Chloé", email="m@riverside.example"),
    ]
    with tenant(organization):
        offered = suggestions(bob, "chlo")
        assert {one.person for one in offered} == {chloe, *others}
        assert {one.written for one in offered} == {
            "cm@riverside.example", "chloe@riverside.example", "N-118", "m@riverside.example"
        }  # fmt: skip
        for one in offered:
            assert people_meant(bob, [one.written]) == {one.written: [one.person]}
            assert person_named(one.written, Person.objects.visible_to(bob)) == one.person


def test_the_list_is_short_and_costs_the_same_however_many_there_are(
    as_bob: Client, organization: Organization
) -> None:
    def asked() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            page = as_bob.get(ADDRESS, {"q": "kim"}).text
        return len(captured), page.count('role="option"')

    ward = LocationFactory(organization=organization, name="Ward 4B")
    PersonFactory(organization=organization, name="Kim <b>One", title="Nurse", location=ward)
    with_one = asked()
    assert with_one[1] == 1
    for n in range(SHOWN + 3):
        PersonFactory(organization=organization, name=f"Kim {n}", location=ward)
    assert asked() == (with_one[0], SHOWN)
    page = as_bob.get(ADDRESS, {"q": "kim <b>"}).text
    assert ("Kim &lt;b&gt;One" in page, "<b>" in page, "<html" in page) == (True, False, False)
