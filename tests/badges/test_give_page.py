"""Giving, taking back and giving back through the pages."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from badges.actions import grant_by_hand
from badges.defining import set_badge_state
from badges.models import Award, Badge
from people.clock import now
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import (
    BadgeFactory,
    LocationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified", ends_after="1 year")


@pytest.fixture
def award(badge: Badge, alice: Person, bob: Person) -> Award:
    with tenant(badge.organization):
        return grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed the test.")


def awards(organization: Organization) -> list[tuple[str, str, str]]:
    with tenant(organization):
        return list(Award.objects.order_by("pk").values_list("badge__slug", "reason", "ended_why"))


def give(client: Client, person: Person, **said: str) -> int:
    data = {"badge": "hipaa", "reason": "Passed.", "given_on": str(now().date() - timedelta(days=2)), **said}
    return client.post(f"/riverside/people/{person.pk}/give/", data).status_code


def test_a_badge_is_given_with_a_reason_and_a_day(as_alice: Client, badge: Badge, bob: Person) -> None:
    page = as_alice.get(f"/riverside/people/{bob.pk}/give/?badge=hipaa")
    assert page.status_code == 200
    assert '<option value="hipaa" selected>HIPAA Certified</option>' in page.content.decode()
    data = {"badge": "hipaa", "reason": "Passed the test.", "given_on": "2026-10-30"}
    response = as_alice.post(f"/riverside/people/{bob.pk}/give/", data)
    assert (response.status_code, response["Location"]) == (302, f"/riverside/people/{bob.pk}/")
    assert awards(badge.organization) == [("hipaa", "Passed the test.", "")]


def test_a_badge_that_stands_says_that_it_is_renewed(as_alice: Client, award: Award, bob: Person) -> None:
    page = as_alice.get(f"/riverside/people/{bob.pk}/give/").content.decode()
    assert "HIPAA Certified (held, ends " in page


@pytest.mark.parametrize(
    "said",
    [
        {"badge": ""},
        {"badge": "nothing"},
        {"badge": "9" * 400},
        {"badge": "hip\0aa"},
        {"reason": ""},
        {"reason": "   "},
        {"reason": "Pas\0sed"},
        {"reason": "x" * 501},
        {"reason": "Pas\u202esed"},
        {"given_on": ""},
        {"given_on": "tomorrow"},
        {"given_on": "9999-12-31"},
        {"given_on": "0001-01-01"},
        {"given_on": "1955-01-01"},
        {"given_on": "2025-01-01"},
    ],
)
def test_bad_input_is_told_beside_the_field_and_stores_nothing(
    as_alice: Client, badge: Badge, bob: Person, said: dict[str, str]
) -> None:
    assert give(as_alice, bob, **said) == 422
    assert awards(badge.organization) == []


def test_badges_of_others_cannot_be_given(
    as_alice: Client, badge: Badge, charlie: Person, bob: Person
) -> None:
    BadgeFactory(organization=charlie.organization, slug="theirs")
    assert give(as_alice, bob, badge="theirs") == 422


@pytest.mark.parametrize("role", [None, Role.MANAGER, Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR])
def test_giving_needs_both_permissions(
    organization: Organization, award: Award, bob: Person, role: Role | None
) -> None:
    person = PersonFactory(organization=organization, user=UserFactory())
    if role:
        RoleAssignmentFactory(organization=organization, person=person, role=role)
    client = logged_in(person)
    for path in (
        f"people/{bob.pk}/give/",
        f"awards/{award.pk}/take-back/",
        f"awards/{award.pk}/give-back/",
    ):
        assert client.get(f"/riverside/{path}").status_code == 403
        assert client.post(f"/riverside/{path}", {"badge": "hipaa", "reason": "x"}).status_code == 403
    assert awards(organization) == [("hipaa", "Passed the test.", "")]


def test_people_and_awards_of_others_are_not_there(
    as_charlie: Client, award: Award, bob: Person, organization: Organization
) -> None:
    for slug in ("riverside", "halden"):
        assert as_charlie.get(f"/{slug}/people/{bob.pk}/give/").status_code == 404
        assert as_charlie.post(f"/{slug}/awards/{award.pk}/take-back/", {"reason": "x"}).status_code == 404
        assert as_charlie.post(f"/{slug}/awards/{award.pk}/give-back/", {"reason": "x"}).status_code == 404
    assert awards(organization) == [("hipaa", "Passed the test.", "")]


@pytest.mark.parametrize("person_id", ["0", "999999", "9" * 18, "9" * 400, "1%00", "-1"])
def test_nobody_is_not_there(as_alice: Client, person_id: str) -> None:
    assert as_alice.get(f"/riverside/people/{person_id}/give/").status_code == 404


def test_who_left_gets_nothing(as_alice: Client, organization: Organization, badge: Badge) -> None:
    left = PersonFactory(organization=organization, left_on=now().date())
    assert give(as_alice, left) == 422


def test_a_badge_is_taken_back_with_a_reason_and_given_back(
    as_alice: Client, award: Award, organization: Organization
) -> None:
    path = f"/riverside/awards/{award.pk}/take-back/"
    assert as_alice.get(path).status_code == 200
    assert as_alice.post(path, {"reason": ""}).status_code == 422
    assert as_alice.post(path, {"reason": "The wrong Bob."}).status_code == 302
    assert awards(organization) == [("hipaa", "Passed the test.", "revoked")]
    assert as_alice.get(path).status_code == 200
    back = f"/riverside/awards/{award.pk}/give-back/"
    assert "The wrong Bob." in as_alice.get(back).content.decode()
    assert as_alice.post(back, {}).status_code == 302
    assert awards(organization) == [("hipaa", "Passed the test.", "")]


def test_a_day_too_far_back_is_told_beside_it_and_files_are_asked_for_again(
    as_alice: Client, badge: Badge, bob: Person
) -> None:
    long_ago, file = str(now().date() - timedelta(days=400)), SimpleUploadedFile("list.txt", b"Bob, passed")
    data = {"badge": "hipaa", "reason": "Passed.", "given_on": long_ago, "documents": file}
    answer = as_alice.post(f"/riverside/people/{bob.pk}/give/", data)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["given_on"])
    assert "Choose your files again" in answer.text


def test_other_methods_are_refused(as_alice: Client, award: Award) -> None:
    assert as_alice.put(f"/riverside/awards/{award.pk}/take-back/").status_code == 405
    assert as_alice.delete(f"/riverside/awards/{award.pk}/give-back/").status_code == 405


def test_an_end_may_be_chosen(
    as_alice: Client, organization: Organization, badge: Badge, bob: Person
) -> None:
    path = f"/riverside/people/{bob.pk}/give/"
    today = timezone.localdate(now(), organization.time_zone)
    data = {"badge": badge.slug, "reason": "For the summer.", "given_on": today.isoformat()}
    for bad in ("soon", "2001-01-01", f"{today.year + 101}-01-01", "9999-12-31", "\0"):
        answer = as_alice.post(path, {**data, "ends_on": bad})
        assert (answer.status_code, "id_ends_on-err" in answer.content.decode()) == (422, True)
    last = today + timedelta(days=40)
    assert as_alice.post(path, {**data, "ends_on": last.isoformat()}).status_code == 302
    with tenant(organization):
        ends_at = Award.objects.get().expires_at
    assert ends_at is not None
    local = ends_at.astimezone(organization.time_zone)
    assert (local.date(), (local + timedelta(microseconds=1)).date()) == (last, last + timedelta(days=1))


def test_a_renewal_says_until_when(as_alice: Client, award: Award, bob: Person) -> None:
    path, data = f"/riverside/people/{bob.pk}/give/", {"badge": "hipaa", "reason": "Passed again."}
    today = timezone.localdate(now(), bob.organization.time_zone)
    later = today + timedelta(days=500)
    said = {**data, "given_on": today.isoformat(), "ends_on": later.isoformat()}
    page = as_alice.post(path, said, follow=True).text
    assert f"HIPAA Certified of Bob Brown is renewed until {later:%-d %B %Y}." in page
    page = as_alice.post(path, said, follow=True).text
    assert f"Bob Brown holds HIPAA Certified until {later:%-d %B %Y} already, so its dates stay." in page
    shorter = as_alice.post(path, {**said, "ends_on": (today + timedelta(days=9)).isoformat()})
    assert shorter.status_code == 422
    assert "giving it again never shortens that" in shorter.context["form"].errors["ends_on"][0]
    with tenant(bob.organization):
        assert timezone.localtime(Award.objects.get().expires_at).date() == later


def test_an_earlier_day_dates_what_is_held_back(
    as_alice: Client, award: Award, alice: Person, bob: Person
) -> None:
    first = timezone.localdate(now(), bob.organization.time_zone) - timedelta(days=20)
    said = {"badge": "hipaa", "reason": "The certificate came late.", "given_on": first.isoformat()}
    for words in (f"is dated back to {first:%-d %B %Y}.", "already, so its dates stay."):
        assert words in as_alice.post(f"/riverside/people/{bob.pk}/give/", said, follow=True).text
    with tenant(bob.organization):
        after = Award.objects.get()
        assert (timezone.localtime(after.starts_at).date(), after.expires_at) == (first, award.expires_at)
        events = after.events.order_by("pk").values_list("change", "actor", "reason")
        assert list(events) == [
            ("granted", alice.pk, "Passed the test."), ("corrected", alice.pk, "The certificate came late."),
        ]  # fmt: skip


# --- from the badge's page

PAGE = "/riverside/badges/hipaa/give/"


def hand_over(client: Client, **said: str) -> HttpResponse:
    today = str(timezone.localdate(now(), ZoneInfo("America/New_York")))
    return client.post(PAGE, {"person": "Bob Brown", "reason": "Passed.", "given_on": today, **said})


def test_a_badge_is_given_from_its_page(as_alice: Client, as_bob: Client, badge: Badge, bob: Person) -> None:
    assert PAGE in as_alice.get("/riverside/badges/hipaa/").text
    assert PAGE not in as_bob.get("/riverside/badges/hipaa/").text
    assert 'data-people="one"' in as_alice.get(PAGE).text
    answer = hand_over(as_alice, person="BOB@riverside.example", given_on="2026-10-30")
    assert (answer.status_code, answer["Location"]) == (302, "/riverside/badges/hipaa/")
    with tenant(badge.organization):
        award = Award.objects.get()
        day = timezone.localdate(award.starts_at, badge.organization.time_zone)
        assert (award.person, award.reason, str(day)) == (bob, "Passed.", "2026-10-30")
    assert "Bob Brown holds HIPAA Certified until 30 October 2027." in as_alice.get(answer["Location"]).text


def test_given_again_it_is_renewed(as_alice: Client, award: Award) -> None:
    later = timezone.localdate(now(), award.organization.time_zone) + timedelta(days=500)
    answer = hand_over(as_alice, ends_on=str(later))
    told = as_alice.get(answer["Location"]).text
    assert f"HIPAA Certified of Bob Brown is renewed until {later:%-d %B %Y}." in told


@pytest.mark.parametrize("said", [
    {"person": ""}, {"person": "Nobody"}, {"person": "Bo\0b"}, {"person": "x" * 999}, {"person": "Same Name"},
    {"person": "Charlie Chan"}, {"person": "Ann Left"}, {"reason": ""}, {"given_on": "9999-12-31"},
    {"ends_on": "2001-01-01"},
])  # fmt: skip
def test_what_will_not_do_is_told_beside_it_and_nothing_is_lost(
    as_alice: Client, badge: Badge, bob: Person, charlie: Person, said: dict[str, str]
) -> None:
    for external_id in ("1", "2"):
        PersonFactory(organization=badge.organization, external_id=external_id, name="Same Name")
    PersonFactory(organization=badge.organization, name="Ann Left", left_on=now().date())
    answer = hand_over(as_alice, note="On the wall.", **said)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, list(said))
    assert "On the wall." in answer.text
    assert awards(badge.organization) == []


def test_a_badge_that_wants_evidence_asks_for_it_on_its_page(
    as_alice: Client, badge: Badge, bob: Person
) -> None:
    with tenant(badge.organization):
        Badge.objects.update(demands_evidence=True)
    assert "with evidence only" in as_alice.get(PAGE).text
    assert list(hand_over(as_alice).context["form"].errors) == ["links"]
    assert hand_over(as_alice, note="Certificate 7").status_code == 302


def test_a_badge_of_two_administrators_is_proposed_from_its_page(
    as_alice: Client, badge: Badge, bob: Person
) -> None:
    with tenant(badge.organization):
        Badge.objects.update(needs_two=True)
    answer = hand_over(as_alice)
    assert "HIPAA Certified is proposed for Bob Brown." in as_alice.get(answer["Location"]).text
    assert awards(badge.organization) == []


def test_a_closed_badge_goes_only_to_who_holds_it(as_alice: Client, award: Award, mary: Person) -> None:
    with tenant(award.organization):
        set_badge_state(badge=award.badge, state="closed", by=None)
    assert hand_over(as_alice).status_code == 302
    refused = hand_over(as_alice, person="Mary Moss").context["form"].errors
    assert refused == {"person": ["HIPAA Certified cannot be given to Mary Moss by hand any more."]}


@pytest.mark.parametrize(("state", "mode"), [("draft", "hand"), ("retired", "both"), ("active", "rule")])
def test_what_cannot_be_given_by_hand_offers_no_form(
    as_alice: Client, badge: Badge, bob: Person, state: str, mode: str
) -> None:
    with tenant(badge.organization):
        Badge.objects.update(state=state, mode=mode)
    assert PAGE not in as_alice.get("/riverside/badges/hipaa/").text
    assert "It cannot be given by hand" in as_alice.get(PAGE).text
    assert hand_over(as_alice).status_code == 422


def test_administrators_of_a_place_give_there_alone(badge: Badge, bob: Person) -> None:
    of = {"organization": badge.organization}
    place = LocationFactory(**of)
    local = PersonFactory(**of, user=UserFactory())
    for role in (Role.BADGE_ADMINISTRATOR, Role.USER_ADMINISTRATOR):
        RoleAssignmentFactory(**of, person=local, role=role, location=place)
    PersonFactory(**of, name="Pia Here", location=place)
    client = logged_in(local)
    told = hand_over(client).context["form"].errors["person"]
    assert told == ["Bob Brown works outside the locations that you administer."]
    assert hand_over(client, person="Pia Here").status_code == 302
