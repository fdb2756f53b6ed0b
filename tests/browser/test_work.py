"""Work as its people see it: submitted, talked about, moved, changed, verified; by pointer, by keys, as each role."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from activity.models import ItemKind, WorkItem
from activity.steps import decline_item
from activity.workflow import add_step
from badges.models import GrantMode
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from rules.actions import save_rule
from tests.browser.cast import is_sound
from tests.browser.conftest import PASSWORD, Lapel, log_in, log_out, look_until
from tests.factories import (
    BadgeFactory,
    LocationFactory,
    OrganizationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)

ITEM = "/riverside/improvements/1/"
RULE: dict[str, Any] = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.implemented"]}},
    "retention": {"type": "permanent"},
}


@pytest.fixture
def riverside(lapel: Lapel) -> Organization:
    """Bob, an employee; Mary and Nils, managers; Ana, who has no login. Finisher is earned by completing one."""
    organization = OrganizationFactory(slug="riverside", name="Riverside Health")
    LocationFactory(organization=organization, name="Ward 4B")
    member(organization, "Bob Brown")
    managers = [member(organization, name) for name in ("Mary Moss", "Nils Nord")]
    for manager in managers:
        RoleAssignmentFactory(organization=organization, person=manager, role=Role.MANAGER)
    PersonFactory(organization=organization, name="Ana Kowalczyk")
    badge = BadgeFactory(organization=organization, name="Finisher", mode=GrantMode.RULE)
    with tenant(organization):
        save_rule(badge=badge, definition=RULE, by=managers[0])
        add_step(kind=ItemKind.IMPROVEMENT, name="Being tried out", writes="", by=managers[0])
    return organization


def member(organization: Organization, name: str) -> Person:
    user = UserFactory(email=f"{name.split()[0].lower()}@riverside.example")
    user.set_password(PASSWORD)
    user.save()
    return PersonFactory(organization=organization, name=name, user=user)


def submit(page: Page, title: str) -> None:
    page.goto("/riverside/improvements/new/")
    page.get_by_label("In a few words").fill(title)
    page.get_by_label("Expected yearly saving").fill("900")
    is_sound(page)
    page.get_by_role("button", name="Submit", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    page.wait_for_load_state()  # what is begun is kept by a script


def test_a_comment_begun_stays_while_something_else_is_done(page: Page, riverside: Organization) -> None:
    log_in(page, "bob@riverside.example")
    submit(page, "Red lids")
    comment = page.get_by_label("Your comment")
    comment.fill("Could we try")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("in progress").first).to_be_visible()
    expect(comment).to_have_value("Could we try")
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#main li", has_text="Could we try")).to_be_visible()
    expect(comment).to_have_value("")


def wait_for(page: Page, address: str, badge: str, *, there: bool) -> None:
    held = page.locator(".tray__cell", has_text=badge).filter(has_text="Since")
    look_until(page, address, lambda: (held.count() > 0) == there)


def profile_of(organization: Organization, name: str) -> str:
    with tenant(organization):
        return f"/riverside/people/{Person.objects.get(name=name).pk}/"


def test_an_improvement_from_idea_to_verified_saving(page: Page, riverside: Organization) -> None:
    log_in(page, "bob@riverside.example")
    submit(page, "Red lids")
    page.get_by_label("Your comment").fill("Tried it on the early shift.")
    page.get_by_role("button", name="Comment").click()
    expect(page.get_by_role("region", name="Comments")).to_contain_text("Tried it on the early shift.")
    page.get_by_role("button", name="Being tried out").click()
    expect(page.get_by_role("region", name="Next step")).to_contain_text(
        "Mary Moss or Nils Nord completes it and sets it aside."
    )
    expect(page.get_by_role("button", name="Complete")).to_have_count(0)
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Yearly saving, as reported").fill("800")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("IMP-1 is saved.")).to_be_visible()
    is_sound(page)

    log_out(page)
    log_in(page, "nils@riverside.example")
    page.goto(ITEM)
    expect(page.get_by_label("Measured yearly saving")).to_have_value("800.00")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("region", name="Yearly saving")).to_contain_text("800")
    is_sound(page)
    wait_for(page, profile_of(riverside, "Bob Brown"), "Finisher", there=True)

    log_out(page)
    log_in(page, "mary@riverside.example")
    page.goto(ITEM)
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_label("Submitted by").fill("Ana Kowalczyk")
    is_sound(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Changes")).to_contain_text("Ana Kowalczyk")
    wait_for(page, profile_of(riverside, "Ana Kowalczyk"), "Finisher", there=True)
    wait_for(page, profile_of(riverside, "Bob Brown"), "Finisher", there=False)

    page.goto("/riverside/improvements/?show=verify")
    page.get_by_role("link", name="Red lids").click()
    page.get_by_label("It saves, in a year").fill("600")
    page.get_by_label("How it was measured").fill("Counted for two weeks")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("region", name="Verification")).to_contain_text("Counted for two weeks")
    page.get_by_label("It saves, in a year").fill("500")
    page.get_by_role("button", name="Correct").click()
    expect(page.get_by_role("region", name="Verification")).to_contain_text("No longer counts")
    expect(page.get_by_role("region", name="Yearly saving")).to_contain_text("500")
    is_sound(page)
    page.goto("/riverside/improvements/?state=closed")
    expect(page.get_by_role("region", name="Yearly saving of this one")).to_contain_text("500")
    is_sound(page)

    page.goto(f"{ITEM}edit/")
    page.get_by_label("With").fill("Mary Moss")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("had no hand in it")
    page.goto(ITEM)
    page.get_by_role("button", name="Open again").click()
    expect(page.get_by_role("button", name="Open again")).to_have_count(0)
    wait_for(page, profile_of(riverside, "Ana Kowalczyk"), "Finisher", there=False)


def test_what_waits_is_decided_and_its_author_learns_why(page: Page, riverside: Organization) -> None:
    log_in(page, "bob@riverside.example")
    submit(page, "Red lids")
    expect(page.get_by_role("region", name="Next step")).to_contain_text("Mary Moss or Nils Nord")

    log_out(page)
    log_in(page, "mary@riverside.example")
    page.goto("/riverside/")
    waiting = page.get_by_role("region", name="Waiting for you, 1")
    expect(waiting).to_contain_text("Take on or not")
    is_sound(page)
    waiting.get_by_role("link", name="All that waits").click()
    page.wait_for_url("**show=waiting*")
    page.get_by_role("link", name="Red lids").click()
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator("summary", has_text="Do not take on").click()
    page.get_by_label("Why, for those who worked on it").fill("Lids are ordered centrally.")
    is_sound(page)
    page.get_by_role("button", name="Do not take on").click()
    expect(page.locator(".callout")).to_contain_text("Not taken on, by Mary Moss")
    is_sound(page)

    log_out(page)
    log_in(page, "bob@riverside.example")
    told = page.get_by_role("link", name="Mary Moss did not take on IMP-1 Red lids")
    look_until(page, "/riverside/notices/", told.count)
    expect(page.get_by_role("main")).to_contain_text("Lids are ordered centrally.")
    told.click()
    expect(page.locator(".callout")).to_contain_text("Lids are ordered centrally.")


def test_a_card_is_moved_by_keys(page: Page, riverside: Organization) -> None:
    log_in(page, "bob@riverside.example")
    submit(page, "Blue lids")
    page.goto("/riverside/improvements/board/")
    is_sound(page)
    expect(page.get_by_role("region", name="Submitted")).to_contain_text("Blue lids")
    page.get_by_role("link", name="Blue lids").focus()
    for key in ("Tab", "Enter", "Tab"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Being tried out")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Being tried out")).to_contain_text("Blue lids")
    expect(page.locator("#move-1")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("region", name="In progress")).to_contain_text("Blue lids")
    expect(page.locator("#move-1")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("status")).to_contain_text("cannot go further to the left")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("region", name="Being tried out")).to_contain_text("Blue lids")
    expect(page.locator("#move-1")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_contain_text("manager completes it")
    page.set_viewport_size({"width": 390, "height": 800})
    is_sound(page)


def carry(page: Page, item: str, lane: str) -> None:
    """As far as above the lane; the mouse is still pressed."""
    page.locator(f"[data-item={item}] .grip").hover()
    page.mouse.down()
    box = page.get_by_role("region", name=lane).bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30, steps=8)


def test_a_card_is_carried_to_a_step(page: Page, riverside: Organization) -> None:
    log_in(page, "bob@riverside.example")
    submit(page, "Blue lids")
    page.goto("/riverside/improvements/board/")
    submitted, tried = (page.get_by_role("region", name=name) for name in ("Submitted", "Being tried out"))
    carry(page, "IMP-1", "Being tried out")
    expect(tried).to_contain_text("Blue lids")
    page.keyboard.press("Escape")
    expect(submitted).to_contain_text("Blue lids")
    page.mouse.up()

    carry(page, "IMP-1", "Not taken on")
    page.mouse.up()
    expect(page.get_by_role("status")).to_contain_text("IMP-1: A manager sets it aside.")
    expect(submitted).to_contain_text("Blue lids")
    is_sound(page)

    carry(page, "IMP-1", "Being tried out")
    page.mouse.up()
    expect(page.get_by_role("status")).to_contain_text("IMP-1: Being tried out.")
    page.reload()
    expect(tried).to_contain_text("Blue lids")
    carry(page, "IMP-1", "Submitted")
    page.mouse.up()
    expect(page.get_by_role("status")).to_contain_text(
        "IMP-1 cannot go to Submitted from here, only to In progress."
    )

    log_out(page)
    log_in(page, "mary@riverside.example")
    page.goto("/riverside/improvements/board/")
    carry(page, "IMP-1", "Completed")
    page.mouse.up()
    expect(page.get_by_label("Measured yearly saving")).to_be_visible()


def test_a_card_goes_back_where_somebody_was_faster(page: Page, riverside: Organization) -> None:
    log_in(page, "bob@riverside.example")
    submit(page, "Blue lids")
    page.goto("/riverside/improvements/board/")
    with tenant(riverside):
        decline_item(item=WorkItem.objects.get(), by=Person.objects.get(name="Mary Moss"))
    carry(page, "IMP-1", "Being tried out")
    page.mouse.up()
    expect(page.get_by_role("status")).to_contain_text("Only an open item can be moved.")
    expect(page.get_by_role("region", name="Not taken on")).to_contain_text("Blue lids")


def test_a_list_narrows_while_one_types(page: Page, riverside: Organization) -> None:
    log_in(page, "bob@riverside.example")
    for title in ("Red lids", "Blue lids"):
        submit(page, title)
    page.goto("/riverside/improvements/")
    page.get_by_role("searchbox", name="Find by title").fill("blue")
    page.wait_for_url("**q=blue*")
    expect(page.get_by_role("link", name="Red lids")).to_have_count(0)
    expect(page.get_by_role("link", name="Blue lids")).to_be_visible()


def test_what_was_typed_outlives_a_lost_connection(
    browser: Browser, lapel: Lapel, riverside: Organization
) -> None:
    context = browser.new_context(base_url=lapel.url)  # its console may complain of the connection
    page = context.new_page()
    log_in(page, "bob@riverside.example")
    submit(page, "Red lids")
    lost = page.locator(".toast__text", has_text="No connection, so nothing was sent.")

    page.get_by_label("Your comment").fill("Tried on bed 4")
    context.set_offline(True)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(lost).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(lost).to_be_visible()
    expect(page.get_by_label("Your comment")).to_have_value("Tried on bed 4")
    context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("listitem").filter(has_text="Tried on bed 4")).to_be_visible()

    page.goto("/riverside/improvements/")
    page.route("**/improvements/?*", lambda route: route.abort())
    page.get_by_label("Find by title").fill("blue")
    expect(lost).to_be_visible()
    page.unroute("**/improvements/?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(lost).to_have_count(0)
    context.close()


def test_the_board_works_without_scripts(browser: Browser, lapel: Lapel, riverside: Organization) -> None:
    context = browser.new_context(base_url=lapel.url, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "bob@riverside.example")
    page.goto("/riverside/improvements/new/")
    page.get_by_label("In a few words").fill("Red lids")
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_role("link", name="Improvements").first.click()
    page.get_by_role("link", name="Board", exact=True).click()
    page.locator("summary", has_text="Move IMP-1").click()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("region", name="In progress")).to_contain_text("Red lids")
    context.close()


def test_kinds_are_named_and_files_shown(page: Page, riverside: Organization) -> None:
    with tenant(riverside):
        owner = Person.objects.get(name="Nils Nord")
    RoleAssignmentFactory(organization=riverside, person=owner, role=Role.OWNER)
    log_in(page, "nils@riverside.example")
    submit(page, "Red lids")
    page.get_by_label("File", exact=True).set_input_files("badges/presets/5s-keeper.png")
    page.get_by_role("button", name="Attach").click()
    expect(page.locator("img.thumb")).to_be_visible()
    expect(page.locator("img.thumb")).to_have_js_property("complete", True)
    assert page.locator("img.thumb").evaluate("image => image.naturalWidth") > 0
    is_sound(page)
    page.get_by_role("link", name="Remove 5s-keeper.png").click()
    page.get_by_label("Why it is removed").fill("Wrong picture")
    is_sound(page)
    page.get_by_role("button", name="Remove the file").click()
    expect(page.get_by_role("region", name="Files")).to_contain_text("Wrong picture")

    page.goto("/riverside/settings/kinds/")
    page.get_by_role("link", name="Improvement submitted").click()
    page.get_by_label("What people read").fill("Idea handed in")
    is_sound(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Idea handed in")).to_be_visible()
    is_sound(page)
    page.goto(ITEM)
    expect(page.get_by_role("region", name="Counts as")).to_contain_text("Idea handed in")


def test_what_work_brings_besides_money_is_named_reported_verified_and_earns(
    page: Page, riverside: Organization
) -> None:
    """On a phone, by an owner, an author and a second person."""
    page.set_viewport_size({"width": 390, "height": 800})
    with tenant(riverside):
        nils = Person.objects.get(name="Nils Nord")
    RoleAssignmentFactory(organization=riverside, person=nils, role=Role.OWNER)
    log_in(page, "nils@riverside.example")
    page.goto("/riverside/settings/impacts/")
    page.get_by_label("Name").fill("Infections avoided")
    page.get_by_label("Measured in").select_option("A number")
    page.get_by_label("A number of what").fill("infections")
    is_sound(page)
    page.get_by_role("button", name="Add the kind").click()
    page.get_by_role("link", name="Infections avoided").click()
    page.get_by_label("Each year; otherwise once").check()
    is_sound(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("listitem").filter(has_text="Infections avoided")).to_contain_text(
        "infections a year"
    )
    badge = BadgeFactory(organization=riverside, name="Guardian", mode=GrantMode.RULE)
    counted = {"type": "sum", "at_least": 10, "select": {"kinds": ["impact.infections_avoided"]}}
    with tenant(riverside):
        save_rule(badge=badge, definition={**RULE, "criterion": counted}, by=nils)

    log_out(page)
    log_in(page, "bob@riverside.example")
    submit(page, "Red lids")
    page.get_by_role("link", name="Edit", exact=True).click()
    page.get_by_text("What else it brings").click()
    page.get_by_label("Infections avoided").fill("12")
    is_sound(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="What else it brings")).to_contain_text("12 infections a year")

    log_out(page)
    log_in(page, "nils@riverside.example")
    page.goto(ITEM)
    expect(page.get_by_label("Infections avoided")).to_have_value("12.00")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_text("IMP-1: completed.")).to_be_visible()
    is_sound(page)

    log_out(page)
    log_in(page, "mary@riverside.example")
    page.goto("/riverside/improvements/?show=verify")
    page.get_by_role("link", name="Red lids").click()
    page.get_by_role("link", name="Verify Infections avoided").click()
    page.get_by_label("It brings").fill("10")
    page.get_by_label("How it was looked at").fill("Against last year's figures")
    is_sound(page)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("region", name="What else it brings")).to_contain_text("10 infections a year")
    is_sound(page)
    wait_for(page, profile_of(riverside, "Bob Brown"), "Guardian", there=True)
    page.goto("/riverside/improvements/")
    expect(page.get_by_role("region", name="What else it brings")).to_contain_text("10 infections a year")
    is_sound(page)
