"""The form of a person with their badges by hand: saved together, or not at all."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from badges.actions import grant_by_hand, revoke_award
from badges.models import Award, Badge
from people.clock import now
from people.models import AuditEntry, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import BadgeFactory, LocationFactory, PersonFactory, RoleAssignmentFactory, UserFactory


@pytest.fixture
def badges(organization: Organization) -> dict[str, Badge]:
    of = {"organization": organization}
    return {
        "warden": BadgeFactory(**of, slug="warden", name="Fire Warden"),
        "aider": BadgeFactory(**of, slug="aider", name="First Aider"),
        "belt": BadgeFactory(**of, slug="belt", name="Black Belt", needs_two=True),
        "hipaa": BadgeFactory(**of, slug="hipaa", name="HIPAA Certified", demands_evidence=True),
        "byrule": BadgeFactory(**of, slug="byrule", name="First Idea", mode="rule"),
    }


@pytest.fixture
def warden(badges: dict[str, Badge], bob: Person, alice: Person) -> Award:
    with tenant(bob.organization):
        return grant_by_hand(badge=badges["warden"], person=bob, by=alice, reason="Course.")


def url(person: Person) -> str:
    return f"/riverside/settings/people/{person.pk}/"


def said(person: Person, **more: Any) -> dict[str, Any]:
    return {"name": person.name, "email": person.email, "external_id": person.external_id, **more}


def held(person: Person) -> list[str]:
    with tenant(person.organization):
        standing = Award.objects.standing().filter(person=person)
        return list(standing.order_by("badge__slug").values_list("badge__slug", flat=True))


def test_what_is_held_is_ticked_and_the_rest_is_told(
    as_alice: Client, warden: Award, badges: dict[str, Badge], bob: Person
) -> None:
    with tenant(bob.organization):
        Award.objects.create(
            organization=bob.organization, badge=badges["byrule"], person=bob, origin="rule",
            starts_at=now(), recorded_at=now(),
        )  # fmt: skip
    page = as_alice.get(url(bob))
    form = page.context["badges"]
    assert [(str(w.choice_label), w.data["selected"]) for w in form["badges"].subwidgets] == [
        ("Fire Warden (held, does not end)", True),
        ("First Aider", False),
    ]
    assert form.shown == [warden.pk]
    assert [str(badge) for badge in form.by_rule] == ["First Idea"]
    assert [str(badge) for badge in form.elsewhere] == ["Black Belt", "HIPAA Certified"]


def test_a_change_made_meanwhile_is_not_overwritten_unasked(as_alice: Client, bob: Person) -> None:
    seen = as_alice.get(url(bob)).context["form"].edition
    first = said(bob, title="Ward manager", seen=seen)
    assert as_alice.post(url(bob), first).status_code == 302
    assert as_alice.post(url(bob), first).status_code == 302, "the same twice is no conflict"

    late = said(bob, joined_on="2020-03-01", seen=seen)
    page = as_alice.post(url(bob), late)
    assert page.status_code == 422
    assert "in: Job title, Joined on." in page.content.decode()
    with tenant(bob.organization):
        bob.refresh_from_db()
    assert (bob.title, bob.joined_on) == ("Ward manager", None)
    assert as_alice.post(url(bob), {**late, "seen": page.context["form"].edition}).status_code == 302


def test_ticking_gives_and_unticking_takes_back_with_the_person(
    as_alice: Client, warden: Award, bob: Person, alice: Person
) -> None:
    changed = said(bob, name="Robert Brown", badges=["aider"], shown=[warden.pk], why="Changed teams.")
    assert as_alice.post(url(bob), changed).status_code == 302
    assert held(bob) == ["aider"]
    with tenant(bob.organization):
        bob.refresh_from_db()
        given = Award.objects.get(badge__slug="aider")
        warden.refresh_from_db()
        actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert (bob.name, given.given_by_id, given.reason, warden.end_reason) == (
        "Robert Brown", alice.pk, "Changed teams.", "Changed teams.",
    )  # fmt: skip
    assert {"person.edited", "award.granted", "award.revoked"} <= actions


def test_saving_without_a_change_of_badges_needs_no_reason(
    as_alice: Client, warden: Award, bob: Person
) -> None:
    same = said(bob, title="Nurse", badges=["warden"], shown=[warden.pk], why="")
    assert as_alice.post(url(bob), same).status_code == 302
    assert as_alice.post(url(bob), said(bob, title="Head nurse")).status_code == 302
    assert held(bob) == ["warden"]


def test_what_is_ticked_may_have_an_end_of_its_own(as_alice: Client, warden: Award, bob: Person) -> None:
    last = timezone.localdate(now(), bob.organization.time_zone) + timedelta(days=40)
    both = said(bob, badges=["aider", "warden"], shown=[warden.pk], why="Course.", ends_on=last.isoformat())
    assert as_alice.post(url(bob), both).status_code == 302
    with tenant(bob.organization):
        given = Award.objects.get(badge__slug="aider")
        assert timezone.localtime(given.expires_at).date() == last
        assert Award.objects.get(pk=warden.pk).expires_at is None


def test_an_end_without_a_badge_that_it_is_for_is_told_beside_it(
    as_alice: Client, warden: Award, bob: Person
) -> None:
    last = timezone.localdate(now(), bob.organization.time_zone) + timedelta(days=40)
    for badges in (["warden"], []):
        page = as_alice.post(url(bob), said(bob, badges=badges, shown=[warden.pk], why="x", ends_on=last))
        assert page.status_code == 422
        assert page.context["badges"].errors["ends_on"] == [
            "No badge is ticked anew, so nothing would end on that day."
        ]
    assert held(bob) == ["warden"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"ends_on": "2020-01-01"},
        {"ends_on": "soon"},
        {"why": ""},
        {"why": "x" * 501},
        {"why": "No\0"},
        {"badges": ["aider", "nothing"]},
        {"badges": ["aider", "belt"]},
        {"badges": ["aider", "hipaa"]},
        {"badges": ["aider", "byrule"]},
        {"badges": ["ai\0der"]},
        {"name": ""},
        {"manager": "Nobody"},
    ],
)
def test_bad_input_stores_nothing_and_loses_nothing(
    as_alice: Client, warden: Award, bob: Person, wrong: dict[str, Any]
) -> None:
    good = said(bob, title="Nurse", badges=["aider"], shown=[warden.pk], why="Changed teams.")
    page = as_alice.post(url(bob), {**good, **wrong})
    assert page.status_code == 422
    assert held(bob) == ["warden"]
    assert page.context["badges"].shown == [warden.pk]
    assert page.context["badges"]["badges"].value() == wrong.get("badges", ["aider"])
    assert page.context["form"]["title"].value() == "Nurse"
    with tenant(bob.organization):
        bob.refresh_from_db()
        assert (bob.name, bob.title) == ("Bob Brown", "")


def test_a_limit_of_the_badge_stores_nothing_either(
    as_alice: Client, badges: dict[str, Badge], bob: Person, alice: Person
) -> None:
    with tenant(bob.organization):
        Badge.objects.filter(slug="aider").update(most_holders=1)
        grant_by_hand(badge=badges["aider"], person=alice, by=None, reason="Course.")
    page = as_alice.post(url(bob), said(bob, title="Nurse", badges=["aider", "warden"], why="Course."))
    assert page.status_code == 422
    assert "can be held by 1 person at most" in page.content.decode()
    assert held(bob) == []
    with tenant(bob.organization):
        bob.refresh_from_db()
        assert bob.title == ""


def test_an_old_page_does_not_touch_what_others_did_meanwhile(
    as_alice: Client, warden: Award, badges: dict[str, Badge], bob: Person, alice: Person
) -> None:
    """Shown with the warden ticked; then that was taken back and given anew, and the aider given as well."""
    with tenant(bob.organization):
        revoke_award(award=warden, by=alice, reason="A mistake.")
        grant_by_hand(badge=badges["warden"], person=bob, by=alice, reason="No mistake.")
        grant_by_hand(badge=badges["aider"], person=bob, by=alice, reason="Course.")
    for ticked in ([], ["warden"], ["warden", "aider"]):
        old = said(bob, badges=ticked, shown=[warden.pk], why="From an old page.")
        assert as_alice.post(url(bob), old).status_code == 302
        assert held(bob) == ["aider", "warden"]
    with tenant(bob.organization):
        assert Award.objects.count() == 3


@pytest.mark.parametrize("shown", [["0"], ["9" * 400], ["x"], ["1\0"], ["999999"]])
def test_what_was_shown_is_not_believed(
    as_alice: Client, warden: Award, bob: Person, shown: list[str]
) -> None:
    assert as_alice.post(url(bob), said(bob, shown=shown, why="")).status_code == 302
    assert held(bob) == ["warden"]


def test_awards_of_others_are_not_taken_back(
    as_alice: Client, warden: Award, bob: Person, mary: Person
) -> None:
    assert as_alice.post(url(mary), said(mary, shown=[warden.pk], why="Away.")).status_code == 302
    assert held(bob) == ["warden"]


def test_only_those_who_give_badges_see_them(organization: Organization, warden: Award, bob: Person) -> None:
    """A user administrator changes the person alone, whatever is sent; so does who defines badges elsewhere."""
    una, ward = (
        PersonFactory(organization=organization, user=UserFactory()),
        LocationFactory(organization=organization),
    )
    RoleAssignmentFactory(organization=organization, person=una, role=Role.USER_ADMINISTRATOR)
    for more in (None, ward):
        if more:
            RoleAssignmentFactory(
                organization=organization, person=una, role=Role.BADGE_ADMINISTRATOR, location=more
            )
        client = logged_in(una)
        assert client.get(url(bob)).context["badges"] is None
        sent = said(bob, badges=["aider"], shown=[warden.pk], why="Away.")
        assert client.post(url(bob), sent).status_code == 302
    assert held(bob) == ["warden"]


def test_who_left_gets_nothing_and_can_lose(as_alice: Client, warden: Award, bob: Person) -> None:
    with tenant(bob.organization):
        Person.objects.filter(pk=bob.pk).update(left_on=now().date() - timedelta(days=1))
    page = as_alice.get(url(bob))
    assert [str(w.choice_label) for w in page.context["badges"]["badges"].subwidgets] == [
        "Fire Warden (held, does not end)"
    ]
    assert as_alice.post(url(bob), said(bob, shown=[warden.pk], why="Away.")).status_code == 302
    assert held(bob) == []


def test_the_page_asks_as_much_for_one_badge_as_for_three(
    as_alice: Client, badges: dict[str, Badge], bob: Person, alice: Person
) -> None:
    asked = []
    for slugs in (["warden"], ["aider", "third"]):
        for slug in slugs:
            badge = badges.get(slug) or BadgeFactory(organization=bob.organization, slug=slug)
            with tenant(bob.organization):
                grant_by_hand(badge=badge, person=bob, by=alice, reason="Course.")
        as_alice.get(url(bob))
        with CaptureQueriesContext(connection) as queries:
            as_alice.get(url(bob))
        asked.append(len(queries))
    assert asked[0] == asked[1]
