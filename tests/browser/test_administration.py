"""An owner adds and invites somebody, who comes in by the mail; then roles, a move, and leaving."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from rules.actions import save_rule
from tests.browser.cast import FIRST, is_narrow, member
from tests.browser.conftest import Lapel, log_in, look_until
from tests.factories import BadgeFactory, LocationFactory, OrganizationFactory

PAGES = [
    "", "organization/", "locations/", "locations/new/", "people/", "people/new/", "roles/", "invitations/", "audit/"
]  # fmt: skip


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    LocationFactory(organization=organization, name="Ward 4B")
    member(organization, "Olga Owen", Role.OWNER)
    return organization


def test_somebody_is_added_invited_and_comes_in(
    page: Page, browser: Browser, riverside: Organization
) -> None:
    log_in(page, "olga@riverside.example")
    page.goto("/riverside/settings/people/new/")
    page.get_by_label("Name").fill("Nia New")
    page.get_by_label("E-mail address").fill("nia@riverside.example")
    page.get_by_label("Location").select_option(label="Ward 4B")
    # A double click whose second half can come too late, but not on what the first half leads to.
    twice = "button => { button.click(); setTimeout(() => button.click(), 10); }"
    page.get_by_role("button", name="Add the person").evaluate(twice)
    page.get_by_role("button", name="Invite by mail").click()
    link = mailed_link(page)
    with browser.new_context(base_url=page.url) as context:
        guest = context.new_page()
        guest.goto(link)
        guest.get_by_label("New password").fill("a window in the rain")
        guest.get_by_role("button", name="Set the password and go in").click()
        guest.wait_for_url("**/riverside/")
    page.goto("/riverside/settings/invitations/")
    expect(page.get_by_text("Taken up")).to_be_visible()


def test_gone_back_to_and_sent_again_it_is_one_person(page: Page, riverside: Organization) -> None:
    log_in(page, "olga@riverside.example")
    page.goto("/riverside/settings/people/new/")
    page.get_by_label("Name").fill("Nia New")
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_role("heading", name="Nia New")).to_be_visible()
    page.go_back()
    page.get_by_label("Name").fill("Nia New")
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_text("That was sent twice, and counts once.")).to_be_visible()
    with tenant(riverside):
        assert Person.objects.filter(name="Nia New").count() == 1


def test_a_role_bound_to_a_place_is_given_and_whoever_has_it_leaves_and_returns(
    page: Page, browser: Browser, riverside: Organization
) -> None:
    nia = member(riverside, "Nia New")
    log_in(page, "olga@riverside.example")
    page.goto(f"/riverside/settings/people/{nia.pk}/roles/")
    page.get_by_label("Role").select_option(label="Manager")
    page.get_by_label("Where").select_option(label="Ward 4B")
    page.get_by_role("button", name="Give the role").click()
    expect(page.get_by_role("alert")).to_contain_text("Manager is a role for everywhere. Choose Everywhere.")
    page.get_by_label("Role").select_option(label="User administrator")
    page.get_by_role("button", name="Give the role").click()
    expect(page.get_by_text("Ward 4B and below")).to_be_visible()
    with browser.new_context(base_url=page.url) as context:
        hers = context.new_page()
        log_in(hers, "nia@riverside.example")
        hers.goto("/riverside/settings/people/")
        expect(hers.get_by_text("Nobody matches")).to_be_visible()

        page.goto(f"/riverside/settings/people/{nia.pk}/")
        page.get_by_role("link", name="Let Nia New leave").click()
        page.get_by_role("button", name="Let Nia New leave").click()
        expect(page.get_by_text("Nia New has left.")).to_be_visible()
        gone = hers.goto("/riverside/")
        assert gone
        assert gone.status == 404

        page.goto(f"/riverside/settings/people/{nia.pk}/")
        page.get_by_role("button", name="Let them return").click()
        expect(page.get_by_text("Nia New is back.")).to_be_visible()
        hers.goto("/riverside/")
        expect(hers.get_by_role("link", name="People", exact=True).first).to_be_visible()
        assert hers.request.get("/riverside/settings/people/").status == 403


def test_the_organization_gets_another_week_and_a_logo(
    page: Page, riverside: Organization, tmp_path: Path
) -> None:
    badge = BadgeFactory(organization=riverside, mode="rule")
    with tenant(riverside):
        save_rule(badge=badge, definition=FIRST, by=None)
    broken = tmp_path / "broken.png"
    broken.write_bytes(Path("badges/presets/5s-keeper.png").read_bytes()[:300])
    log_in(page, "olga@riverside.example")
    page.goto("/riverside/settings/organization/")
    page.get_by_label("Name").fill("Riverside Hospitals")
    page.get_by_label("First day of the week").select_option(label="Sunday")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Before it is saved")
    expect(page.get_by_text("Sunday, until now Monday")).to_be_visible()
    page.get_by_role("button", name="Save it").click()
    expect(page.get_by_label("Name")).to_have_value("Riverside Hospitals")
    page.get_by_role("link", name="Choose a logo").click()
    page.get_by_label("Picture").set_input_files(broken)
    page.get_by_role("button", name="Show this logo").click()
    expect(page.get_by_role("alert")).to_contain_text("The picture is damaged")
    page.get_by_label("Picture").set_input_files("badges/presets/5s-keeper.png")
    page.get_by_role("button", name="Show this logo").click()
    expect(page.get_by_text("The logo is shown at the top of every page now.")).to_be_visible()
    page.wait_for_load_state()
    shown = page.get_by_label("Lapel home").locator("img")
    expect(shown).to_have_js_property("complete", True)
    assert shown.evaluate("image => image.naturalWidth") > 0


def mailed_link(page: Page) -> str:
    letters = page.get_by_role("link", name=re.compile("Your login for Riverside Health"))
    look_until(page, "/demo/mail/", letters.count)
    letters.first.click()
    link = re.compile(r"https?://\S+/accounts/invitation/\S+?/(?=\s|$)")
    expect(page.locator("main")).to_contain_text(link)
    found = link.search(page.locator("main").inner_text())
    assert found
    return found.group()


@pytest.mark.parametrize("width", [1360, 390])
def test_the_pages_can_be_used_by_everybody(page: Page, riverside: Organization, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page, "olga@riverside.example")
    found = {}
    for path in PAGES:
        page.goto(f"/riverside/settings/{path}")
        violations = Axe().run(page).response["violations"]
        found[path] = [violation["id"] for violation in violations]
        found[path] += [] if is_narrow(page) else ["scrolls sideways"]
    assert found == {path: [] for path in PAGES}
