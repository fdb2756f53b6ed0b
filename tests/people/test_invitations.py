"""Invitations: good once, for one address, for a while; looking does not use them up."""

import re
from datetime import timedelta
from urllib.parse import quote, urlsplit

import pytest
from django.core import mail
from django.test import Client

from people.clock import now, telling
from people.invitations import invite_person, send_due, token_of
from people.inviting import invite_people
from people.models import Invitation, Organization, Person, User
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import PersonFactory, RoleAssignmentFactory, UserFactory

PASSWORD = {"password": "a window in the rain"}


@pytest.fixture
def nia(organization: Organization) -> Person:
    return PersonFactory(organization=organization, name="Nia New", email="Nia@riverside.example")


@pytest.fixture
def invitation(organization: Organization, nia: Person, alice: Person) -> Invitation:
    with tenant(organization):
        return invite_person(person=nia, by=alice)


@pytest.fixture
def link(invitation: Invitation) -> str:
    return f"/accounts/invitation/{token_of(invitation)}/"


def state(person: Person) -> tuple[str | None, bool]:
    """Whose login the person has, and whether an invitation is open."""
    with tenant(person.organization):
        fresh = Person.objects.select_related("user").get(pk=person.pk)
        return fresh.user and fresh.user.email, fresh.invitations.filter(closed_at=None).exists()


def test_the_mail_leads_to_a_login(as_alice: Client, nia: Person, organization: Organization) -> None:
    as_alice.post(f"/riverside/settings/people/{nia.pk}/invite/")
    assert (send_due(organization=organization), send_due(organization=organization)) == (1, 0)
    [message] = mail.outbox
    assert (message.to, message.subject) == (["Nia@riverside.example"], "Your login for Riverside Health")
    [link] = re.findall(r"https?://\S+", str(message.body))
    client = Client()
    for _ in range(3):  # mail scanners look first
        assert client.get(urlsplit(link).path).status_code == 200
    response = client.post(urlsplit(link).path, PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (302, "/riverside/")
    assert state(nia) == ("nia@riverside.example", False)
    assert client.get("/riverside/notices/").status_code == 200


def test_many_are_invited_at_once_and_who_is_not_is_told_why(
    as_alice: Client, organization: Organization, nia: Person, alice: Person, bob: Person
) -> None:
    several = "/riverside/settings/people/invite/"
    new = [
        PersonFactory(organization=organization, name=f"New {n}", email=f"n{n}@riverside.example")
        for n in range(7)
    ]
    PersonFactory(organization=organization, name="Nomail Nora", email="")
    owen = PersonFactory(organization=organization, name="Owen", email="owen@riverside.example")
    RoleAssignmentFactory(organization=organization, person=owen, role=Role.OWNER)
    with tenant(organization):
        invite_person(person=nia, by=alice)
        old = invite_person(person=new[0], by=alice)
        Invitation.objects.filter(pk=old.pk).update(expires_at=now() - timedelta(days=1))
    page = as_alice.get(several)
    assert page.context["count"] == 7
    assert {why: (count, people[0].name) for why, count, people in page.context["others"]} == {
        "Have a login already": (2, "Alice Adams"),
        "Have no e-mail address": (1, "Nomail Nora"),
        "Have an invitation that is still good": (1, "Nia New"),
        "Have a role that you could not have given": (1, "Owen"),
    }
    assert "7 invitations are on the way." in as_alice.post(several, follow=True).text
    with tenant(organization):
        waiting = dict(Invitation.objects.filter(sent_at=None).values_list("person", "serial"))
    assert waiting == {person.pk: 2 if person == new[0] else 1 for person in new} | {nia.pk: 1}
    assert send_due(organization=organization) == 8
    assert "They have been invited already." in as_alice.post(several, follow=True).text


def test_the_ticked_ones_alone_are_invited(
    as_alice: Client, organization: Organization, nia: Person, bob: Person
) -> None:
    PersonFactory(organization=organization, name="Other", email="other@riverside.example")
    page = as_alice.get("/riverside/settings/people/invite/", {"sel": [nia.pk, bob.pk, "x"]})
    assert (page.context["count"], [person.name for person in page.context["some"]]) == (1, ["Nia New"])


def test_more_than_a_round_are_sent_round_by_round(
    organization: Organization, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.invitations.A_ROUND", 2)
    with tenant(organization):
        people = [PersonFactory(organization=organization, email=f"n{n}@riverside.example") for n in range(3)]
        invite_people(person_ids=[person.pk for person in people], by=alice)
    assert [send_due(organization=organization) for _ in range(3)] == [2, 1, 0]


def test_a_link_is_good_once(link: str, nia: Person) -> None:
    assert Client().post(link, PASSWORD).status_code == 302
    for again in (Client().get(link), Client().post(link, {"password": "another rainy window"})):
        assert (again.status_code, "no longer good" in again.content.decode()) == (410, True)
    assert User.objects.get(email="nia@riverside.example").check_password(PASSWORD["password"])


def test_a_link_grows_old(link: str, invitation: Invitation, organization: Organization, nia: Person) -> None:
    with tenant(organization):
        Invitation.objects.update(expires_at=invitation.invited_at - timedelta(seconds=1))
    assert (Client().get(link).status_code, Client().post(link, PASSWORD).status_code) == (410, 410)
    assert state(nia) == (None, True)


def test_whoever_sends_it_again_from_the_list_is_back_at_the_list(
    as_alice: Client, invitation: Invitation, nia: Person
) -> None:
    invited = as_alice.post(f"/riverside/settings/people/{nia.pk}/invite/", {"from_list": "1"}, follow=True)
    assert "An invitation is on its way to Nia@riverside.example." in invited.text
    assert invited.request["PATH_INFO"] == "/riverside/settings/invitations/"


def test_of_two_links_the_younger_works(link: str, nia: Person, alice: Person) -> None:
    with tenant(nia.organization):
        younger = f"/accounts/invitation/{token_of(invite_person(person=nia, by=alice))}/"
    assert (Client().get(link).status_code, Client().get(younger).status_code) == (410, 200)


def test_a_withdrawn_link_is_dead(as_alice: Client, link: str, invitation: Invitation, nia: Person) -> None:
    as_alice.post(f"/riverside/settings/invitations/{invitation.pk}/withdraw/")
    assert (Client().post(link, PASSWORD).status_code, state(nia)) == (410, (None, False))


def test_a_link_to_a_corrected_address_is_dead(as_alice: Client, link: str, nia: Person) -> None:
    data = {"name": nia.name, "email": "nia.new@riverside.example", "external_id": nia.external_id}
    as_alice.post(f"/riverside/settings/people/{nia.pk}/", data)
    assert (Client().post(link, PASSWORD).status_code, state(nia)) == (410, (None, False))


def test_whoever_left_cannot_come_in_by_it(as_alice: Client, link: str, nia: Person) -> None:
    as_alice.post(f"/riverside/settings/people/{nia.pk}/leave/", {"left_on": "2026-11-01"})
    as_alice.post(f"/riverside/settings/people/{nia.pk}/return/")
    assert (Client().post(link, PASSWORD).status_code, state(nia)) == (410, (None, False))


def test_another_account_cannot_take_it_up(as_charlie: Client, link: str, nia: Person) -> None:
    assert "This invitation is for Nia@riverside.example" in as_charlie.get(link).content.decode()
    as_charlie.post(link, PASSWORD)
    assert state(nia) == (None, True)


def test_a_known_address_signs_in_first_and_keeps_its_password(link: str, nia: Person) -> None:
    known = UserFactory(email="nia@riverside.example")
    known.set_password("my own old password")
    known.save()
    client = Client()
    assert f"/accounts/login/?next={quote(link)}" in client.get(link).content.decode()
    client.post(link, PASSWORD)
    assert state(nia) == (None, True)
    client.force_login(known)
    assert client.post(link).headers["Location"] == "/riverside/"
    assert state(nia) == ("nia@riverside.example", False)
    assert User.objects.get(pk=known.pk).check_password("my own old password")


@pytest.mark.parametrize("password", ["", "short", "password12", "nia@riverside.example"])
def test_weak_passwords_are_refused_beside_the_field(link: str, nia: Person, password: str) -> None:
    response = Client().post(link, {"password": password})
    assert (response.status_code, 'id="id_password-err"' in response.content.decode()) == (422, True)
    assert state(nia) == (None, True)


@pytest.mark.parametrize("token", ["x", "a:b:c", "WzEsMSwxXQ:1wAbCd:forged", "%00", "x" * 3000])
def test_what_was_not_signed_here_leads_nowhere(organization: Organization, token: str) -> None:
    assert Client().get(f"/accounts/invitation/{token}/").status_code == 410


def test_a_changed_link_leads_nowhere(link: str) -> None:
    assert Client().get(link[:-3] + ("aa/" if link[-3:] != "aa/" else "bb/")).status_code == 410


@pytest.mark.parametrize("field", ["email", "user", "left_on"])
def test_who_cannot_be_invited(
    as_alice: Client, organization: Organization, nia: Person, bob: Person, field: str
) -> None:
    value = {"email": "", "user": UserFactory(), "left_on": "2026-01-01"}[field]
    with tenant(organization):
        Person.objects.filter(pk=nia.pk).update(**{field: value})
    as_alice.post(f"/riverside/settings/people/{nia.pk}/invite/")
    with tenant(organization):
        assert Invitation.objects.count() == 0


def test_the_login_of_a_colleague_is_not_joined_to_another_person(
    link: str, nia: Person, organization: Organization
) -> None:
    colleague = PersonFactory(
        organization=organization, user=UserFactory(email="nia@riverside.example"), email="x@y.example"
    )
    response = logged_in(colleague).post(link, follow=True)
    assert "belongs to somebody else in this organization already" in response.content.decode()
    assert state(nia) == (None, True)


def test_a_mail_server_that_is_away_is_tried_again_more_and_more_seldom(
    invitation: Invitation, organization: Organization, settings: object
) -> None:
    def sweep(minute: int) -> int:
        with telling(invitation.invited_at + timedelta(minutes=minute)):
            return send_due(organization=organization)

    mailers = settings.MAILERS  # type: ignore[attr-defined]
    settings.MAILERS = {"default": {"BACKEND": "tests.people.test_invitations.NoBackend"}}  # type: ignore[attr-defined]
    assert [minute for minute in range(60) if sweep(minute)] == []
    with tenant(organization):
        assert list(Invitation.objects.values_list("tries", "sent_at")) == [(8, None)]
    settings.MAILERS = mailers  # type: ignore[attr-defined]
    assert [minute for minute in range(60, 70) if sweep(minute)] == [64]
