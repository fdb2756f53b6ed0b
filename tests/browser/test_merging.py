"""Two records of one person: found, chosen from, merged, and taken apart again."""

import pytest
from playwright.sync_api import Page, expect

from badges.actions import grant_by_hand
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.browser.cast import is_sound
from tests.browser.conftest import PASSWORD, Lapel, log_in
from tests.factories import (
    BadgeFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    user = UserFactory(email="olga@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    olga = PersonFactory(organization=organization, name="Olga Owen", user=user)
    RoleAssignmentFactory(organization=organization, person=olga, role=Role.OWNER)
    PersonFactory(organization=organization, name="Nia New", external_id="100", email="nia@riverside.example")
    second = PersonFactory(organization=organization, name="N. New", external_id="T-7", title="Nurse")
    badge = BadgeFactory(organization=organization, name="Fire Warden", mode="hand", state="active")
    with tenant(organization):
        grant_by_hand(badge=badge, person=second, by=olga, reason="Exercise in May")
    return organization


@pytest.mark.parametrize("width", [1360, 390])
def test_two_records_become_one_and_two_again(page: Page, riverside: Organization, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page, "olga@riverside.example")
    with tenant(riverside):
        nia = Person.objects.get(external_id="100")
        second = Person.objects.get(external_id="T-7")
    page.goto(f"/riverside/settings/people/{nia.pk}/")
    page.get_by_role("link", name="Merge with another record").click()
    page.get_by_role("searchbox", name="Find the other record").fill("new")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Choose N. New, staff number T-7").click()
    expect(page.get_by_role("group", name="Which record stays")).to_be_visible()
    is_sound(page)
    page.get_by_role("radio", name="Nurse").check()
    page.get_by_role("button", name="Merge the records").click()
    expect(page.get_by_text("The records are merged. Nia New has everything now.")).to_be_visible()
    page.goto(f"/riverside/people/{second.pk}/")
    expect(page).to_have_url(f"{page.url.split('/riverside')[0]}/riverside/people/{nia.pk}/")
    expect(page.get_by_role("heading", name="Nia New")).to_be_visible()
    expect(page.locator("main").get_by_text("Fire Warden").first).to_be_visible()
    page.goto(f"/riverside/settings/people/{nia.pk}/")
    page.get_by_role("link", name="What went over, and undo").click()
    expect(page.get_by_role("button", name="Undo the merge")).to_be_visible()
    is_sound(page)
    page.get_by_role("button", name="Undo the merge").click()
    expect(page.get_by_text("There are two records again.")).to_be_visible()
    page.goto(f"/riverside/people/{second.pk}/")
    expect(page.get_by_role("heading", name="N. New")).to_be_visible()
