"""A staff list says where unknown locations belong: shown first, refused by line where it clashes, undone."""

import io

import pytest
from django.test import Client

from integrations.actions import import_people
from integrations.reading import BadRows
from people.models import Location, Organization, Person
from people.tenancy import tenant
from tests.factories import LocationFactory
from tests.integrations.test_browser_imports import (
    checked,
    client,
    counts,
    faults,
    imported,
    olive,
    undone,
)

__all__ = ["client", "olive"]
HEAD = "external_id,name,location,part_of\n"


def places(organization: Organization) -> dict[str, str | None]:
    with tenant(organization):
        open_ones = Location.objects.filter(closed_on=None)
        return dict(open_ones.values_list("external_id", "parent__external_id"))


def test_unknown_locations_are_added_where_the_file_says(client: Client, organization: Organization) -> None:
    LocationFactory(organization=organization, external_id="hospital")
    text = HEAD + "a,Ann,ward-1,hospital > surgery\nb,Ben,ward-1,\nc,Cid,ward-2,surgery\nd,Dan,yard,\n"
    found = checked(client, organization, "people", text)
    assert found.remarks == [
        "Locations that are not known yet are added: "
        "hospital > surgery, hospital > surgery > ward-1, hospital > surgery > ward-2, yard."
    ]
    assert places(organization) == {"hospital": None}
    assert counts(imported(client, organization, "people", text)) == (4, 0, 0, 0)
    grown = {"hospital": None, "surgery": "hospital", "ward-1": "surgery", "ward-2": "surgery", "yard": None}
    assert places(organization) == grown
    again = checked(client, organization, "people", text)
    assert (counts(again), again.remarks) == ((0, 0, 4, 0), [])


def test_known_locations_may_be_called_by_their_names(client: Client, organization: Organization) -> None:
    hospital = LocationFactory(organization=organization, external_id="h", name="Hospital")
    LocationFactory(organization=organization, external_id="w4", name="Ward 4", parent=hospital)
    for code in ("lab-1", "lab-2"):
        LocationFactory(organization=organization, external_id=code, name="Laboratory", parent=hospital)
    text = HEAD + "a,Ann,ward 4,\nb,Ben,w4,\nc,Cid,Laboratory,\n"
    found = checked(client, organization, "people", text)
    assert found.remarks == [
        "Locations that are not known yet are added: Laboratory.",
        "Known locations go by their names: ward 4 is w4.",
    ]
    imported(client, organization, "people", text)
    assert sorted(places(organization)) == ["Laboratory", "h", "lab-1", "lab-2", "w4"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("a,Ann,ward-1,north\nb,Ben,ward-1,south\n", [(3, "'ward-1' is part of 'north' on line 2 already")]),
        ("a,Ann,ward-1,ward-2\nb,Ben,ward-2,ward-1\n",
         [(2, "part of itself: ward-1 > ward-2 > ward-1"), (3, "part of itself: ward-2 > ward-1 > ward-2")]),
        ("a,Ann,x,x\n", [(2, "part of itself: x > x")]),
        ("a,Ann,lab,north\n", [(2, "'lab' is part of 'hospital'. Move it under Locations first")]),
        ("a,Ann,hospital,lab\n", [(2, "'hospital' is at the top. Move it")]),
        ("a,Ann,ward-1,old\n", [(2, "'old' is closed. Open it")]),
        ("a,Ann,,north\n", [(2, "but “location” is empty")]),
        ("a,Ann,ward-1,north > > east\n", [(2, "is not a way such as hospital > surgery")]),
        (f"a,Ann,ward-1,{' > '.join(map(str, range(20)))}\n", [(2, "'ward-1' would be more than 20 levels deep")]),
    ],
)  # fmt: skip
def test_a_location_that_clashes_is_refused_by_line(
    client: Client, organization: Organization, rows: str, told: list[tuple[int, str]]
) -> None:
    hospital = LocationFactory(organization=organization, external_id="hospital")
    LocationFactory(organization=organization, external_id="lab", parent=hospital)
    LocationFactory(organization=organization, external_id="old", closed_on="2026-01-01")
    found = faults(organization, checked(client, organization, "people", HEAD + rows))
    assert [line for line, _ in found] == [line for line, _ in told]
    assert [part for (_, why), (_, part) in zip(found, told, strict=True) if part not in why] == []


def test_the_command_refuses_alike(inside: Organization) -> None:
    file = io.BytesIO((HEAD + "a,Ann,x,y\nb,Ben,y,x\n").encode())
    with pytest.raises(BadRows, match="2 bad rows"):
        import_people(organization=inside, file=file)
    assert (Person.objects.count(), Location.objects.count()) == (0, 0)


def test_undoing_closes_what_was_added_and_is_still_unused(
    client: Client, organization: Organization
) -> None:
    imported(client, organization, "people", HEAD + "z,Zoe,yard,\n")
    text = HEAD + "a,Ann,ward-1,hospital > surgery\nz,Zoe,ward-2,surgery\nc,Cid,office,north\n"
    found = imported(client, organization, "people", text)
    with tenant(organization):
        Location.objects.filter(external_id="office").update(name="The office")
    gone = undone(client, organization, found)
    # two people leave, Zoe is back, and the places are closed: but the office has been renamed, and north is above it
    assert (gone.taken_back, gone.kept) == (3, 0)
    assert places(organization) == {"yard": None, "office": "north", "north": None}
    with tenant(organization):
        assert Person.objects.get(external_id="z").location.external_id == "yard"
