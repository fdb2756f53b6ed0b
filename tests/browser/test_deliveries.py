"""Mail that did not arrive: administrators see it, send it again, and trust an address again; its owner is told."""

import pytest
from playwright.sync_api import Page, expect

from badges.actions import grant_by_hand
from notifications.bouncing import mark_of, take_report
from notifications.channels.provider import Report
from notifications.models import Delivery
from people.models import Person
from people.roles import Role
from people.tenancy import tenant
from tests.browser.cast import is_sound, member
from tests.browser.conftest import Lapel, log_in, log_out, look_until
from tests.factories import BadgeFactory, OrganizationFactory

DELIVERIES = "/riverside/deliveries/"


@pytest.fixture
def bob(lapel: Lapel) -> Person:
    """He gets one mail, about a badge; Uma administers people."""
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    member(organization, "Uma Unger", Role.USER_ADMINISTRATOR)
    bob = member(organization, "Bob Brown")
    badge = BadgeFactory(organization=organization, name="Coach")
    with tenant(organization):
        grant_by_hand(badge=badge, person=bob, by=None, reason="For the hand-over card")
    return bob


def row(page: Page, tab: str) -> str:
    """What the first mail under a tab says, once there is one."""
    rows = page.get_by_role("row").filter(has=page.get_by_role("rowheader"))
    look_until(page, f"{DELIVERIES}?show={tab}", rows.count)
    return rows.first.inner_text()


def test_a_mail_that_was_given_up_is_sent_again(page: Page, bob: Person) -> None:
    log_in(page, "uma@riverside.example")
    row(page, "sent")
    with tenant(bob.organization):
        Delivery.objects.update(state="dead", sent_at=None, attempts=9, last_error="The mailbox is full.")
    page.goto("/riverside/notices/")
    page.get_by_role("link", name="Mail sent, 1 given up").click()
    expect(page.get_by_text("The mailbox is full.")).to_be_visible()
    is_sound(page)
    page.get_by_role("button", name="Try again, mail to bob@riverside.example").click()
    expect(page.get_by_text("The mail to bob@riverside.example is on its way again.")).to_be_visible()
    expect(page.get_by_text("Nothing here")).to_be_visible()
    assert "1 attempt" in row(page, "sent")


def test_mail_that_came_back_is_told_to_both_and_goes_again_once_somebody_says_so(
    page: Page, bob: Person
) -> None:
    log_in(page, "uma@riverside.example")
    assert "bob@riverside.example" in row(page, "sent")
    with tenant(bob.organization):
        delivery = Delivery.objects.get()
    told = Report(mark_of(delivery), "bounced", bob.email, "550 5.1.1 no such user", key="1")
    assert take_report(report=told)
    text = row(page, "back")
    assert "Came back" in text
    assert "550 5.1.1 no such user" in text
    is_sound(page)
    page.get_by_role("link", name="Bob Brown").click()
    page.get_by_role("link", name="Edit").click()
    expect(page.get_by_text("Mail to bob@riverside.example does not arrive")).to_be_visible()
    is_sound(page)
    page.get_by_role("link", name="See the mail").click()
    expect(page.get_by_text("Only mail to Bob Brown.")).to_be_visible()

    log_out(page)
    log_in(page, "bob@riverside.example")
    expect(page.get_by_text("Mail to bob@riverside.example does not reach you")).to_be_visible()
    is_sound(page)

    log_out(page)
    log_in(page, "uma@riverside.example")
    page.goto(f"{DELIVERIES}?to={bob.pk}")
    page.get_by_role("button", name="Send mail there again").click()
    expect(page.get_by_text("Mail goes to bob@riverside.example again.")).to_be_visible()
    page.goto(f"/riverside/settings/people/{bob.pk}/")
    expect(page.get_by_text("does not arrive")).to_have_count(0)
