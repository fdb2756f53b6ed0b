"""A badge administrator writes rules from nothing, looks at whom they would give a badge, and publishes them."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from activity.models import Activity, Kind, Source
from people.clock import now
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.browser.cast import is_sound
from tests.browser.conftest import PASSWORD, Lapel, log_in, look_until
from tests.factories import (
    BadgeFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)

RULE = "/riverside/badges/burst/rule/"


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    """Ana did three things in a week, Bo three in two months, Cy one; Cy has been here for long."""
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    user = UserFactory(email="alice@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    alice = PersonFactory(organization=organization, name="Alice Adams", user=user)
    RoleAssignmentFactory(organization=organization, person=alice, role=Role.BADGE_ADMINISTRATOR)
    BadgeFactory(organization=organization, slug="burst", name="Kaizen Burst", mode="rule")
    long_ago = (now() - timedelta(days=4000)).date()
    for name, days, joined_on in (("Ana", [2, 3, 4], None), ("Bo", [2, 30, 60], None), ("Cy", [5], long_ago)):
        record(PersonFactory(organization=organization, name=name, joined_on=joined_on), days)
    return organization


def record(person: Person, days: list[int]) -> None:
    with tenant(person.organization):
        source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
        kind, _ = Kind.objects.get_or_create(organization=person.organization, name="improvement.submitted")
        Activity.objects.bulk_create(
            Activity(
                organization=person.organization, person=person, kind=kind, source=source,
                external_id=f"{person.pk}/{day}", occurred_at=now() - timedelta(days=day), recorded_at=now(),
            )
            for day in days
        )  # fmt: skip


def part(page: Page, path: str) -> Locator:
    return page.locator(f"[id='part-{path}'] > fieldset")


def expect_would_hold(page: Page, names: list[str]) -> None:
    page.get_by_role("button", name="Show who would hold it").last.click()
    expect(page.locator("#preview tbody tr .person__name")).to_have_text(names)


def hold(page: Page) -> list[str]:
    """Whom the badge's page names, once a worker has been at it."""
    names = page.locator("table tbody tr .person__name")
    look_until(page, "/riverside/badges/burst/", names.count)
    return sorted(names.all_inner_texts())


def test_kaizen_burst_is_written_tried_and_given(page: Page, riverside: Organization) -> None:
    log_in(page, "alice@riverside.example")
    page.goto(RULE)
    part(page, "").get_by_label("How many", exact=True).fill("3")
    part(page, "").get_by_label("In what time", exact=True).select_option("within")
    part(page, "").get_by_label("Within how many", exact=True).fill("7")
    expect_would_hold(page, ["Ana"])
    expect(page.locator("#said")).to_contain_text("at least 3 improvements within 7 days")
    page.get_by_role("button", name="Save the rule").last.click()
    expect(page.get_by_text("The rule is saved.")).to_be_visible()
    page.wait_for_url(re.compile(r"/badges/burst/$"))
    assert hold(page) == ["Ana"]


def write_nested(page: Page) -> None:
    """All of: one improvement; any one of: three of them in all, five years here."""
    page.goto(RULE)
    page.get_by_role("button", name="Add another condition", exact=True).click()
    page.get_by_role("button", name="Combine condition 2 with another").click()
    expect(part(page, "1-1")).to_be_visible()
    part(page, "1").get_by_label("Sort of condition").select_option("any_of")
    part(page, "1-0").get_by_label("How many", exact=True).fill("3")
    part(page, "1-1").get_by_label("Sort of condition").select_option("tenure")
    part(page, "1-1").get_by_label("For how many", exact=True).fill("5")


def test_conditions_within_conditions_are_written_tried_and_given(
    page: Page, riverside: Organization
) -> None:
    log_in(page, "alice@riverside.example")
    write_nested(page)
    expect_would_hold(page, ["Ana", "Bo", "Cy"])
    part(page, "1-0").get_by_label("How many", exact=True).fill("4")
    expect_would_hold(page, ["Cy"])
    for width in (1360, 390):
        page.set_viewport_size({"width": width, "height": 900})
        is_sound(page)
    page.get_by_role("button", name="Save the rule").last.click()
    expect(page.get_by_text("The rule is saved.")).to_be_visible()
    assert hold(page) == ["Cy"]


def test_the_sentence_follows_and_a_rule_is_tried_on_one_person(page: Page, riverside: Organization) -> None:
    log_in(page, "alice@riverside.example")
    page.goto(RULE)
    own = part(page, "")
    own.get_by_label("How many", exact=True).fill("3")
    own.get_by_label("In what time", exact=True).select_option("within")
    own.get_by_label("Within how many", exact=True).fill("7")
    own.get_by_label("Within how many", exact=True).press("Tab")
    expect(page.locator("#said")).to_contain_text("at least 3 improvements within 7 days")
    own.get_by_label("In what time", exact=True).select_option("per")
    own.get_by_label("Calendar period", exact=True).select_option("day")
    own.get_by_text("Narrow it down").click()
    own.get_by_label("At most so many a day", exact=True).fill("1")
    own.get_by_label("At most so many a day", exact=True).press("Tab")
    expect(page.locator("#said")).to_contain_text("Not a rule yet")
    expect(page.locator("[id='says--sentence']")).to_contain_text("no more than 1 fit in a day")
    how_many = own.get_by_label("How many", exact=True)
    expect(how_many).to_have_accessible_description(re.compile("no more than 1 fit in a day"))
    expect(how_many).to_have_attribute("aria-invalid", "true")
    own.get_by_label("At most so many a day", exact=True).fill("")
    own.get_by_label("In what time", exact=True).select_option("within")
    page.locator("[name=try-person]").fill("Bo")
    expect(how_many).not_to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="Try it on them").click()
    expect(page.locator("#tried")).to_contain_text("Would not hold it now")
    expect(page.locator("#tried")).to_contain_text("1 of 3, 2 more")


def test_without_scripts_it_is_the_same(browser: Browser, lapel: Lapel, riverside: Organization) -> None:
    context = browser.new_context(base_url=lapel.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "alice@riverside.example")
    write_nested(page)
    expect_would_hold(page, ["Ana", "Bo", "Cy"])
    page.get_by_role("button", name="Remove condition 2.2").click()
    page.get_by_role("button", name="Take the group apart at condition 2").click()
    expect(page.get_by_text("Condition 2", exact=True)).to_be_visible()
    expect(page.get_by_text("Condition 2.1", exact=True)).to_have_count(0)
    expect_would_hold(page, ["Ana", "Bo"])
    context.close()
