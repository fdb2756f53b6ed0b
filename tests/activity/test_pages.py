"""Improvements and projects as people see them."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Activity, WorkItem
from activity.steps import start_project, submit_improvement
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import LocationFactory, PersonFactory

LIST = "/riverside/improvements/"
NEW = "/riverside/improvements/new/"
MOVE = "/riverside/improvements/1/move/"


@pytest.fixture
def item(bob: Person) -> WorkItem:
    with tenant(bob.organization):
        return submit_improvement(author=bob, title="Red lids")


def titles(response: HttpResponse) -> list[str]:
    assert response.status_code == 200
    return [item.title for item in response.context["page"]]  # type: ignore[attr-defined]


def team_of(number: int) -> list[str]:
    return sorted(WorkItem.objects.get(number=number).team.values_list("person__name", flat=True))


def test_an_improvement_is_submitted_with_colleagues_named_in_words(
    as_bob: Client, organization: Organization, mary: Person, alice: Person
) -> None:
    place = LocationFactory(organization=organization)
    form = {
        "title": "Red lids", "problem": "Mixed up", "location": place.pk, "team": "mary moss, ALICE@riverside.example",
    }  # fmt: skip
    response = as_bob.post(NEW, form)
    assert (response.status_code, response.headers["Location"]) == (302, f"{LIST}1/")
    with tenant(organization):
        assert WorkItem.objects.values_list("kind", "author__name", "location", "problem").get() == (
            "improvement", "Bob Brown", place.pk, "Mixed up",
        )  # fmt: skip
        assert team_of(1) == ["Alice Adams", "Mary Moss"]
        counted = Activity.objects.values_list("person__name", "kind__name", "location").get()
        assert counted == ("Bob Brown", "improvement.submitted", place.pk)


def test_what_was_written_stays_when_it_becomes_work_of_another_kind(
    as_bob: Client, organization: Organization
) -> None:
    written = {"kind": "improvement", "title": "New stock room", "problem": "<Full>", "team": "Nobody yet"}
    page = as_bob.post(NEW, written | {"become": "project"})
    assert page.status_code == 200, "nothing is wrong with it so far"
    assert page.context["form"].item_kind == "project"
    for shown in ('value="New stock room"', "&lt;Full&gt;", 'value="Nobody yet"', "Start a project"):
        assert shown in page.text
    with tenant(organization):
        assert not WorkItem.objects.exists()


@pytest.mark.parametrize(("leader", "leads"), [("", "Bob Brown"), ("Mary", "Mary Moss")])
def test_a_project_is_led_by_whoever_is_named_else_by_who_starts_it(
    as_bob: Client, mary: Person, leader: str, leads: str
) -> None:
    as_bob.post(NEW, {"kind": "project", "title": "New stock room", "leader": leader})
    with tenant(mary.organization):
        assert WorkItem.objects.values_list("kind", "leader__name", "state").get() == (
            "project", leads, "started",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", "", "Say in a few words what it is about."),
        ("title", "x" * 151, "Write at most 150."),
        ("title", "Red\u202elids", "invisible or control"),
        ("title", "Red\0lids", "invisible or control"),
        ("idea", "a" + "\u0301" * 1000, "stacked accents"),
        ("problem", "x" * 4001, "Write at most 4000."),
        ("team", "Zoe Nobody", "Nobody here is called “Zoe Nobody”."),
        ("team", "charlie@halden.example", "Nobody here is called “charlie@halden.example”."),
        ("team", "a\0b", "invisible or control"),
        ("team", "%", "Nobody here is called “%”."),
        ("team", ",".join(f"P{n}" for n in range(21)), "At most 20 colleagues"),
        ("leader", "Pat", "“Pat” may mean Pat Long or Pat Short. Write the e-mail address."),
        ("location", "9" * 30, "cannot be chosen"),
        ("location", "a\0", "invisible or control"),
        ("kind", "holiday", "cannot be chosen"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_nothing_is_stored(
    as_bob: Client, charlie: Person, organization: Organization, field: str, value: str, message: str
) -> None:
    for name in ("Pat Long", "Pat Short"):
        PersonFactory(organization=organization, name=name)
    kind = "project" if field == "leader" else ""
    response = as_bob.post(NEW, {"kind": kind, "title": "Red lids", "problem": "Mixed up", field: value})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert message in response.context["form"].errors[field][0]
    with tenant(organization):
        assert WorkItem.objects.count() == 0


def test_what_is_wrong_is_listed_in_the_order_of_the_page(as_bob: Client) -> None:
    wrong = {"kind": "project", "title": "", "leader": "Zoe", "expected": "much", "team": "Zoe"}
    listed = re.findall(r'<li><a href="#id_(\w+)">', as_bob.post(NEW, wrong).text)
    assert listed == ["title", "leader", "expected", "team"]


def test_what_people_type_is_shown_as_text(as_bob: Client, bob: Person) -> None:
    with tenant(bob.organization):
        submit_improvement(author=bob, title="<b>{{ 7 }}</b>", problem="<img onerror=x>\njavascript:x")
    page = as_bob.get(f"{LIST}1/").content.decode()
    assert "&lt;b&gt;{{ 7 }}&lt;/b&gt;" in page
    assert "<b>{{" not in page
    assert "<img onerror" not in page


def test_the_steps_of_an_item_and_what_they_count_as(as_bob: Client, as_mary: Client, item: WorkItem) -> None:
    assert as_bob.post(MOVE, {"step": "start"}).headers["Location"] == f"{LIST}1/"
    as_mary.post(MOVE, {"step": "complete", "impact": "500.50"})
    page = as_bob.get(f"{LIST}1/").content.decode()
    assert "Improvement implemented, as author, 500.50" in page
    assert "No longer counts" not in page
    as_mary.post(MOVE, {"step": "reopen"})
    assert "No longer counts" in as_bob.get(f"{LIST}1/").content.decode()


def test_a_step_that_is_not_possible_says_so_and_changes_nothing(as_bob: Client, item: WorkItem) -> None:
    as_bob.post(MOVE, {"step": "start"})
    response = as_bob.post(MOVE, {"step": "start"}, follow=True)
    assert "It is in progress already." in response.content.decode()


@pytest.mark.parametrize("impact", ["much", "-1", "1e999", "NaN", "1.001", "9" * 400, "\0"])
def test_an_impact_that_is_no_amount_is_refused(as_mary: Client, item: WorkItem, impact: str) -> None:
    response = as_mary.post(MOVE, {"step": "complete", "impact": impact})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["impact"])
    with tenant(item.organization):
        assert WorkItem.objects.get().state == "submitted"


MAY = {
    "as_bob": {"start": 302, "complete": 403, "decline": 403, "reopen": 403, "nonsense": 404},
    "as_alice": {"start": 403, "complete": 403, "decline": 403, "reopen": 403, "nonsense": 404},
    "as_mary": {"start": 302, "complete": 302, "decline": 302, "reopen": 302, "nonsense": 404},
    "as_charlie": {"start": 404, "complete": 404, "decline": 404, "reopen": 404, "nonsense": 404},
}


@pytest.mark.parametrize(("who", "step"), [(who, step) for who in MAY for step in MAY[who]])
def test_who_may_take_which_step(request: pytest.FixtureRequest, item: WorkItem, who: str, step: str) -> None:
    client = request.getfixturevalue(who)
    assert client.post(MOVE, {"step": step}).status_code == MAY[who][step]


def test_a_leader_may_complete_what_others_wrote(as_bob: Client, bob: Person, mary: Person) -> None:
    with tenant(mary.organization):
        start_project(author=mary, leader=bob, title="New stock room")
    assert as_bob.post(MOVE, {"step": "complete"}).status_code == 302


def test_only_the_buttons_that_one_may_press_are_there(
    as_bob: Client, as_alice: Client, as_mary: Client, item: WorkItem
) -> None:
    def buttons(client: Client) -> list[str]:
        return re.findall(r'name="step" value="(\w+)"', client.get(f"{LIST}1/").text)

    assert buttons(as_bob) == ["start"]
    assert buttons(as_alice) == []
    assert buttons(as_mary) == ["start", "complete", "decline"]


def test_what_was_measured_goes_with_completing_alone(as_mary: Client, item: WorkItem) -> None:
    """The return key in its field presses Complete; the other buttons belong to other forms."""
    forms = as_mary.get(f"{LIST}1/").text.split("<form ")
    pressed = [re.findall(r'<button class=[^>]* name="step" value="(\w+)"', form) for form in forms]
    assert [buttons for buttons in pressed if buttons] == [["complete"], ["decline"]]


def test_what_is_not_taken_on_says_why(as_mary: Client, as_bob: Client, item: WorkItem) -> None:
    wrong = as_mary.post(MOVE, {"step": "decline", "reason": "x" * 501})
    assert (wrong.status_code, wrong.context["decline"].errors.keys()) == (422, {"reason"})
    assert as_mary.post(MOVE, {"step": "decline", "reason": "Ordered\ncentrally"}).status_code == 302
    page = as_bob.get(f"{LIST}1/")
    assert page.context["closing"].reason == "Ordered\ncentrally"
    assert ("Not taken on, by" in page.text, "<b>Why:</b>" in page.text) == (True, True)
    as_mary.post(MOVE, {"step": "reopen"})
    assert as_bob.get(f"{LIST}1/").context["closing"] is None


@pytest.mark.parametrize("path", [LIST, NEW, f"{LIST}1/"])
def test_strangers_find_nothing_and_others_log_in_first(
    as_charlie: Client, client: Client, item: WorkItem, path: str
) -> None:
    assert as_charlie.get(path).status_code == 404
    assert client.get(path).headers["Location"].startswith("/accounts/login/")


def test_an_item_is_voided_with_a_reason_and_leaves_the_lists(
    as_bob: Client, as_mary: Client, item: WorkItem
) -> None:
    void = f"{LIST}1/void/"
    assert b"Say why it does not count" in as_mary.post(void, {"reason": " "}).content
    assert as_mary.post(void, {"reason": "Only a test."}).headers["Location"] == f"{LIST}1/"
    assert as_mary.post(void, {"reason": "Only a test."}).status_code == 302  # a second click
    assert as_mary.get(void).headers["Location"] == f"{LIST}1/", "not that it is closed to managers"
    assert (titles(as_mary.get(LIST)), titles(as_mary.get(LIST, {"state": "voided"}))) == ([], ["Red lids"])
    assert as_mary.get(f"{LIST}board/", {"state": "voided"}).status_code == 200
    page = as_bob.get(f"{LIST}1/").content
    assert (b"Only a test." in page, b"No longer counts" in page) == (True, True)


def test_authors_void_what_waits_and_no_more(as_bob: Client, as_mary: Client, item: WorkItem) -> None:
    void = f"{LIST}1/void/"
    assert as_bob.get(void).status_code == 200
    as_mary.post(MOVE, {"step": "start"})
    assert (as_bob.get(void).status_code, as_bob.post(void, {"reason": "Oh."}).status_code) == (403, 403)


def test_a_step_is_taken_by_post_alone(as_bob: Client, item: WorkItem) -> None:
    """An answer to the form that is loaded anew leads back to the item, and changes nothing."""
    response = as_bob.get(MOVE, {"step": "start"})
    with tenant(item.organization):
        item.refresh_from_db()
    assert (response.status_code, response["Location"], item.state) == (
        302,
        item.get_absolute_url(),
        "submitted",
    )


def test_mine_are_what_one_wrote_leads_or_works_on(as_bob: Client, bob: Person, mary: Person) -> None:
    with tenant(bob.organization):
        submit_improvement(author=bob, title="Wrote")
        start_project(author=mary, leader=bob, title="Leads")
        submit_improvement(author=mary, title="Works on", team=[bob])
        submit_improvement(author=mary, title="Has nothing to do with")
    assert titles(as_bob.get(LIST, {"show": "mine"})) == ["Works on", "Leads", "Wrote"]
    assert len(titles(as_bob.get(LIST))) == 4


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "red"}, True),
        ({"q": "IMP-1"}, True),
        ({"q": "blue"}, False),
        ({"q": "9" * 40}, False),
        ({"q": "\0"}, True),
        ({"q": "%" * 5000}, False),
        ({"kind": "improvement", "state": "submitted"}, True),
        ({"kind": "project"}, False),
        ({"state": "completed"}, False),
        ({"state": "nonsense", "kind": "\0", "show": "'"}, True),
        ({"page": "-1"}, True),
        ({"page": "1" * 19}, True),
        ({"page": "9" * 4400}, True),
    ],
)
def test_the_list_can_be_narrowed_and_takes_no_harm(
    as_bob: Client, item: WorkItem, query: dict[str, str], found: bool
) -> None:
    assert titles(as_bob.get(LIST, query)) == (["Red lids"] if found else [])


@pytest.mark.parametrize("number", ["0", "2", "9" * 18, "9" * 400, "-1", "\u0661"])
def test_what_is_not_there_is_not_found(as_bob: Client, item: WorkItem, number: str) -> None:
    assert as_bob.get(f"{LIST}{number}/").status_code == 404


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_pages_ask_the_same_however_much_there_is(
    as_bob: Client, bob: Person, organization: Organization
) -> None:
    def add(number: int) -> None:
        place = LocationFactory(organization=organization)
        colleagues = [PersonFactory(organization=organization) for _ in range(number)]
        with tenant(organization):
            for author in colleagues:
                submit_improvement(author=author, title="Idea", location=place, team=[bob, *colleagues])

    def ask(path: str) -> Callable[[], int]:
        return lambda: queries(as_bob, path)

    few, many = [], []
    for number, counts in ((1, few), (3, many)):
        add(number)
        newest = f"{LIST}{1 if number == 1 else 4}/"
        counts.extend(asked() for asked in map(ask, (LIST, NEW, newest)))
    assert few == many
