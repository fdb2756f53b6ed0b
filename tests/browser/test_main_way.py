"""From a submitted improvement to a badge beside a name and a mail, as its people see it."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from boards.models import Card
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from rules.actions import take_preset
from rules.presets import STARTERS
from tests.browser.conftest import PASSWORD, Lapel, log_in, log_out, look_until
from tests.factories import (
    BoardFactory,
    CardFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    ana = member(organization, "Ana Kowalczyk", "ana@riverside.example")
    priya = member(organization, "Priya Raman", "priya@riverside.example")
    for role in (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
        RoleAssignmentFactory(organization=organization, person=priya, role=role)
    with tenant(organization):
        for preset in STARTERS:
            take_preset(organization=organization, preset=preset, by=priya)
    board = BoardFactory(organization=organization, title="Morning huddle", made_by=priya)
    CardFactory(organization=organization, board=board, title="Our team", columns=["badges", "title"])
    assert ana.pk
    return organization


def member(organization: Organization, name: str, email: str) -> Person:
    user = UserFactory(email=email)
    user.set_password(PASSWORD)
    user.save()
    return PersonFactory(organization=organization, name=name, user=user, email=email, title="Nurse")


def submit(page: Page, title: str) -> None:
    page.goto("/riverside/improvements/new/")
    page.get_by_label("In a few words").fill(title)
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def wait_for_badge(page: Page, address: str, badge: str) -> None:
    """Look again until the badge is there, as somebody who reloads the page would."""
    shown = page.get_by_role("link", name=badge).or_(page.get_by_alt_text(badge))
    look_until(page, address, shown.count)


def test_three_improvements_earn_two_badges_and_a_mail(
    page: Page, lapel: Lapel, riverside: Organization
) -> None:
    log_in(page, "ana@riverside.example")
    for title in ("Red lids for the sharps bins", "One-page hand-over card", "Scanner to bay 2 at night"):
        submit(page, title)

    with tenant(riverside):
        ana = Person.objects.get(name="Ana Kowalczyk")
        board = Card.objects.get().board_id
    profile = f"/riverside/people/{ana.pk}/"
    for badge in ("Submitted First Improvement", "Kaizen Burst"):
        wait_for_badge(page, profile, badge)
        wait_for_badge(page, "/riverside/people/", badge)
        wait_for_badge(page, f"/riverside/boards/{board}/", badge)

    page.goto(profile)
    page.get_by_role("link", name="Kaizen Burst").first.click()
    for title in ("Red lids for the sharps bins", "One-page hand-over card", "Scanner to bay 2 at night"):
        expect(page.get_by_role("main")).to_contain_text(title)

    mail = open_mail(page, "Kaizen Burst")
    expect(mail.locator("body")).to_contain_text("at least 3 improvements within 7 days")
    expect(mail.locator("body")).to_contain_text("Red lids for the sharps bins")


def open_mail(page: Page, about: str):  # type: ignore[no-untyped-def]
    link = page.get_by_role("link", name=about)
    look_until(page, "/demo/mail/", link.count)
    link.first.click()
    return page.frame_locator("iframe")


def test_a_certificate_given_by_hand_ends_after_a_year(
    page: Page, lapel: Lapel, riverside: Organization
) -> None:
    with tenant(riverside):
        ana = Person.objects.get(name="Ana Kowalczyk")
    profile = f"/riverside/people/{ana.pk}/"
    log_in(page, "priya@riverside.example")
    page.goto(profile)
    page.get_by_role("link", name="Give a badge").click()
    page.get_by_label("Badge", exact=True).select_option(label="HIPAA Certified")
    page.get_by_label("Reason").fill("Refresher passed, record 5521")
    page.get_by_role("button", name="Give").click()
    page.wait_for_url(f"**{profile}*")
    expect(page.locator(".tray")).to_contain_text("HIPAA Certified")

    lapel.move_clock(timedelta(days=366))
    log_out(page)
    log_in(page, "ana@riverside.example")
    held = page.locator(".tray .tray__name", has_text="HIPAA Certified")
    look_until(page, profile, lambda: not held.count())
    history = page.locator(".timeline")
    expect(history).to_contain_text("Refresher passed, record 5521")
    expect(history).to_contain_text("Its time ran out")
