"""The People page: search, filters, order, columns, saved lists and a file of what is seen."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from badges.actions import grant_by_hand
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.browser.conftest import PASSWORD, Lapel, log_in, log_out
from tests.factories import (
    BadgeFactory,
    LocationFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    """Bob is an employee, Alice gives badges by hand; Ana holds one, Dele none."""
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    main = LocationFactory(organization=organization, name="Main")
    ward = LocationFactory(organization=organization, name="Ward 4B", parent=main)
    for name, email in (("Bob Brown", "bob@riverside.example"), ("Alice Adams", "alice@riverside.example")):
        user = UserFactory(email=email)
        user.set_password(PASSWORD)
        user.save()
        person = PersonFactory(organization=organization, name=name, user=user)
        if name == "Alice Adams":
            for role in (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
                RoleAssignmentFactory(organization=organization, person=person, role=role)
    ana = PersonFactory(organization=organization, name="Ana Kowalczyk", title="Nurse", location=ward)
    PersonFactory(organization=organization, name="Dele Adeyemi", title="Nurse", location=ward)
    badge = BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified")
    with tenant(organization):
        grant_by_hand(badge=badge, person=ana, by=person, reason="Passed.")
    return organization


def shows(page: Page, *names: str) -> None:
    """Once what was asked for is there."""
    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(page.locator("tbody .person__name")).to_have_text(list(names))


def test_an_address_that_is_too_long_is_answered_by_lapel(page: Page, riverside: Organization) -> None:
    log_in(page, "bob@riverside.example")
    page.goto(f"/riverside/people/?q={'nur' * 2_500}")
    expect(page.get_by_role("heading", level=1)).to_have_text("People")


def test_an_employee_finds_sorts_keeps_and_exports(page: Page, riverside: Organization) -> None:
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/people/")
    shows(page, "Alice Adams", "Ana Kowalczyk", "Bob Brown", "Dele Adeyemi")
    expect(page.get_by_role("checkbox", name="Tick Ana Kowalczyk")).to_have_count(0)

    page.get_by_label("Find a person in this list").press_sequentially("nur")
    page.wait_for_url("**q=nur&*")
    shows(page, "Ana Kowalczyk", "Dele Adeyemi")
    page.get_by_label("Location, with everything below it").select_option(label="Main")
    page.wait_for_url(re.compile(r"location=\d"))
    shows(page, "Ana Kowalczyk", "Dele Adeyemi")
    page.get_by_role("link", name="Badges").last.click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Badges")
    shows(page, "Ana Kowalczyk", "Dele Adeyemi")

    turned = re.compile(r"sort=(?!badges$)")
    page.route(turned, lambda never_answered: None)
    page.get_by_role("link", name="Badges").last.click()
    without = page.get_by_label("Does not hold the badge")
    without.select_option(label="HIPAA Certified")
    shows(page, "Dele Adeyemi")
    expect(without).to_have_value("")
    page.unroute(turned)
    page.get_by_label("Remove filter: does not hold HIPAA Certified").click()
    shows(page, "Ana Kowalczyk", "Dele Adeyemi")

    page.locator("summary", has_text="Columns").click()
    page.get_by_role("checkbox", name="Login").check()
    page.get_by_role("checkbox", name="Next end").uncheck()
    page.get_by_role("button", name="Move Badges up").click()
    page.get_by_role("button", name="Apply").click()
    heads = ["Name", "Badges", "Location", "Improvements", "Login"]
    expect(page.locator("thead th")).to_have_text(heads)
    shows(page, "Ana Kowalczyk", "Dele Adeyemi")

    page.locator("summary", has_text="Saved lists").click()
    page.get_by_role("button", name="Save this list").click()
    page.get_by_label("Name").fill("Nurses")
    page.get_by_label("Share it with everybody here").check()
    page.get_by_role("button", name="Save list").click()
    expect(page.get_by_text("Nurses is kept under Saved lists.")).to_be_visible()
    shows(page, "Ana Kowalczyk", "Dele Adeyemi")

    page.locator("summary", has_text="Export").click()
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="This list, as CSV").click()
    lines = Path(downloaded.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert lines == [
        ",".join(heads), "Ana Kowalczyk,HIPAA Certified,Ward 4B,0,no", "Dele Adeyemi,,Ward 4B,0,no"
    ]  # fmt: skip

    log_out(page)
    log_in(page, "alice@riverside.example")
    page.goto("/riverside/people/")
    page.locator("summary", has_text="Saved lists").click()
    page.get_by_role("link", name="Nurses").click()
    shows(page, "Ana Kowalczyk", "Dele Adeyemi")
    expect(page.get_by_role("checkbox", name="Tick Ana Kowalczyk")).to_be_visible()


@pytest.mark.parametrize("width", [1360, 390])
def test_the_pages_can_be_used_by_everybody(page: Page, riverside: Organization, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page, "alice@riverside.example")
    every = "&".join(f"col={name}" for name in ("badges", "improvements", "next_end", "last_award", "login"))
    found = {}
    for path in (
        f"people/?{every}",
        "people/?badge=hipaa",
        "people/?q=nobody",
        "people/lists/",
        "people/exports/",
    ):
        page.goto(f"/riverside/{path}")
        found[path] = [violation["id"] for violation in Axe().run(page).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        found[path] += ["scrolls sideways"] if wide else []
    assert found == {path: [] for path in found}


def test_an_employee_hides_a_badge_and_colleagues_do_not_find_it(page: Page, riverside: Organization) -> None:
    user = UserFactory(email="ana@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    with tenant(riverside):
        Person.objects.filter(name="Ana Kowalczyk").update(user=user)
    log_in(page, "ana@riverside.example")
    page.get_by_label("account of Ana Kowalczyk").click()
    page.get_by_role("link", name="What colleagues see").click()
    page.get_by_label("HIPAA Certified").check()
    page.get_by_role("button", name="Save your choice").click()
    expect(page.locator(".tray").get_by_text("Hidden")).to_be_visible()

    log_out(page)
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/people/?badge=hipaa")
    expect(page.get_by_text("Nobody")).to_be_visible()
    page.goto("/riverside/people/?q=ana")
    page.get_by_role("link", name="Ana Kowalczyk").click()
    expect(page.get_by_text("No badges to see")).to_be_visible()
