"""An owner adds and invites somebody, who comes in by the mail; then roles, a move, and leaving."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from people.models import Organization
from people.roles import Role
from tests.browser.conftest import PASSWORD, Lapel, log_in
from tests.factories import (
    LocationFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)

PAGES = [
    "", "organization/", "locations/", "locations/new/", "people/", "people/new/", "roles/", "invitations/", "audit/"
]  # fmt: skip


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    LocationFactory(organization=organization, name="Ward 4B")
    user = UserFactory(email="olga@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    olga = PersonFactory(organization=organization, name="Olga Owen", user=user)
    RoleAssignmentFactory(organization=organization, person=olga, role=Role.OWNER)
    return organization


def test_somebody_is_added_invited_and_comes_in(
    page: Page, browser: Browser, riverside: Organization
) -> None:
    log_in(page, "olga@riverside.example")
    page.goto("/riverside/settings/people/new/")
    page.get_by_label("Name").fill("Nia New")
    page.get_by_label("Email").fill("nia@riverside.example")
    page.get_by_label("Location").select_option(label="Ward 4B")
    page.get_by_role("button", name="Add the person").click()
    page.get_by_role("button", name="Invite by email").click()
    link = mailed_link(page)
    with browser.new_context(base_url=page.url) as context:
        guest = context.new_page()
        guest.goto(link)
        guest.get_by_label("New password").fill("a window in the rain")
        guest.get_by_role("button", name="Set the password and go in").click()
        guest.wait_for_url("**/riverside/")
    page.goto("/riverside/settings/invitations/")
    expect(page.get_by_text("Taken up")).to_be_visible()


def mailed_link(page: Page) -> str:
    for _ in range(40):
        page.goto("/demo/mail/")
        letters = page.get_by_role("link", name=re.compile("Your login for Riverside Health"))
        if letters.count():
            letters.first.click()
            found = re.search(
                r"https?://\S+/accounts/invitation/\S+?/(?=\s|$)", page.locator("main").inner_text()
            )
            assert found
            return found.group()
        page.wait_for_timeout(500)
    raise AssertionError("the invitation was not mailed")


@pytest.mark.parametrize("width", [1360, 390])
def test_the_pages_can_be_used_by_everybody(page: Page, riverside: Organization, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page, "olga@riverside.example")
    found = {}
    for path in PAGES:
        page.goto(f"/riverside/settings/{path}")
        violations = Axe().run(page).response["violations"]
        found[path] = [violation["id"] for violation in violations]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        found[path] += ["scrolls sideways"] if wide else []
    assert found == {path: [] for path in PAGES}
