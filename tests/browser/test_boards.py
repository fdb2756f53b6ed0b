"""Managers make boards and arrange their cards, by mouse, finger and keys, without scripts too; colleagues see them."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from boards.models import Board, Card
from people.models import Location, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.browser.conftest import PASSWORD, Lapel, log_in, log_out
from tests.factories import (
    BadgeFactory,
    BoardFactory,
    CardFactory,
    LocationFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)

COLUMNS = ["Name", "Badges", "Location", "Improvements", "Next end"]  # once “Badges” has been moved up


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    ward = LocationFactory(organization=organization, name="Ward 4B")
    mary = member(organization, "Mary Moss", "mary@riverside.example")
    RoleAssignmentFactory(organization=organization, person=mary, role=Role.MANAGER)
    member(organization, "Bob Brown", "bob@riverside.example")
    for name in ("Ana Kowalczyk", "Dele Adeyemi"):
        PersonFactory(organization=organization, name=name, title="Nurse", location=ward, manager=mary)
    BadgeFactory(organization=organization, name="HIPAA Certified")
    return organization


def member(organization: Organization, name: str, email: str) -> Person:
    user = UserFactory(email=email)
    user.set_password(PASSWORD)
    user.save()
    return PersonFactory(organization=organization, name=name, user=user)


def make_board(page: Page, title: str) -> None:
    page.goto("/riverside/boards/")
    page.get_by_role("link", name="New board").last.click()
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Make the board").click()
    page.get_by_role("link", name="Add card").click()


def test_a_manager_arranges_a_card_and_everybody_sees_it(page: Page, riverside: Organization) -> None:
    log_in(page, "mary@riverside.example")
    make_board(page, "Ward 4B huddle")
    page.get_by_label("Card title").fill("Our team")
    page.get_by_label("People of").select_option(label="Ward 4B")
    page.get_by_role("checkbox", name="Title").check()
    page.get_by_role("button", name="Move Badges up").click()
    page.get_by_role("button", name="Add card").click()
    expect(page.get_by_text("2 of 2 people, Ward 4B and below")).to_be_visible()
    expect(page.locator(".board thead th")).to_have_text([*COLUMNS, "Title"])

    log_out(page)
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/boards/")
    page.get_by_role("link", name="Ward 4B huddle").click()
    expect(page.get_by_role("heading", name="Our team")).to_be_visible()
    expect(page.locator(".board .person__name")).to_have_text(["Ana Kowalczyk", "Dele Adeyemi"])
    page.get_by_role("link", name="All 2 people").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People")
    expect(page.locator("tbody .person__name")).to_have_text(["Ana Kowalczyk", "Dele Adeyemi"])


def test_columns_are_arranged_without_scripts(
    browser: Browser, lapel: Lapel, riverside: Organization
) -> None:
    context = browser.new_context(base_url=lapel.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "mary@riverside.example")
    make_board(page, "Plain")
    page.get_by_label("Card title").fill("Everybody")
    page.get_by_role("button", name="Move Badges up").click()
    expect(page.get_by_label("Card title")).to_have_value("Everybody")
    page.get_by_label("Card title").press("Enter")
    expect(page.get_by_role("heading", name="Everybody")).to_be_visible()
    expect(page.locator(".board thead th")).to_have_text(COLUMNS)
    context.close()


@pytest.fixture
def three(riverside: Organization) -> Board:
    board = BoardFactory(organization=riverside, title="Huddle")
    for name in "ABC":
        CardFactory(organization=riverside, board=board, title=name, kind="text", text="Hello.", width="half")
    return board


def titles(page: Page) -> list[str]:
    return page.locator(".board h2").all_inner_texts()


def middle(page: Page, selector: str, number: int) -> tuple[float, float]:
    box = page.locator(selector).nth(number).bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def settled(page: Page, wanted: list[str]) -> None:
    """What the browser shows at once is what the server keeps, too."""
    expect(page.locator(".htmx-request")).to_have_count(0)
    expect(page.locator(".board h2")).to_have_text(wanted)
    page.reload()
    assert titles(page) == wanted


def test_cards_are_dragged_with_the_mouse(page: Page, three: Board) -> None:
    log_in(page, "mary@riverside.example")
    page.goto(three.get_absolute_url())
    page.mouse.move(*middle(page, ".grip", 2))
    page.mouse.down()
    x, y = middle(page, ".board .card", 0)
    page.mouse.move(x - 100, y, steps=8)
    page.keyboard.press("Escape")
    page.mouse.up()
    assert titles(page) == ["A", "B", "C"]

    page.mouse.move(*middle(page, ".grip", 2))
    page.mouse.down()
    page.mouse.move(x - 100, y, steps=8)
    with page.expect_response("**/arrange/"):
        page.mouse.up()
    settled(page, ["C", "A", "B"])


def test_cards_are_dragged_with_a_finger(browser: Browser, lapel: Lapel, three: Board) -> None:
    phone = browser.new_context(base_url=lapel.url, viewport={"width": 390, "height": 800}, has_touch=True)
    page = phone.new_page()
    log_in(page, "mary@riverside.example")
    page.goto(three.get_absolute_url())
    hand = phone.new_cdp_session(page)
    x, y = middle(page, ".grip", 0)
    _, end = middle(page, ".board .card", 1)
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 11):
        point = {"x": x, "y": y + (end + 30 - y) * step / 10}
        hand.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    with page.expect_response("**/arrange/"):
        hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    settled(page, ["B", "A", "C"])
    phone.close()


def test_cards_are_moved_with_keys_which_stay_where_they_are(page: Page, three: Board) -> None:
    log_in(page, "mary@riverside.example")
    page.goto(three.get_absolute_url())
    down = page.get_by_role("button", name="Move the card A down")
    for wanted in (["B", "A", "C"], ["B", "C", "A"], ["B", "C", "A"]):
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            down.press("Enter")
        expect(page.locator(".htmx-request")).to_have_count(0)
        expect(page.locator(".board h2")).to_have_text(wanted)
        expect(down).to_be_focused()


def test_a_stale_order_is_refused_and_the_board_shown_as_it_is(page: Page, three: Board) -> None:
    log_in(page, "mary@riverside.example")
    page.goto(three.get_absolute_url())
    with tenant(three.organization):
        Card.objects.get(title="B").delete()
    page.mouse.move(*middle(page, ".grip", 2))
    page.mouse.down()
    x, y = middle(page, ".board .card", 0)
    page.mouse.move(x - 100, y, steps=8)
    page.mouse.up()
    expect(page.get_by_text("Somebody else changed this board meanwhile.")).to_be_visible()
    assert titles(page) == ["A", "C"]


def test_a_board_is_shared_with_a_place(page: Page, riverside: Organization, three: Board) -> None:
    log_in(page, "mary@riverside.example")
    page.goto(three.get_absolute_url())
    page.get_by_role("link", name="Share").click()
    page.get_by_label("People of").select_option(label="Ward 4B")
    page.get_by_role("button", name="Share the board").click()
    page.wait_for_url("**/riverside/boards/")
    log_out(page)
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/boards/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Boards")
    expect(page.get_by_role("link", name="Huddle")).to_have_count(0)
    with tenant(riverside):
        Person.objects.filter(name="Bob Brown").update(location=Location.objects.get())
    page.reload()
    expect(page.get_by_role("link", name="Huddle")).to_be_visible()


def test_a_wall_has_nothing_to_press(page: Page, riverside: Organization, three: Board) -> None:
    CardFactory(organization=riverside, board=three, title="Our team", columns=["badges"])
    log_in(page, "mary@riverside.example")
    page.goto(f"{three.get_absolute_url()}?wall=1")
    expect(page.get_by_role("heading", name="Our team")).to_be_visible()
    assert page.locator("button, .grip, .card__foot").count() == 0
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") > 20


@pytest.mark.parametrize("width", [1360, 390])
def test_boards_can_be_used_by_everybody(
    page: Page, riverside: Organization, three: Board, width: int
) -> None:
    card = CardFactory(organization=riverside, board=three, title="Our team", columns=["badges", "location"])
    page.set_viewport_size({"width": width, "height": 900})
    log_in(page, "mary@riverside.example")
    here, found = three.get_absolute_url(), {}
    for path in ("", "?wall=1", f"cards/{card.pk}/", "cards/new/?kind=text", "share/", "rename/"):
        page.goto(here + path)
        found[path] = [violation["id"] for violation in Axe().run(page).response["violations"]]
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        found[path] += ["scrolls sideways"] if wide else []
    assert found == {path: [] for path in found}


def test_long_names_of_badges_leave_the_people_page_in_its_width(page: Page, riverside: Organization) -> None:
    BadgeFactory(
        organization=riverside, name="Certified in Everything That Anybody Has Ever Been Certified In Here"
    )
    page.set_viewport_size({"width": 390, "height": 800})
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/people/")
    expect(page.get_by_text("Ana Kowalczyk")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
