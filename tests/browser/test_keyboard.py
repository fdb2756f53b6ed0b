"""From login to why somebody holds a badge with keys alone; where the keyboard is can always be seen."""

import pytest
from playwright.sync_api import Page, expect

from badges.actions import grant_by_hand
from people.models import Organization
from people.tenancy import tenant
from tests.browser.conftest import PASSWORD, Lapel
from tests.factories import (
    BadgeFactory,
    LocationFactory,
    OrganizationFactory,
    PersonFactory,
    UserFactory,
)

FOCUSED = """() => {
  const e = document.activeElement, box = e.getBoundingClientRect(), look = getComputedStyle(e);
  const label = e.labels && e.labels[0], picture = e.querySelector("img");
  return {
    name: (e.getAttribute("aria-label") || (label || e).innerText || (picture ? picture.alt : "")).trim(),
    is: e.tagName,
    seen: e !== document.body && box.width > 0 && box.bottom > 0 && box.top < innerHeight
      && (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0 || look.boxShadow !== "none"
        || e.type === "date"),  // whose parts show it themselves
  };
}"""


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    ward = LocationFactory(organization=organization, name="Ward 4B")
    user = UserFactory(email="bob@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    bob = PersonFactory(organization=organization, name="Bob Brown", user=user)
    ana = PersonFactory(organization=organization, name="Ana Kowalczyk", title="Nurse", location=ward)
    badge = BadgeFactory(organization=organization, name="HIPAA Certified")
    with tenant(organization):
        grant_by_hand(badge=badge, person=ana, by=bob, reason="Passed the refresher, record 5521.")
    return organization


def walk_to(page: Page, name: str, most: int = 60) -> None:
    """Tab until `name` has the keyboard; every stop on the way can be seen."""
    page.wait_for_load_state()
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        assert here["seen"], f"the keyboard is out of sight at {here}"
        if here["name"].startswith(name):
            return
    raise AssertionError(f"{name} cannot be reached")


def has_keyboard(page: Page) -> str:
    here = page.evaluate(FOCUSED)
    assert here["is"] != "BODY", "the keyboard is lost"
    return str(here["name"])


def log_in_with_keys(page: Page) -> None:
    page.goto("/accounts/login/")
    walk_to(page, "Work e-mail address")
    page.keyboard.type("bob@riverside.example")
    walk_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/riverside/")


def test_from_login_to_why_with_keys_alone(page: Page, riverside: Organization) -> None:
    log_in_with_keys(page)

    walk_to(page, "Skip to content")
    walk_to(page, "People")
    page.keyboard.press("Enter")
    page.wait_for_url("**/riverside/people/")
    walk_to(page, "Location")
    page.keyboard.press("W")
    page.wait_for_url("**location=*")
    expect(page.locator("tbody .person__name")).to_have_text(["Ana Kowalczyk"])
    assert has_keyboard(page).startswith("Location")
    walk_to(page, "Holds the badge")
    page.keyboard.press("H")
    expect(page.locator(".filter")).to_contain_text("HIPAA Certified")
    assert has_keyboard(page) == "Holds the badge"
    walk_to(page, "Badges")
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=badges*")
    assert has_keyboard(page) == "Badges"

    walk_to(page, "Ana Kowalczyk")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Kowalczyk")
    walk_to(page, "HIPAA Certified")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Passed the refresher, record 5521.")


def test_one_key_leads_to_everything(page: Page, riverside: Organization) -> None:
    log_in_with_keys(page)
    page.keyboard.press("/")
    page.wait_for_url("**/riverside/search/")
    page.keyboard.type("kowal")
    page.wait_for_url("**q=kowal")
    expect(page.get_by_role("link", name="Ana Kowalczyk")).to_be_visible()
    walk_to(page, "Ana Kowalczyk")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana Kowalczyk")


def test_taking_a_filter_away_does_not_lose_the_keyboard(page: Page, riverside: Organization) -> None:
    log_in_with_keys(page)
    page.goto("/riverside/people/")
    walk_to(page, "Holds the badge")
    page.keyboard.press("H")
    expect(page.get_by_role("link", name="Remove filter: holds HIPAA Certified")).to_be_visible()
    walk_to(page, "Remove filter: holds HIPAA Certified")
    page.keyboard.press("Enter")
    expect(page.locator("tbody .person__name")).to_have_text(["Ana Kowalczyk", "Bob Brown"])
    has_keyboard(page)
    walk_to(page, "Badges")
