"""A rule after its first day: changed, tried on many, paused, held back for a look, and kept with grace."""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from activity.actions import Delivery, record_activities
from badges.models import Badge
from people.clock import now
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from rules.actions import save_rule
from rules.models import RuleRun
from tests.browser.cast import FIRST, is_sound, member
from tests.browser.conftest import A_WORKER, Lapel, log_in, log_out, look_until
from tests.factories import BadgeFactory, OrganizationFactory, PersonFactory

BADGE = "/riverside/badges/first/"
RULE = f"{BADGE}rule/"
DAY = timedelta(days=1)


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    """Alice defines badges; Bob did something five weeks ago, and Cy twice."""
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    member(organization, "Alice Adams", Role.BADGE_ADMINISTRATOR)
    member(organization, "Bob Brown", external_id="B")
    PersonFactory(organization=organization, name="Cy Cole", external_id="C")
    BadgeFactory(organization=organization, slug="first", name="First", mode="rule")
    record(organization, ["B", "C", "C"], now() - 35 * DAY)
    return organization


def record(organization: Organization, whose: list[str], at: datetime) -> None:
    deliveries = [
        Delivery(one, "improvement.submitted", at, f"{one}/{at}/{number}") for number, one in enumerate(whose)
    ]
    with tenant(organization):
        record_activities(organization=organization, source="test", deliveries=deliveries)


@pytest.fixture
def first(riverside: Organization) -> Badge:
    """Given for one improvement, to Bob and Cy so far."""
    with tenant(riverside):
        badge: Badge = Badge.objects.get(slug="first")
        save_rule(badge=badge, definition=FIRST, by=None)
    until = time.monotonic() + A_WORKER  # has looked at everybody: what comes later is no back-fill
    while time.monotonic() < until:
        with tenant(riverside):
            if RuleRun.objects.exists():
                return badge
        time.sleep(0.25)
    raise AssertionError("no worker has looked at everybody")


def hold_it(page: Page, count: int) -> None:
    """Once a worker has been at it."""
    shown = page.get_by_role("region", name="Holders").locator(".card__head .muted")
    look_until(page, BADGE, lambda: shown.inner_text() == str(count))


def test_a_paused_rule_gives_nothing_and_works_off_what_waited(
    page: Page, riverside: Organization, first: Badge
) -> None:
    log_in(page, "alice@riverside.example")
    page.goto(RULE)
    page.get_by_role("button", name="Pause the rule").click()
    expect(page.get_by_text("While the rule is paused, nobody gets the badge by it")).to_be_visible()
    page.goto(BADGE)
    expect(page.get_by_text("Rule paused")).to_be_visible()
    PersonFactory(organization=riverside, name="Di Dunn", external_id="D")
    record(riverside, ["D"], now())
    page.goto(RULE)
    page.get_by_role("button", name="Take up the rule again").click()
    expect(page.get_by_text("The rule is at work again")).to_be_visible()
    hold_it(page, 3)


def test_a_flood_is_shown_and_let_pass(page: Page, riverside: Organization, first: Badge) -> None:
    with tenant(riverside):
        Person.objects.bulk_create(
            Person(organization=riverside, name=f"Person {n}", external_id=f"N{n}") for n in range(40)
        )
    record(riverside, [f"N{n}" for n in range(40)], now())
    log_in(page, "alice@riverside.example")
    stopped = page.get_by_role("main").get_by_text("is paused for a look")
    look_until(page, "/riverside/", stopped.count)
    expect(page.get_by_text("it was about to give 40 badges")).to_be_visible()
    is_sound(page)
    hold_it(page, 2)
    page.get_by_role("link", name="Look who would get it").click()
    expect(page.locator("#preview")).to_contain_text("Person 39")
    page.get_by_role("button", name="It is right: go on with First").click()
    expect(page.get_by_text("The rule is at work again")).to_be_visible()
    hold_it(page, 42)
    page.goto("/riverside/")
    expect(stopped).to_have_count(0)


def test_what_has_ended_can_be_kept_within_its_grace(page: Page, riverside: Organization) -> None:
    log_in(page, "alice@riverside.example")
    page.goto(RULE)
    page.get_by_label("How long it is kept").select_option("expires")
    page.get_by_label("Ends after how many").fill("30")
    page.get_by_label("Ends after: unit").select_option("day")
    page.get_by_label("Grace of how many").fill("0")
    page.get_by_role("button", name="Save the rule").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Write 1 or more.")
    page.get_by_label("Grace of how many").fill("20")
    page.get_by_label("Grace: unit").select_option("day")
    page.get_by_role("button", name="Save the rule").last.click()
    expect(page.locator(".sentence").first).to_contain_text("20 days")
    log_out(page)
    log_in(page, "bob@riverside.example")
    lapsing = page.get_by_role("region", name="To renew").get_by_role("link", name="First")
    look_until(page, "/riverside/", lapsing.count)
    lapsing.click()
    expect(page.get_by_text("Earn it again by")).to_be_visible()
    is_sound(page)
    page.goto("/riverside/improvements/new/")
    page.get_by_label("In a few words").fill("Red lids")
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Red lids")
    hold_it(page, 1)
    expect(page.get_by_text("You hold it since")).to_be_visible()


def test_a_change_is_weighed_against_examples_and_choices_and_stays_on_record(
    page: Page, riverside: Organization, first: Badge
) -> None:
    log_in(page, "alice@riverside.example")
    page.goto(RULE)
    page.get_by_label("How many", exact=True).fill("2")
    page.get_by_label("Person", exact=True).last.fill("Bob Brown")
    page.get_by_label("What should be so").select_option("should hold it")
    page.get_by_role("button", name="Add the example").click()
    expect(page.get_by_text("Bob Brown is an example now.")).to_be_visible()
    page.get_by_label("Person", exact=True).first.fill("Cy Cole")
    page.get_by_role("button", name="Show who would hold it").last.click()
    expect(page.get_by_label("Person", exact=True).first).to_have_value("Cy Cole")
    choices = page.get_by_role("table", name="What each choice would do now").get_by_role("row")
    assert choices.all_inner_texts()[1:] == [
        "Re-check everybody \nChosen\t1\t0\t1", "Keep present holders\t2\t0\t0", "Only new activities count\t2\t0\t0",
    ]  # fmt: skip
    expect(page.get_by_text("Not so by this rule")).to_be_visible()
    page.get_by_role("button", name="Save the rule").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Bob Brown")
    expect(page.get_by_label("How many", exact=True)).to_have_value("2")
    page.get_by_label("Keep present holders").check()
    page.get_by_role("button", name="Save the rule").last.click()
    expect(page.get_by_text("The rule is saved.")).to_be_visible()
    hold_it(page, 2)

    page.goto(f"{RULE}history/")
    expect(page.get_by_role("region", name="What is different")).to_contain_text(
        "has submitted at least taken out: 1 improvement added: 2 improvements"
    )
    is_sound(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as JSON").click()
    text = Path(download.value.path()).read_text()
    assert json.loads(text)["criterion"]["at_least"] == 2
    page.get_by_role("link", name="Import").click()
    page.get_by_label("The rule as JSON").fill("{")
    page.get_by_role("button", name="Show the rule").click()
    expect(page.get_by_role("alert")).to_contain_text("This is no JSON in line 1.")
    page.get_by_label("The rule as JSON").fill(text.replace('"at_least": 2', '"at_least": 7'))
    page.get_by_role("button", name="Show the rule").click()
    expect(page.get_by_text("It is not saved yet.")).to_be_visible()
    expect(page.get_by_label("How many", exact=True)).to_have_value("7")
    page.get_by_role("button", name="Remove the example of Bob Brown").click()
    page.get_by_role("button", name="Save the rule").last.click()
    expect(page.get_by_text("The rule is saved.")).to_be_visible()
    hold_it(page, 0)


def test_a_rule_is_tried_on_thousands_by_a_worker_and_gone_on_with(
    page: Page, riverside: Organization, first: Badge
) -> None:
    with tenant(riverside):
        Person.objects.bulk_create(
            Person(organization=riverside, name=f"Person {n}", external_id=f"N{n}") for n in range(2000)
        )
    log_in(page, "alice@riverside.example")
    page.goto(RULE)
    page.get_by_label("How many", exact=True).fill("2")
    page.get_by_role("button", name="Show who would hold it").last.click()
    lost = page.get_by_role("region", name="Would lose it")
    expect(lost).to_contain_text("Bob Brown", timeout=A_WORKER * 1000)
    is_sound(page)
    page.get_by_role("link", name="Back to this rule").click()
    expect(page.get_by_label("How many", exact=True)).to_have_value("2")
