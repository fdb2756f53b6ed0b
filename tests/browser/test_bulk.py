"""An administrator gives a badge to the ticked people of a list, sees it done, and undoes it; without scripts too."""

import pytest
from playwright.sync_api import Browser, Page, expect

from people.models import Organization
from people.roles import Role
from tests.browser.conftest import PASSWORD, Lapel, log_in
from tests.factories import (
    BadgeFactory,
    BoardFactory,
    CardFactory,
    LocationFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    """Alice administers Ward 4B alone."""
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    ward = LocationFactory(organization=organization, name="Ward 4B")
    user = UserFactory(email="alice@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    alice = PersonFactory(organization=organization, name="Alice Adams", user=user)
    for role in (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
        RoleAssignmentFactory(organization=organization, person=alice, role=role, location=ward)
    for name in ("Ana Kowalczyk", "Dele Adeyemi"):
        PersonFactory(organization=organization, name=name, title="Nurse", location=ward)
    PersonFactory(organization=organization, name="Tomás Herrera", title="Facilities engineer")
    BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified", ends_after="1 year")
    BadgeFactory(organization=organization, slug="walker", name="Waste Walker")
    board = BoardFactory(organization=organization, title="Huddle")
    CardFactory(organization=organization, board=board, title="Our team", location=ward)
    return organization


def give(page: Page) -> None:
    """From the draft on."""
    page.get_by_role("checkbox", name="HIPAA Certified").check()
    page.get_by_label("Reason").fill("Passed the refresher.")
    page.get_by_role("button", name="Look at what would happen").click()


def badges(page: Page) -> list[str]:
    """Whose row on the People page has a badge."""
    page.goto("/riverside/people/")
    return page.locator("tbody tr:has(.emblems img) .person__name").all_inner_texts()


def test_the_ticked_ones_get_a_badge_and_lose_it_again(page: Page, riverside: Organization) -> None:
    log_in(page, "alice@riverside.example")
    page.goto("/riverside/people/")
    expect(page.get_by_role("button", name="Add badges")).to_be_hidden()
    for name in ("Ana Kowalczyk", "Dele Adeyemi", "Tomás Herrera"):
        page.get_by_role("checkbox", name=f"Tick {name}").check()
    expect(page.get_by_text("3 ticked")).to_be_visible()
    page.get_by_role("button", name="Add badges").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the badges of 3 people")
    give(page)
    expect(page.get_by_text("2 change, 0 stay as they are, 1 is left out")).to_be_visible()
    expect(page.get_by_text("Works outside the locations that you administer")).to_be_visible()
    assert badges(page) == []
    page.go_back()
    page.get_by_role("button", name="Add to 2 people").click()
    expect(page.get_by_text("2 changed, 0 as before, 1 left out")).to_be_visible()
    address = page.url
    assert badges(page) == ["Ana Kowalczyk", "Dele Adeyemi"]
    page.goto(address)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 badges as before, 0 left")).to_be_visible()
    assert badges(page) == []


def test_a_card_leads_to_everybody_in_it_without_scripts(
    browser: Browser, lapel: Lapel, riverside: Organization
) -> None:
    context = browser.new_context(base_url=lapel.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "alice@riverside.example")
    page.goto("/riverside/boards/")
    page.get_by_role("link", name="Huddle").click()
    page.get_by_role("button", name="Change badges of everybody in Our team").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the badges of 2 people")
    give(page)
    page.get_by_role("button", name="Add to 2 people").click()
    while "2 changed" not in page.locator("main").inner_text():
        page.get_by_role("link", name="See how far it is now").click()
    assert badges(page) == ["Ana Kowalczyk", "Dele Adeyemi"]
    context.close()
