"""An administrator brings a file in: its columns are chosen, what would happen is read, done, and undone."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from rules.actions import save_rule
from tests.browser.cast import member
from tests.browser.conftest import A_WORKER, Lapel, ask_until, log_in, look_until
from tests.factories import BadgeFactory, LocationFactory, OrganizationFactory, PersonFactory

IMPORTS = "/riverside/settings/imports/"
WALKED: dict[str, Any] = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["safety.walk"]}},
    "retention": {"type": "permanent"},
}


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    member(organization, "Olive Owens", Role.OWNER, external_id="1")
    ward = LocationFactory(organization=organization, name="Ward 4B", external_id="ward-4b")
    PersonFactory(organization=organization, name="Ana Kowalczyk", external_id="7", location=ward)
    BadgeFactory(organization=organization, slug="walker", name="Waste Walker")
    return organization


def upload(page: Page, kind: str, *lines: str) -> None:
    page.goto(IMPORTS)
    page.get_by_label("What it lists").select_option(label=kind)
    content = "".join(f"{line}\n" for line in lines).encode()
    page.get_by_label("CSV file").set_input_files(
        {"name": "file.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Upload and check").click()


def comes(page: Page, button: str) -> None:
    """Once a worker has been at it. Not what stops it, “Stop and undo”."""
    expect(page.get_by_role("button", name=button, exact=True)).to_be_visible(timeout=A_WORKER * 1000)


def rows(page: Page, heading: str) -> list[list[str]]:
    page.wait_for_load_state()
    table = page.get_by_role("region", name=heading).locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in table.all()]


def test_people_come_from_a_file_go_again_and_come_back_mended(page: Page, riverside: Organization) -> None:
    log_in(page, "olive@riverside.example")
    upload(page, "People", "PK\x03\x04")
    expect(page.get_by_role("alert")).to_contain_text("This is a workbook or a ZIP file")
    upload(page, "People", "Clock card;Full name;Ward", "7;Ana Kowal;ward-4b", "8;Ben Brown;ward-9")
    expect(page.get_by_role("heading", name="Which column is which?")).to_be_visible()
    page.get_by_label("Staff number").select_option("Clock card")
    page.get_by_role("button", name="Check the file").click()
    comes(page, "Import 2 rows")
    expect(page.get_by_text("Locations that are not known yet are added: ward-9.")).to_be_visible()
    assert rows(page, "What would become of the first rows") == [
        ["2", "Ana Kowal", "name Ana Kowalczyk → Ana Kowal"],
        ["3", "Ben Brown", "New; location ward-9"],
    ]
    page.get_by_role("button", name="Import 2 rows").click()
    comes(page, "Undo")
    page.goto("/riverside/people/")
    expect(page.get_by_role("link", name="Ben Brown")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("2 taken back, 0 left")).to_be_visible(timeout=A_WORKER * 1000)
    expect(page.get_by_role("heading", name="What had become of the first rows")).to_be_visible()
    page.goto("/riverside/people/")
    expect(page.get_by_role("link", name="Ana Kowalczyk")).to_be_visible()
    expect(page.get_by_role("link", name="Ben Brown")).to_be_hidden()
    upload(page, "People", "Clock card;Full name;Ward", "7;Ana Kowal;ward-4b", "8;Ben Bruns;ward-9")
    expect(page.get_by_label("Staff number")).to_have_value("0")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("1 person left when an import was undone.")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Import 2 rows").dblclick()
    expect(page.get_by_role("button", name="Undo")).to_be_visible(timeout=20_000)
    page.goto("/riverside/people/")
    expect(page.get_by_role("link", name="Ben Bruns")).to_be_visible()


def test_badges_come_from_a_file_and_go_again_without_scripts(
    browser: Browser, lapel: Lapel, riverside: Organization
) -> None:
    context = browser.new_context(base_url=lapel.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "olive@riverside.example")
    upload(
        page,
        "Badges given by hand",
        "Nr;Abzeichen;Datum;Grund",
        "7;Waste Walker;2.3.2026;Rundgang geleitet",
    )
    expect(page.get_by_role("heading", name="Which column is which?")).to_be_visible()
    expect(page.get_by_label("Person")).to_have_value("0")
    page.get_by_role("button", name="Check the file").click()
    ask_until(page, page.get_by_role("button", name="Import 1 row", exact=True))
    assert rows(page, "What would become of the first rows") == [["2", "7", "Waste Walker: given"]]
    page.get_by_role("button", name="Import 1 row").click()
    ask_until(page, page.get_by_role("button", name="Undo", exact=True))
    expect(page.get_by_role("heading", name="What became of the first rows")).to_be_visible()
    page.get_by_role("button", name="Undo", exact=True).click()
    ask_until(page, page.get_by_text("1 taken back, 0 left"))
    expect(page.get_by_text("All of it was taken back.")).to_be_visible()
    context.close()


def test_wrong_rows_are_named_and_mended(page: Page, riverside: Organization) -> None:
    log_in(page, "olive@riverside.example")
    header = "person,badge,given_on,reason"
    upload(
        page, "Badges given by hand", header, "7,walker,2026-13-01,", "9,walker,,Well done", "7,flyer,,Yes"
    )
    expect(page.get_by_role("heading", name="What to mend")).to_be_visible(timeout=A_WORKER * 1000)
    assert rows(page, "What to mend") == [
        ["2", "“reason” is empty; “given_on” '2026-13-01' is not a day such as 2026-03-02 or 2.3.2026"],
        ["3", "nobody has the staff number or e-mail address '9'"],
        ["4", "no badge has the name or short name 'flyer'"],
    ]
    expect(page.get_by_role("button", name="Import 3 rows")).to_be_hidden()
    page.get_by_role("link", name="Upload again").click()
    upload(page, "Badges given by hand", header, "7,walker,,Held the first walk")
    comes(page, "Import 1 row")
    page.get_by_role("button", name="Import 1 row").click()
    comes(page, "Undo")
    page.goto("/riverside/people/")
    page.get_by_role("link", name="Ana Kowalczyk").click()
    expect(page.get_by_role("heading", name="Ana Kowalczyk")).to_be_visible()
    expect(page.get_by_role("link", name="Waste Walker").first).to_be_visible()


def test_activities_from_a_file_earn_a_badge_that_goes_with_them(page: Page, riverside: Organization) -> None:
    badge = BadgeFactory(organization=riverside, slug="first", name="First Walk", mode="rule")
    with tenant(riverside):
        ana = Person.objects.get(external_id="7")
        save_rule(badge=badge, definition=WALKED, by=None)
    log_in(page, "olive@riverside.example")
    upload(
        page, "Activities", "external_id,person_external_id,kind,occurred_at", "A-1,7,safety.walk,2026-03-02T15:00:00Z"
    )  # fmt: skip
    comes(page, "Import 1 row")
    page.get_by_role("button", name="Import 1 row").click()
    comes(page, "Undo")
    imported = page.url
    has(page, ana, "First Walk", times=1)
    page.goto(imported)
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.get_by_text("1 taken back, 0 left")).to_be_visible(timeout=A_WORKER * 1000)
    has(page, ana, "First Walk", times=0)


def has(page: Page, person: Person, badge: str, *, times: int) -> None:
    """Once a worker has been at it."""
    held = page.locator(".tray__cell", has_text=badge).filter(has_text="Since")
    look_until(page, person.get_absolute_url(), lambda: held.count() == times)
