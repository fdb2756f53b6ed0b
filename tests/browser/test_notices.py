"""Mail in one's own words, as often as one wants it, and stopped from the mail itself."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from badges.actions import grant_by_hand
from notifications.models import Preference
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.browser.cast import is_sound
from tests.browser.conftest import PASSWORD, Lapel, log_in, log_out, look_until
from tests.factories import (
    BadgeFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)


@pytest.fixture
def alice(lapel: Lapel) -> Person:
    """Badge administrator of Riverside; Bob, who works there, holds a badge."""
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    user = UserFactory(email="alice@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    alice = PersonFactory(organization=organization, name="Alice Adams", user=user)
    for role in (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
        RoleAssignmentFactory(organization=organization, person=alice, role=role)
    bob = PersonFactory(organization=organization, name="Bob Brown", email="bob@riverside.example")
    give(organization, bob, "Coach")
    return alice


def give(organization: Organization, person: Person, name: str) -> None:
    badge = BadgeFactory(organization=organization, name=name)
    with tenant(organization):
        grant_by_hand(badge=badge, person=person, by=None, reason="For the hand-over card")


def mail_to(page: Page, address: str, subject: str) -> str:
    """The text of a mail in the demo's mailbox, once it has come."""
    link = page.get_by_role("link", name=subject, exact=True)
    look_until(page, f"/demo/mail/?to={address}", link.count)
    link.first.click()
    page.get_by_role("link", name="Plain text").click()
    return page.get_by_label("Plain text of the mail").inner_text()


def test_words_of_one_s_own_are_tried_out_and_reach_people(page: Page, alice: Person) -> None:
    log_in(page, "alice@riverside.example")
    page.goto("/riverside/notices/")
    page.get_by_role("link", name="Texts", exact=True).click()
    page.get_by_role("link", name="When a badge is earned").click()
    page.get_by_label("Subject").fill("Hooray, {badge}")
    page.get_by_label("Text", exact=True).fill("Dear {name}\n\n{reason}")
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_label("Text of the mail")).to_contain_text("Dear Bob Brown")
    page.get_by_role("button", name="Save and send me a test").click()
    expect(page.get_by_text("A test mail is on its way to alice@riverside.example.")).to_be_visible()
    assert mail_to(page, "alice@riverside.example", "Test: Hooray, Coach").startswith("Dear Bob Brown")


def test_a_badge_gets_words_of_its_own(page: Page, alice: Person) -> None:
    log_in(page, "alice@riverside.example")
    page.goto("/riverside/notices/texts/")
    page.get_by_label("Badge", exact=True).select_option("Coach")
    page.get_by_label("Mail", exact=True).select_option("When a badge is earned")
    page.get_by_role("button", name="Write its text").click()
    expect(page.locator(".page-head__sub")).to_have_text("Coach")

    subject, html = page.get_by_label("Subject"), page.get_by_label("HTML")
    subject.fill("{first_name}, you coach!")
    page.get_by_label("Text", exact=True).fill("")
    html.fill("<h2>Well done, {nmae}</h2><p>{reason} <a href='{link}'>Look</a></p>")
    page.get_by_role("button", name="Show it").click()
    expect(page.locator("#id_html-err")).to_contain_text("Lapel does not know {nmae}.")
    assert "id_html-err" in str(html.get_attribute("aria-describedby"))
    expect(subject).to_have_value("{first_name}, you coach!")

    html.fill("<h2>Well done, {name}</h2><p>{reason} <a href='{link}'>Look</a></p>")
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_label("Shown as it would reach")).to_contain_text("Bob Brown, Coach")
    expect(page.get_by_text("Bob, you coach!")).to_be_visible()
    arrives = page.frame_locator("iframe[title='The mail as it looks']")
    expect(arrives.get_by_role("heading", name="Well done, Bob Brown")).to_be_visible()
    is_sound(page)

    page.get_by_role("button", name="Save and send me a test").click()
    expect(page.get_by_text("A test mail is on its way to alice@riverside.example.")).to_be_visible()
    assert mail_to(page, "alice@riverside.example", "Test: Bob, you coach!").startswith(
        "Well done, Bob Brown"
    )
    page.goto("/riverside/notices/texts/")
    expect(page.get_by_role("link", name="Coach: when a badge is earned")).to_be_visible()


def test_a_mail_is_stopped_from_the_mail_and_not_by_looking(page: Page, alice: Person) -> None:
    organization = alice.organization
    text = mail_to(page, "bob@riverside.example", "You earned Coach")
    stop = re.search(r"Stop mails like this: (\S+)", text)
    assert stop is not None
    page.goto(stop[1])
    with tenant(organization):
        assert not Preference.objects.exists()
    page.get_by_role("button", name="Stop these mails").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("No more of these mails")
    with tenant(organization):
        assert Preference.objects.values_list("person__name", "kind", "rhythm").get() == (
            "Bob Brown",
            "earned",
            "never",
        )


def test_the_bell_answers_whoever_opens_it_before_the_scripts_have_come(page: Page, alice: Person) -> None:
    log_in(page, "alice@riverside.example")
    late: list[Route] = []
    page.route("**/htmx*.js", lambda route: late.append(route))
    with page.expect_request("**/htmx*.js"):
        page.goto("/riverside/notices/mail/", wait_until="commit")
    page.locator("summary[aria-label^=Notices]").click()
    expect(page.get_by_text("Just a moment …")).to_be_visible()
    late[0].continue_()
    expect(page.get_by_text("Just a moment …")).to_have_count(0)


def test_hours_are_chosen(page: Page, alice: Person) -> None:
    log_in(page, "alice@riverside.example")
    page.goto("/riverside/notices/")
    page.get_by_role("link", name="My mail").click()
    page.get_by_label("You earned a badge").select_option("Once a day, all in one")
    page.get_by_label("No mail from").select_option("21:00")
    page.get_by_label("Until").select_option("06:00")
    page.get_by_role("button", name="Save your choice").click()
    expect(page.get_by_text("Your choice of mail is saved.")).to_be_visible()
    expect(page.get_by_label("No mail from")).to_have_value("21")


@pytest.mark.parametrize("width", [1360, 390])
def test_the_pages_can_be_used_by_everybody(page: Page, alice: Person, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    stop = re.search(
        r"Stop mails like this: (\S+)", mail_to(page, "bob@riverside.example", "You earned Coach")
    )
    assert stop is not None
    log_in(page, "alice@riverside.example")
    for address in ("", "mail/", "texts/", "texts/earned/", "texts/taken_back/"):
        look_at(page, f"/riverside/notices/{address}")
    look_at(page, "/riverside/deliveries/?show=sent")
    log_out(page)
    look_at(page, stop[1])


def look_at(page: Page, address: str) -> None:
    page.goto(address)
    found = Axe().run(page).response["violations"]
    assert [(address, one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
