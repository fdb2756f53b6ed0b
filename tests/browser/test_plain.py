"""What people do most, with scripts switched off, and with keys alone."""

import pytest
from playwright.sync_api import Browser, Page, expect

from people.models import Organization
from tests.browser.cast import GIVERS, member
from tests.browser.conftest import Lapel, log_in
from tests.browser.test_keyboard import walk_to
from tests.factories import BadgeFactory, LocationFactory, OrganizationFactory, PersonFactory


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    ward = LocationFactory(organization=organization, name="Ward 4B")
    member(organization, "Alice Adams", *GIVERS)
    PersonFactory(organization=organization, name="Ana Kowalczyk", location=ward)
    PersonFactory(organization=organization, name="Dele Adeyemi")
    BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified")
    return organization


def test_people_are_found_kept_and_given_badges_without_scripts(
    browser: Browser, lapel: Lapel, riverside: Organization
) -> None:
    context = browser.new_context(base_url=lapel.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "alice@riverside.example")
    page.get_by_label("In a few words").fill("Red lids")
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_label("Your comment").fill("On trial.")
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_role("region", name="Comments")).to_contain_text("On trial.")

    page.get_by_role("link", name="People", exact=True).first.click()
    page.get_by_label("Location, with everything below it").select_option(label="Ward 4B")
    page.get_by_label("Find a person in this list").press("Enter")
    expect(page.locator("tbody .person__name")).to_have_text(["Ana Kowalczyk"])
    page.locator("summary", has_text="Columns").click()
    page.get_by_role("checkbox", name="Login").check()
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("thead th").last).to_have_text("Login")
    expect(page.locator("tbody .person__name")).to_have_text(["Ana Kowalczyk"])

    page.get_by_role("link", name="Ana Kowalczyk").click()
    page.get_by_role("link", name="Give a badge").click()
    page.get_by_label("Badge", exact=True).select_option("hipaa")
    page.get_by_label("Reason").fill("Passed.")
    page.get_by_role("button", name="Give the badge").click()
    expect(page.locator(".tray").get_by_role("link", name="HIPAA Certified")).to_be_visible()
    page.get_by_role("link", name="Notices").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Notices")
    page.goto("/riverside/notices/mail/")
    page.get_by_label("No mail from").select_option("21:00")
    page.get_by_role("button", name="Save your choice").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Until").select_option("06:00")
    page.get_by_role("button", name="Save your choice").click()
    expect(page.get_by_text("Your choice of mail is saved.")).to_be_visible()
    context.close()


def test_an_improvement_and_a_bulk_edit_with_keys_alone(page: Page, riverside: Organization) -> None:
    log_in(page, "alice@riverside.example")
    walk_to(page, "In a few words")
    page.keyboard.type("Red lids")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Red lids")

    page.goto("/riverside/people/")
    for name in ("Tick Ana Kowalczyk", "Tick Dele Adeyemi"):
        walk_to(page, name)
        page.keyboard.press("Space")
    walk_to(page, "Add badges")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the badges of 2 people")
    walk_to(page, "HIPAA Certified")
    page.keyboard.press("Space")
    walk_to(page, "Reason")
    page.keyboard.type("Passed.")
    walk_to(page, "Look at what would happen")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 change, 0 stay as they are, 0 are left out")).to_be_visible()
    walk_to(page, "Add to 2 people")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 changed, 0 as before, 0 left out")).to_be_visible()
