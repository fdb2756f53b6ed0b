"""An administrator brings a file in: its columns are chosen, what would happen is read, done, and undone."""

import pytest
from playwright.sync_api import Page, expect

from people.models import Organization
from people.roles import Role
from tests.browser.conftest import PASSWORD, Lapel, log_in
from tests.factories import (
    BadgeFactory,
    LocationFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)

IMPORTS = "/riverside/settings/imports/"


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    user = UserFactory(email="olive@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    olive = PersonFactory(organization=organization, name="Olive Owens", external_id="1", user=user)
    RoleAssignmentFactory(organization=organization, person=olive, role=Role.OWNER)
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


def rows(page: Page, heading: str) -> list[list[str]]:
    table = page.get_by_role("region", name=heading).locator("tbody tr")
    return [row.locator("th, td").all_inner_texts() for row in table.all()]


def test_people_come_from_a_file_and_go_again(page: Page, riverside: Organization) -> None:
    log_in(page, "olive@riverside.example")
    upload(page, "People", "Clock card;Full name;Ward", "7;Ana Kowal;ward-4b", "8;Ben Brown;ward-9")
    expect(page.get_by_role("heading", name="Which column is which?")).to_be_visible()
    page.get_by_label("Staff number").select_option("Clock card")
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_role("button", name="Import 2 rows")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("Locations that are not known yet are added: ward-9.")).to_be_visible()
    assert rows(page, "What becomes of the first rows") == [
        ["2", "Ana Kowal", "name Ana Kowalczyk → Ana Kowal"],
        ["3", "Ben Brown", "New; location ward-9"],
    ]
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible(timeout=20_000)
    page.goto("/riverside/people/")
    expect(page.get_by_role("link", name="Ben Brown")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 taken back, 0 left")).to_be_visible(timeout=20_000)
    page.goto("/riverside/people/")
    expect(page.get_by_role("link", name="Ana Kowalczyk")).to_be_visible()
    expect(page.get_by_role("link", name="Ben Brown")).to_be_hidden()


def test_wrong_rows_are_named_and_mended(page: Page, riverside: Organization) -> None:
    log_in(page, "olive@riverside.example")
    header = "person,badge,given_on,reason"
    upload(
        page, "Badges given by hand", header, "7,walker,2026-13-01,", "9,walker,,Well done", "7,flyer,,Yes"
    )
    expect(page.get_by_role("heading", name="What to mend")).to_be_visible(timeout=20_000)
    assert rows(page, "What to mend") == [
        ["2", "reason is empty; given_on '2026-13-01' is not a day such as 2026-03-02"],
        ["3", "nobody has the staff number or e-mail address '9'"],
        ["4", "no badge has the short name 'flyer'"],
    ]
    expect(page.get_by_role("button", name="Import 3 rows")).to_be_hidden()
    page.get_by_role("link", name="Upload again").click()
    upload(page, "Badges given by hand", header, "7,walker,,Held the first walk")
    page.get_by_role("button", name="Import 1 row").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible(timeout=20_000)
    page.goto("/riverside/people/")
    page.get_by_role("link", name="Ana Kowalczyk").click()
    expect(page.get_by_role("heading", name="Ana Kowalczyk")).to_be_visible()
    expect(page.get_by_role("link", name="Waste Walker").first).to_be_visible()
