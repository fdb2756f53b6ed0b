"""Several people leave at once: a way in, roles and badges before, while they are gone, and after it was undone."""

from playwright.sync_api import Browser, Page, expect

from badges.actions import grant_by_hand
from people.roles import Role
from people.tenancy import tenant
from tests.browser.cast import GIVERS, member
from tests.browser.conftest import Lapel, log_in
from tests.factories import BadgeFactory, OrganizationFactory


def test_several_leave_and_are_back_as_they_were(page: Page, browser: Browser, lapel: Lapel) -> None:
    riverside = OrganizationFactory(slug="riverside", name="Riverside Health")
    olga = member(riverside, "Olga Owen", Role.OWNER, *GIVERS)
    nia, bob = member(riverside, "Nia New", Role.MANAGER), member(riverside, "Bob Brown")
    walker = BadgeFactory(organization=riverside, slug="walker", name="Waste Walker")
    with tenant(riverside):
        grant_by_hand(badge=walker, person=nia, by=olga, reason="Held the first walk")
    with browser.new_context(base_url=lapel.url) as context:
        hers = context.new_page()
        log_in(hers, "nia@riverside.example")

        log_in(page, "olga@riverside.example")
        page.goto("/riverside/settings/people/")
        for person in (olga, nia, bob):
            page.get_by_role("row", name=person.name).get_by_role("checkbox").check()
        page.get_by_role("button", name="They leave").click()
        today = page.get_by_label("Last day").input_value()
        page.get_by_label("Last day").fill("2199-01-01")
        page.get_by_role("button", name="Look at what would happen").click()
        expect(page.get_by_role("alert")).to_contain_text("The day lies ahead. Come back on that day.")
        page.get_by_label("Last day").fill(today)
        page.get_by_label("Reason").fill("The site closes")
        page.get_by_role("button", name="Look at what would happen").click()
        leave = page.get_by_role("button", name="Let 2 leave")
        expect(leave).to_be_visible(timeout=20_000)
        expect(page.get_by_role("row", name="Olga Owen")).to_contain_text("This is you.")
        expect(page.get_by_role("row", name="Nia New")).to_contain_text("lays down: Manager")
        leave.dblclick()
        undo = page.get_by_role("button", name="Undo", exact=True)
        expect(undo).to_be_visible(timeout=20_000)
        assert hers.request.get("/riverside/").status == 404
        listed = page.request.get("/riverside/people/").text()
        assert [nia.name in listed, olga.name in listed] == [False, True]

        undo.click()
        expect(page.get_by_text("2 taken back, 0 left")).to_be_visible(timeout=20_000)
        assert hers.request.get("/riverside/boards/new/").status == 200  # as a manager again
        hers.goto(nia.get_absolute_url())
        expect(hers.get_by_role("link", name="Waste Walker").first).to_be_visible()
