"""A manager makes a board and arranges a card, with scripts and without; a colleague sees it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from people.models import Organization, Person
from people.roles import Role
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
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    ward = LocationFactory(organization=organization, name="Ward 4B")
    mary = member(organization, "Mary Moss", "mary@riverside.example")
    RoleAssignmentFactory(organization=organization, person=mary, role=Role.MANAGER)
    member(organization, "Bob Brown", "bob@riverside.example")
    for name in ("Ana Kowalczyk", "Dele Adeyemi"):
        PersonFactory(organization=organization, name=name, title="Nurse", location=ward, manager=mary)
    BadgeFactory(organization=organization, name="HIPAA Certified")
    return organization


def member(organization: Organization, name: str, email: str) -> Person:
    user = UserFactory(email=email)
    user.set_password(PASSWORD)
    user.save()
    return PersonFactory(organization=organization, name=name, user=user)


def columns(page: Page) -> list[str]:
    return page.locator(".board thead th").all_inner_texts()


def make_board(page: Page, title: str) -> None:
    page.goto("/riverside/boards/")
    page.get_by_role("link", name="New board").last.click()
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Make the board").click()
    page.get_by_role("link", name="Add card").click()


def test_a_manager_arranges_a_card_and_everybody_sees_it(page: Page, riverside: Organization) -> None:
    log_in(page, "mary@riverside.example")
    make_board(page, "Ward 4B huddle")
    page.get_by_label("Card title").fill("Our team")
    page.get_by_label("People of").select_option(label="Ward 4B")
    page.get_by_role("checkbox", name="Title").check()
    page.get_by_role("button", name="Move Badges up").click()
    page.get_by_role("button", name="Add card").click()
    expect(page.get_by_text("2 of 2 people, Ward 4B and below")).to_be_visible()
    assert columns(page) == ["Name", "Badges", "Location", "Improvements", "Next end", "Title"]

    log_out(page)
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/boards/")
    page.get_by_role("link", name="Ward 4B huddle").click()
    expect(page.get_by_role("heading", name="Our team")).to_be_visible()
    assert page.locator(".board .person__name").all_inner_texts() == ["Ana Kowalczyk", "Dele Adeyemi"]
    page.get_by_role("link", name="All 2 people").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People")
    assert page.locator("tbody .person__name").all_inner_texts() == ["Ana Kowalczyk", "Dele Adeyemi"]


def test_columns_are_arranged_without_scripts(
    browser: Browser, lapel: Lapel, riverside: Organization
) -> None:
    context = browser.new_context(base_url=lapel.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "mary@riverside.example")
    make_board(page, "Plain")
    page.get_by_label("Card title").fill("Everybody")
    page.get_by_role("button", name="Move Badges up").click()
    expect(page.get_by_label("Card title")).to_have_value("Everybody")
    page.get_by_label("Card title").press("Enter")
    expect(page.get_by_role("heading", name="Everybody")).to_be_visible()
    assert columns(page) == ["Name", "Badges", "Location", "Improvements", "Next end"]
    context.close()


def test_long_names_of_badges_leave_the_people_page_in_its_width(page: Page, riverside: Organization) -> None:
    BadgeFactory(
        organization=riverside, name="Certified in Everything That Anybody Has Ever Been Certified In Here"
    )
    page.set_viewport_size({"width": 390, "height": 800})
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/people/")
    expect(page.get_by_text("Ana Kowalczyk")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
