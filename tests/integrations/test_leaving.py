"""Several people leave and return at once, by the rules of one: seen before, done whole, undone."""

from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from integrations import import_work
from integrations.models import Import, ImportData, ImportState
from people.invitations import invite_person
from people.leaving import deactivate_person
from people.models import AuditEntry, Organization, Person, RoleAssignment
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory

LEAVE = "/riverside/settings/people/leave/"
RETURN = "/riverside/settings/people/return/"
IMPORTS = "/riverside/settings/imports/"


def officer(organization: Organization, name: str, role: Role, **bound: Any) -> Person:
    person = PersonFactory(organization=organization, name=name, external_id=name.lower(), user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=person, role=role, **bound)
    return person


@pytest.fixture
def olive(organization: Organization) -> Person:
    return officer(organization, "Olive", Role.OWNER)


@pytest.fixture
def crew(organization: Organization, olive: Person) -> list[Person]:
    ann = PersonFactory(organization=organization, name="Ann", external_id="ann", user=UserFactory())
    ben = PersonFactory(organization=organization, name="Ben", external_id="ben", joined_on="2026-11-15")
    cid = officer(organization, "Cid", Role.MANAGER)
    with tenant(organization):
        invite_person(person=ben, by=olive)
        dan = PersonFactory(organization=organization, name="Dan", external_id="dan")
        deactivate_person(person=dan, by=olive, left_on=date(2026, 3, 1))
    return [ann, ben, cid, dan]


def work(organization: Organization) -> Import:
    with tenant(organization):
        pk = Import.objects.latest("pk").pk
    import_work.work(organization=organization, import_id=pk)
    with tenant(organization):
        return Import.objects.get(pk=pk)


def do(client: Client, organization: Organization, what: str) -> Import:
    with tenant(organization):
        pk = Import.objects.latest("pk").pk
    client.post(f"{IMPORTS}{pk}/{what}/")
    return work(organization)


def upload(client: Client, text: str) -> Any:
    return client.post(IMPORTS, {"kind": "leaving", "file": SimpleUploadedFile("who.csv", text.encode())})


def ticked(people: list[Person]) -> str:
    return "?ticked=&" + "&".join(f"sel={person.pk}" for person in people)


def standing(organization: Organization, people: list[Person]) -> list[tuple[str, str]]:
    with tenant(organization):
        found = Person.objects.filter(pk__in=[person.pk for person in people]).order_by("name")
        return [(person.name, str(person.left_on or "")) for person in found]


def roles(organization: Organization, person: Person) -> list[str]:
    with tenant(organization):
        return list(RoleAssignment.objects.filter(person=person).values_list("role", flat=True))


def told(organization: Organization, name: str) -> list[list[str]]:
    with tenant(organization):
        return [row[-2:] for row in getattr(ImportData.objects.latest("pk"), name)]


def test_they_leave_with_their_roles_are_told_one_by_one_and_come_back_by_undoing(
    organization: Organization, olive: Person, crew: list[Person]
) -> None:
    client, (ann, ben, cid, _) = logged_in(olive), crew
    with tenant(organization):
        PersonFactory(organization=organization, name="Eve", manager=cid)
        Person.objects.filter(pk=ann.pk).update(manager=cid)
    answer = client.post(LEAVE + ticked([olive, *crew]), {"left_on": "2026-11-10", "reason": "Site closed"})
    found = work(organization)
    assert (found.state, found.new, found.changed, found.same, found.bad) == ("checked", 0, 2, 2, 0)
    assert told(organization, "samples") == [
        ["Ann", "leaves, last day 10 Nov 2026"],
        [
            "Cid",
            "leaves, last day 10 Nov 2026; lays down: Manager; manager of 1 person, who will need another",
        ],
    ]
    assert told(organization, "left") == [
        ["Ben", "Ben joined on 15 November 2026. Choose a later day."],
        ["Olive", "This is you. Let somebody else do it, or do it on your own page."],
    ]
    page = client.get(answer.url).content.decode()
    assert ["Let 2 leave" in page, "2 are left out: why is below." in page] == [True, True]
    assert do(client, organization, "start").state == ImportState.DONE
    gone = [("Ann", "2026-11-10"), ("Ben", ""), ("Cid", "2026-11-10")]
    assert (standing(organization, [ann, ben, cid]), roles(organization, cid)) == (gone, [])
    with tenant(organization):
        entry = AuditEntry.objects.get(action="person.left", details__person=cid.pk)
    assert entry.details == {
        "person": cid.pk, "on": "2026-11-10", "roles": ["manager"], "reason": "Site closed"
    }  # fmt: skip
    undone = do(client, organization, "undo")
    assert (undone.state, undone.taken_back, undone.kept) == (ImportState.UNDONE, 2, 0)
    assert standing(organization, [ann, cid]) == [("Ann", ""), ("Cid", "")]
    assert roles(organization, cid) == ["manager"]
    assert "why is below" not in client.get(answer.url).text


def test_everybody_whom_the_list_of_the_left_shows_returns_and_who_got_a_role_since_stays(
    organization: Organization, olive: Person, crew: list[Person]
) -> None:
    client, (ann, _, _, dan) = logged_in(olive), crew
    with tenant(organization):
        deactivate_person(person=ann, by=olive, left_on=date(2026, 11, 2))
    client.post(f"{RETURN}?show=left", {})
    assert work(organization).new == 2
    do(client, organization, "start")
    assert standing(organization, [ann, dan]) == [("Ann", ""), ("Dan", "")]
    RoleAssignmentFactory(organization=organization, person=ann, role=Role.MANAGER)
    undone = do(client, organization, "undo")
    assert (undone.taken_back, undone.kept) == (1, 1)
    assert standing(organization, [ann, dan]) == [("Ann", ""), ("Dan", "2026-03-01")]
    assert told(organization, "left") == [["Ann", "has left again, is back or has a new role since"]]


def test_nothing_is_meant_without_ticks(
    organization: Organization, olive: Person, crew: list[Person]
) -> None:
    page = logged_in(olive).get(f"{LEAVE}?ticked=&q=&show=active").content.decode()
    assert "Nobody is ticked" in page


def test_a_user_administrator_of_a_place_lets_only_those_below_them_leave(
    organization: Organization, olive: Person, crew: list[Person]
) -> None:
    ward = LocationFactory(organization=organization, external_id="ward")
    una = officer(organization, "Una", Role.USER_ADMINISTRATOR, location=ward)
    eve = PersonFactory(organization=organization, name="Eve", external_id="eve", location=ward)
    with tenant(organization):
        Person.objects.filter(pk=olive.pk).update(location=ward)
    client = logged_in(una)
    client.post(LEAVE + ticked([olive, eve, crew[0]]), {"left_on": "2026-11-10"})
    found = work(organization)
    assert (found.changed, found.rows) == (1, 2)
    assert told(organization, "left") == [
        ["Olive", "They have a role that you could not have given. Ask somebody who could."]
    ]
    upload(client, "external_id,left_on\nann,2026-11-10\nnobody,2026-11-10\n")
    found = work(organization)
    assert (found.bad, found.changed) == (2, 0)
    assert told(organization, "faults") == [
        [2, "nobody whom you administer has the staff number 'ann'"],
        [3, "nobody whom you administer has the staff number 'nobody'"],
    ]


def test_a_personnel_system_s_list_brings_last_days_and_who_is_back(
    organization: Organization, olive: Person, crew: list[Person]
) -> None:
    client = logged_in(olive)
    answer = upload(client, "Personalnummer;Austrittsdatum\nann;31.10.2026\ncid;\ndan;\nben;1.12.2199\n")
    client.post(answer.url, {"external_id": "0", "left_on": "1"})
    found = work(organization)
    assert (found.new, found.changed, found.same) == (1, 1, 2)
    assert told(organization, "left") == [["Ben", "The day lies ahead. Come back on that day."]]
    page = client.get(answer.url).content.decode()
    assert "Let 1 leave and 1 return" in page
    do(client, organization, "start")
    assert standing(organization, crew) == [("Ann", "2026-10-31"), ("Ben", ""), ("Cid", ""), ("Dan", "")]


def test_whoever_started_it_and_is_no_owner_any_more_lets_no_owner_leave(
    organization: Organization, olive: Person, crew: list[Person]
) -> None:
    olaf = officer(organization, "Olaf", Role.OWNER)
    client = logged_in(olive)
    client.post(LEAVE + ticked([olaf]), {"left_on": "2026-11-10"})
    assert work(organization).changed == 1
    with tenant(organization):
        client.post(f"{IMPORTS}{Import.objects.get().pk}/start/")
        RoleAssignment.objects.filter(person=olive).update(role=Role.USER_ADMINISTRATOR)
    found = work(organization)
    assert (found.state, found.changed) == (ImportState.DONE, 0)
    assert standing(organization, [olaf]) == [("Olaf", "")]
