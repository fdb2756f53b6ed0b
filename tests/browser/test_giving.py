"""Giving by hand: a nomination on its way to the profile, two administrators, evidence, and the form of a person."""

from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils.timezone import localdate
from playwright.sync_api import Page, expect

from badges.actions import grant_by_hand
from badges.evidence import Piece
from badges.models import Badge, Evidence
from badges.nominating import nominate
from people.clock import now
from people.models import Person
from people.tenancy import tenant
from tests.browser.cast import GIVERS, is_narrow, member
from tests.browser.conftest import Lapel, log_in, log_out, look_until
from tests.factories import BadgeFactory, OrganizationFactory


@pytest.fixture
def people(lapel: Lapel) -> dict[str, Person]:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    of = {"organization": organization}
    BadgeFactory(**of, slug="kind-words", name="Kind Words", takes_nominations=True)
    BadgeFactory(**of, slug="black-belt", name="Black Belt", needs_two=True)
    BadgeFactory(**of, slug="first-aider", name="First Aider", demands_evidence=True)
    BadgeFactory(**of, slug="fire-warden", name="Fire Warden")
    return {
        "alice": member(organization, "Alice Adams", *GIVERS),
        "adam": member(organization, "Adam Ash", *GIVERS),
        "bob": member(organization, "Bob Brown"),
        "mary": member(organization, "Mary Moss"),
    }


def profile(person: Person) -> str:
    return f"/riverside/people/{person.pk}/"


def follow_bell(page: Page, headline: str) -> None:
    """What the bell tells, once it has come."""
    told = page.get_by_role("link", name=headline)

    def has_come() -> int:
        page.locator("summary[aria-label^=Notices]").click()
        expect(page.get_by_text("Just a moment …")).to_have_count(0)
        return told.count()

    look_until(page, page.url, has_come)
    told.click()


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
    follow_bell(page, "Bob Brown nominates Mary Moss for Kind Words")
    page.get_by_role("button", name="Approve and give the badge").click()
    expect(page.get_by_text("Nothing to decide")).to_be_visible()
    page.goto(profile(people["mary"]))
    page.locator(".tray").get_by_role("link", name="Kind Words").click()
    expect(page.get_by_text("nominated by Bob Brown")).to_be_visible()
    expect(page.get_by_role("link", name="https://example.org/thanks", exact=True)).to_be_visible()
    log_out(page)
    log_in(page, "bob@riverside.example")
    follow_bell(page, "Approved: Kind Words for Mary Moss")
    expect(page.get_by_text("Approved by Alice Adams")).to_be_visible()


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
    expect(page.get_by_text("Nothing to decide")).to_be_visible()
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


def test_a_badge_of_an_earlier_day_is_taken_back_and_given_back(
    page: Page, people: dict[str, Person]
) -> None:
    bob = people["bob"]
    today = localdate(now(), bob.organization.time_zone)
    earlier = today - timedelta(days=40)
    since = f"on {earlier.day} {earlier:%B %Y}"
    log_in(page, "alice@riverside.example")
    page.goto(f"{profile(bob)}give/?badge=fire-warden")
    page.get_by_label("Reason").fill("Led the exercise.")
    page.get_by_label("Given on").fill(f"{today + timedelta(days=1)}")
    page.get_by_role("button", name="Give the badge").click()
    expect(page.get_by_role("alert")).to_contain_text("The day lies ahead")
    expect(page.get_by_label("Reason")).to_have_value("Led the exercise.")
    page.get_by_label("Given on").fill(f"{earlier}")
    page.get_by_role("button", name="Give the badge").click()
    page.locator(".tray").get_by_role("link", name="Fire Warden").click()
    expect(page.locator(".award")).to_contain_text(since)
    award = page.url
    page.get_by_role("link", name="Take back").click()
    page.get_by_label("Reason").fill("It was another Bob.")
    page.get_by_role("button", name="Take back the badge").click()
    expect(page.locator(".tray").get_by_role("link", name="Fire Warden")).to_have_count(0)

    log_out(page)
    log_in(page, "bob@riverside.example")
    page.goto(award)
    expect(page.locator(".award")).to_contain_text("“It was another Bob.”")
    expect(page.get_by_role("link", name="Give back")).to_have_count(0)

    log_out(page)
    log_in(page, "alice@riverside.example")
    page.goto(award)
    page.get_by_role("link", name="Give back").click()
    page.get_by_label("Reason").fill("No, it was this one.")
    page.get_by_role("button", name="Give back the badge").click()
    expect(page.get_by_text("Fire Warden was given back to Bob Brown.")).to_be_visible()
    page.goto(award)
    expect(page.locator(".award").get_by_text("Held", exact=True)).to_be_visible()
    expect(page.locator(".award")).to_contain_text(since)
    expect(page.get_by_role("region", name="What happened")).to_contain_text("“It was another Bob.”")


def test_a_nomination_is_declined_with_a_reason_that_its_maker_reads(
    page: Page, people: dict[str, Person]
) -> None:
    log_in(page, "bob@riverside.example")
    page.goto(f"/riverside/nominations/new/?person={people['mary'].pk}")
    page.get_by_label("Badge").select_option("Kind Words")
    page.get_by_label("Reason").fill("She smiles.")
    page.get_by_role("button", name="Nominate").click()
    expect(page.get_by_text("Waits for a decision")).to_be_visible()
    log_out(page)
    log_in(page, "adam@riverside.example")
    page.get_by_role("link", name="Nominations to decide, 1").click()
    page.get_by_role("link", name="Kind Words for Mary Moss").click()
    page.get_by_label("Reason").fill("Say what she did.")
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_text("Nothing to decide")).to_be_visible()
    log_out(page)
    log_in(page, "bob@riverside.example")
    follow_bell(page, "Declined: Kind Words for Mary Moss")
    expect(page.get_by_text("Say what she did.")).to_be_visible()
    page.goto(profile(people["mary"]))
    expect(page.locator(".tray").get_by_role("link", name="Kind Words")).to_have_count(0)


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
        found[path] += [] if is_narrow(page) else ["scrolls sideways"]
    assert found == {path: [] for path in paths}
