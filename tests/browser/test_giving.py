"""Giving by hand: a nomination on its way to the profile, two administrators, evidence, and the form of a person."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from badges.actions import grant_by_hand
from badges.evidence import Piece
from badges.models import Badge, Evidence
from badges.nominating import nominate
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.browser.conftest import PASSWORD, Lapel, log_in, log_out
from tests.factories import (
    BadgeFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)

GIVERS = (Role.BADGE_ADMINISTRATOR, Role.USER_ADMINISTRATOR)


def somebody(organization: Organization, name: str, *roles: Role) -> Person:
    user = UserFactory(email=f"{name.split()[0].lower()}@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    person = PersonFactory(organization=organization, name=name, user=user)
    for role in roles:
        RoleAssignmentFactory(organization=organization, person=person, role=role)
    return person


@pytest.fixture
def people(lapel: Lapel) -> dict[str, Person]:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    of = {"organization": organization}
    BadgeFactory(**of, slug="kind-words", name="Kind Words", takes_nominations=True)
    BadgeFactory(**of, slug="black-belt", name="Black Belt", needs_two=True)
    BadgeFactory(**of, slug="first-aider", name="First Aider", demands_evidence=True)
    BadgeFactory(**of, slug="fire-warden", name="Fire Warden")
    return {
        "alice": somebody(organization, "Alice Adams", *GIVERS),
        "adam": somebody(organization, "Adam Ash", *GIVERS),
        "bob": somebody(organization, "Bob Brown"),
        "mary": somebody(organization, "Mary Moss"),
    }


def profile(person: Person) -> str:
    return f"/riverside/people/{person.pk}/"


def test_a_nomination_becomes_a_badge_on_the_profile(page: Page, people: dict[str, Person]) -> None:
    log_in(page, "bob@riverside.example")
    page.goto(profile(people["mary"]))
    page.get_by_role("link", name="Nominate").click()
    page.get_by_label("Badge").select_option("Kind Words")
    page.get_by_label("Reason").fill("She taught us all to say thank you.")
    page.get_by_label("Links").fill("https://example.org/thanks")
    page.get_by_role("button", name="Nominate").click()
    expect(page.get_by_text("Waits for a decision")).to_be_visible()
    log_out(page)
    log_in(page, "alice@riverside.example")
    page.get_by_role("link", name="Nominations to decide, 1").click()
    page.get_by_role("link", name="Kind Words for Mary Moss").click()
    page.get_by_role("button", name="Approve and give the badge").click()
    expect(page.get_by_text("Nothing to decide")).to_be_visible()
    page.goto(profile(people["mary"]))
    page.locator(".tray").get_by_role("link", name="Kind Words").click()
    expect(page.get_by_text("nominated by Bob Brown")).to_be_visible()
    expect(page.get_by_role("link", name="https://example.org/thanks", exact=True)).to_be_visible()
    log_out(page)
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/nominations/")
    expect(page.get_by_text("Approved")).to_be_visible()


def test_two_administrators_agree(page: Page, people: dict[str, Person]) -> None:
    log_in(page, "alice@riverside.example")
    page.goto(profile(people["bob"]))
    page.get_by_role("link", name="Give a badge").click()
    page.get_by_label("Badge").select_option("black-belt")
    page.get_by_label("Reason").fill("Passed the test.")
    page.get_by_role("button", name="Give the badge").click()
    expect(page.get_by_text("Another administrator has to approve it")).to_be_visible()
    expect(page.locator(".tray").get_by_text("Black Belt")).to_have_count(0)
    page.goto("/riverside/nominations/to-decide/")
    expect(page.get_by_text("Nothing to decide")).to_be_visible()
    log_out(page)
    log_in(page, "adam@riverside.example")
    page.goto("/riverside/nominations/to-decide/")
    page.get_by_role("link", name="Black Belt for Bob Brown").click()
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why it is declined.")
    page.get_by_role("button", name="Approve and give the badge").click()
    page.goto(profile(people["bob"]))
    expect(page.locator(".tray").get_by_role("link", name="Black Belt")).to_be_visible()


def test_evidence_is_asked_for_handed_out_and_withdrawn(
    page: Page, people: dict[str, Person], tmp_path: Path
) -> None:
    file = tmp_path / "certificate.txt"
    file.write_text("Passed on Monday")
    log_in(page, "alice@riverside.example")
    page.goto(f"{profile(people['bob'])}give/?badge=first-aider")
    page.get_by_label("Reason").fill("Passed the course.")
    page.get_by_role("button", name="Give the badge").click()
    expect(page.get_by_role("alert")).to_contain_text("First Aider is given with evidence only")
    page.get_by_label("Links").fill("https://example.org/course/7")
    page.get_by_label("Files").set_input_files(file)
    page.get_by_role("button", name="Give the badge").click()
    page.locator(".tray").get_by_role("link", name="First Aider").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="certificate.txt", exact=True).click()
    assert download.value.path().read_text() == "Passed on Monday"
    page.get_by_role("link", name="Withdraw certificate.txt").click()
    page.get_by_label("Reason").fill("The wrong Bob.")
    page.get_by_role("button", name="Withdraw the evidence").click()
    expect(page.get_by_text("“The wrong Bob.”")).to_be_visible()
    page.get_by_role("link", name="Add evidence").click()
    page.get_by_label("Note").fill("Seen by me.")
    page.get_by_role("button", name="Add the evidence").click()
    expect(page.get_by_role("paragraph").get_by_text("Seen by me.")).to_be_visible()


def test_badges_are_ticked_on_the_form_of_a_person(page: Page, people: dict[str, Person]) -> None:
    log_in(page, "alice@riverside.example")
    page.goto(profile(people["bob"]))
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Job title").fill("Nurse")
    page.get_by_label("Fire Warden").check()
    page.get_by_role("button", name="Save the person").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    expect(page.get_by_label("Fire Warden")).to_be_checked()
    page.get_by_label("Reason for the change of badges").fill("Took the course.")
    page.get_by_role("button", name="Save the person").click()
    expect(page.get_by_text("Bob Brown is saved.")).to_be_visible()
    expect(page.get_by_label("Fire Warden (held")).to_be_checked()
    page.goto(profile(people["bob"]))
    expect(page.locator(".tray").get_by_role("link", name="Fire Warden")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Fire Warden (held").uncheck()
    page.get_by_label("Reason for the change of badges").fill("It was another Bob.")
    page.get_by_role("button", name="Save the person").click()
    expect(page.get_by_label("Fire Warden")).not_to_be_checked()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_can_be_used_by_everybody(page: Page, people: dict[str, Person], width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    bob, mary, alice = people["bob"], people["mary"], people["alice"]
    with tenant(bob.organization):
        long = Piece(link="https://example.org/" + "certificate" * 20)
        aider, kind = (Badge.objects.get(slug=slug) for slug in ("first-aider", "kind-words"))
        award = grant_by_hand(
            badge=aider, person=bob, by=alice, reason="Passed.", evidence=[long, Piece(note="Seen by me.")]
        )
        words = nominate(badge=kind, nominee=mary, by=bob, reason="Thanks. " * 20, evidence=[long])
        paths = [
            f"{profile(mary)}give/", award.get_absolute_url(), f"{award.get_absolute_url()}evidence/",
            f"/riverside/evidence/{Evidence.objects.filter(award=award).first().pk}/withdraw/",
            f"/riverside/nominations/new/?person={mary.pk}", "/riverside/nominations/",
            "/riverside/nominations/to-decide/", words.get_absolute_url(),
            f"/riverside/settings/people/{bob.pk}/", "/riverside/badges/kind-words/edit/",
        ]  # fmt: skip
    log_in(page, "alice@riverside.example")
    found = {}
    for path in paths:
        page.goto(path)
        found[path] = [violation["id"] for violation in Axe().run(page).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        found[path] += ["scrolls sideways"] if wide else []
    assert found == {path: [] for path in paths}
