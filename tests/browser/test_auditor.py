"""An auditor reads who held what on which day, and why; and finds nothing to change anywhere."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import localdate
from playwright.sync_api import Page, expect

from badges.actions import grant_by_hand, revoke_award
from people.clock import now
from people.models import Organization
from people.roles import Role
from people.tenancy import tenant
from tests.browser.cast import GIVERS, is_sound, member
from tests.browser.conftest import Lapel, log_in
from tests.factories import BadgeFactory, OrganizationFactory, PersonFactory


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    """Ana held a certificate from ten days ago on, until it was taken back today."""
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    alice = member(organization, "Alice Adams", *GIVERS)
    member(organization, "Ingrid Ito", Role.AUDITOR)
    ana = PersonFactory(organization=organization, name="Ana Kowalczyk", external_id="7")
    badge = BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified")
    with tenant(organization):
        award = grant_by_hand(
            badge=badge, person=ana, by=alice, reason="Passed.", starts_at=now() - timedelta(days=10)
        )
        revoke_award(award=award, by=alice, reason="The wrong Ana.")
    return organization


def test_who_held_it_then_and_why_it_ended(page: Page, riverside: Organization) -> None:
    today = localdate(now(), riverside.time_zone)
    log_in(page, "ingrid@riverside.example")
    page.get_by_role("link", name="Badges", exact=True).first.click()
    page.get_by_role("link", name="HIPAA Certified").first.click()
    page.get_by_role("link", name="On another day").click()
    expect(page.get_by_text("Nobody holds it now.")).to_be_visible()
    page.get_by_label("On the day").fill(f"{today - timedelta(days=3)}")
    page.get_by_role("button", name="Show who held it").click()
    expect(page.get_by_role("heading", name="1 person held HIPAA Certified at the end of")).to_be_visible()
    is_sound(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    head, line = Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert head.startswith("Name,Staff number,Title,Area,Badge,Held at,Since")
    assert line.startswith("Ana Kowalczyk,7,,,HIPAA Certified,")
    page.get_by_role("row", name="Ana Kowalczyk").get_by_role("link").last.click()
    expect(page.get_by_role("region", name="What happened")).to_contain_text("“The wrong Ana.”")
    expect(page.locator("main form")).to_have_count(0)
    expect(page.get_by_role("link", name="Give back")).to_have_count(0)


def test_the_log_of_what_was_done_is_read(page: Page, riverside: Organization) -> None:
    log_in(page, "ingrid@riverside.example")
    expect(page.get_by_label("In a few words")).to_have_count(0)
    page.get_by_label("account of Ingrid Ito").click()
    page.get_by_role("link", name="Administration").click()
    page.get_by_role("link", name="Audit log").first.click()
    page.get_by_label("Done by").fill("Alice")
    page.get_by_label("Done by").press("Enter")
    expect(page.locator("main")).to_contain_text("HIPAA Certified")
    is_sound(page)
    refused = page.request.get("/riverside/settings/people/")
    assert (refused.status, "Your role does not include it." in refused.text()) == (403, True)
