"""An administrator gives a badge to the ticked people of a list, sees it done, and undoes it; without scripts too."""

import csv

import pytest
from playwright.sync_api import Browser, Page, expect

from activity.steps import submit_improvement
from badges.actions import grant_by_hand
from badges.models import Badge
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import reconcile_rule, save_rule
from tests.browser.cast import FIRST, GIVERS, member
from tests.browser.conftest import A_WORKER, Lapel, ask_until, log_in
from tests.factories import (
    BadgeFactory,
    BoardFactory,
    CardFactory,
    LocationFactory,
    OrganizationFactory,
    PersonFactory,
)


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    """Alice administers Ward 4B alone."""
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    ward = LocationFactory(organization=organization, name="Ward 4B")
    member(organization, "Alice Adams", *GIVERS, bound_to=ward)
    for name in ("Ana Kowalczyk", "Dele Adeyemi"):
        PersonFactory(organization=organization, name=name, title="Nurse", location=ward)
    PersonFactory(organization=organization, name="Tomás Herrera", title="Facilities engineer")
    BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified", ends_after="1 year")
    BadgeFactory(organization=organization, slug="walker", name="Waste Walker", mode="both")
    BadgeFactory(organization=organization, slug="warden", name="Fire Warden")
    board = BoardFactory(organization=organization, title="Huddle")
    CardFactory(organization=organization, board=board, title="Our team", location=ward)
    return organization


def give(page: Page) -> None:
    """From the draft on."""
    page.get_by_role("checkbox", name="HIPAA Certified").check()
    page.get_by_label("Reason").fill("Passed the refresher.")
    page.get_by_role("button", name="Look at what would happen").click()


def done(page: Page, outcome: str) -> None:
    """Once a worker has been at it; it may tell what it changed before it has finished."""
    expect(page.get_by_text(outcome)).to_be_visible(timeout=A_WORKER * 1000)
    expect(page.get_by_role("region", name="Progress")).to_have_count(0, timeout=A_WORKER * 1000)


def badges(page: Page) -> list[str]:
    """Whose row on the People page has a badge."""
    page.goto("/riverside/people/")
    return page.locator("tbody tr:has(.emblems img) .person__name").all_inner_texts()


def test_the_ticked_ones_get_a_badge_and_lose_it_again(page: Page, riverside: Organization) -> None:
    log_in(page, "alice@riverside.example")
    page.goto("/riverside/people/")
    expect(page.get_by_role("button", name="Add badges")).to_be_hidden()
    for name in ("Ana Kowalczyk", "Dele Adeyemi", "Tomás Herrera"):
        page.get_by_role("checkbox", name=f"Tick {name}").check()
    expect(page.get_by_text("3 ticked")).to_be_visible()
    page.get_by_role("button", name="Add badges").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the badges of 3 people")
    give(page)
    expect(page.get_by_text("2 change, 0 stay as they are, 1 is left out")).to_be_visible()
    expect(page.get_by_text("Works outside the locations that you administer")).to_be_visible()
    assert badges(page) == []
    page.go_back()
    page.get_by_label("Reason").fill("Passed.")
    expect(page.get_by_text("You changed something above. Look again first.")).to_be_visible()
    expect(page.get_by_role("button", name="Add to 2 people")).to_be_disabled()
    page.get_by_role("button", name="Look again").click()
    page.get_by_role("button", name="Add to 2 people").click()
    done(page, "2 changed, 0 as before, 1 left out")
    address = page.url
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    table = list(csv.reader(download.value.path().read_text(encoding="utf-8-sig").splitlines()))
    assert [(row[0], row[3], row[5]) for row in table[1:]] == [
        ("Ana Kowalczyk", "Changed", "HIPAA Certified"),
        ("Dele Adeyemi", "Changed", "HIPAA Certified"),
        ("Tomás Herrera", "Left out", ""),
    ]
    assert badges(page) == ["Ana Kowalczyk", "Dele Adeyemi"]
    page.goto(address)
    page.get_by_role("button", name="Undo", exact=True).click()
    done(page, "2 badges as before, 0 left")
    assert badges(page) == []


def test_of_a_badge_s_holders_everything_by_hand_is_replaced_and_what_a_rule_gave_stays(
    page: Page, riverside: Organization
) -> None:
    with tenant(riverside):
        ana = Person.objects.get(name="Ana Kowalczyk")
        hipaa, walker = (Badge.objects.get(slug=slug) for slug in ("hipaa", "walker"))
        grant_by_hand(badge=hipaa, person=ana, by=None, reason="Passed.")
        submit_improvement(author=ana, title="Red lids")
        rule = save_rule(badge=walker, definition=FIRST, by=None)
    reconcile_rule(rule=rule)
    log_in(page, "alice@riverside.example")
    page.goto("/riverside/badges/hipaa/")
    page.get_by_role("button", name="Change badges of all").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the badges of 1 person")
    expect(page.get_by_role("checkbox", name="HIPAA Certified")).to_be_checked()
    page.get_by_label("Replace all").check()
    page.get_by_role("checkbox", name="HIPAA Certified").uncheck()
    page.get_by_label("Reason").fill("Another job.")
    page.get_by_role("button", name="Look at what would happen").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("checkbox", name="Fire Warden").check()
    page.get_by_role("button", name="Look at what would happen").click()
    line = page.get_by_role("row", name="Ana Kowalczyk")
    for text in ("HIPAA Certified: Taken back", "Fire Warden: Given", "1 from rules, kept"):
        expect(line).to_contain_text(text)
    page.get_by_role("button", name="Replace all of 1 person").click()
    done(page, "1 changed, 0 as before, 0 left out")
    outcome = page.url
    held(page, ana, "Fire Warden", "Waste Walker")
    page.goto(outcome)
    page.get_by_role("button", name="Undo", exact=True).click()
    done(page, "2 badges as before, 0 left")
    held(page, ana, "HIPAA Certified", "Waste Walker")


def held(page: Page, person: Person, *names: str) -> None:
    page.goto(person.get_absolute_url())
    shown = page.locator(".tray__cell", has_text="Since").locator(".tray__name")
    assert sorted(shown.all_inner_texts()) == list(names)


def test_whoever_works_elsewhere_is_not_offered_for_a_change(page: Page, riverside: Organization) -> None:
    with tenant(riverside):
        ana, tomas = (Person.objects.get(name=name) for name in ("Ana Kowalczyk", "Tomás Herrera"))
    log_in(page, "alice@riverside.example")
    for person, offers in ((ana, 1), (tomas, 0)):
        page.goto(person.get_absolute_url())
        expect(page.get_by_role("heading", level=1)).to_have_text(person.name)
        expect(page.get_by_role("link", name="Give a badge")).to_have_count(offers)
        expect(page.get_by_role("link", name="Edit", exact=True)).to_have_count(offers)


def test_a_card_leads_to_everybody_in_it_without_scripts(
    browser: Browser, lapel: Lapel, riverside: Organization
) -> None:
    context = browser.new_context(base_url=lapel.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "alice@riverside.example")
    page.goto("/riverside/boards/")
    page.get_by_role("link", name="Huddle").click()
    page.get_by_role("button", name="Change badges of everybody in Our team").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the badges of 2 people")
    for verb, shown in {"Clear all": [0, 0], "Remove": [1, 0], "Add": [1, 1]}.items():
        page.get_by_text(verb, exact=True).first.click()
        fields = (page.get_by_role("checkbox", name="HIPAA Certified"), page.get_by_label("Link to evidence"))
        assert [int(field.is_visible()) for field in fields] == shown
    give(page)
    page.get_by_role("button", name="Add to 2 people").click()
    ask_until(page, page.get_by_role("button", name="Undo", exact=True))
    expect(page.get_by_text("2 changed")).to_be_visible()
    assert badges(page) == ["Ana Kowalczyk", "Dele Adeyemi"]
    context.close()
