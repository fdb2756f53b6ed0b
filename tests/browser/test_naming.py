"""Naming people in a form, with keys, by pointing, and as plain text."""

from playwright.sync_api import Page, expect

from tests.browser.cast import is_sound, member
from tests.browser.conftest import Lapel, log_in
from tests.factories import OrganizationFactory, PersonFactory


def test_people_are_suggested_while_they_are_named(page: Page, lapel: Lapel) -> None:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    member(organization, "Bob Brown")
    PersonFactory(organization=organization, name="Chloe Martin")
    PersonFactory(organization=organization, name="Mara Lind")
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/improvements/new/")
    page.get_by_label("In a few words").fill("Red lids")
    team, people = page.get_by_role("combobox", name="With"), page.get_by_role("listbox", name="People")
    offered = people.get_by_role("option")
    page.get_by_label("With").focus()

    with page.expect_response("**q=mar"):  # and not only of “ma”
        team.press_sequentially("mar")
    expect(page.locator("#live")).to_have_text("2 people found. Press arrow down to choose.")
    expect(team).to_have_attribute("aria-expanded", "true")
    team.press("ArrowUp")
    expect(people.get_by_role("option", selected=True)).to_contain_text("Mara Lind")
    team.press("ArrowDown")
    chosen = people.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Chloe Martin")
    expect(team).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
    is_sound(page)
    team.press("Enter")
    expect(team).to_have_value("Chloe Martin, ")
    expect(team).to_have_attribute("aria-expanded", "false")

    team.press_sequentially("lin")
    offered.click()
    expect(team).to_have_value("Chloe Martin, Mara Lind, ")
    team.press_sequentially("bob")
    expect(offered).to_have_count(1)
    team.press("Escape")
    expect(offered).to_have_count(0)
    expect(team).to_have_value("Chloe Martin, Mara Lind, bob")
    page.route("**q=bo", lambda never_answered: None)
    with page.expect_request("**q=bo"):
        team.press("Backspace")
    with page.expect_event("requestfailed"):
        team.press("Escape")

    team.fill("ma")
    expect(offered).to_have_count(2)
    team.press("Enter")
    expect(page.locator(".field__error")).to_contain_text("“ma” may mean")
    page.get_by_label("With").fill("Chloe Martin, Mara Lind, ")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("Mara Lind")).to_be_visible()
