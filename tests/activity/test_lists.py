"""Work as a list and as a board: what is found, in which order, what it saves together, how cards move."""

import csv
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activity import sheet
from activity.listing import A_LANE
from activity.models import ItemKind
from activity.steps import (
    add_task,
    complete_item,
    decline_item,
    move_to_step,
    plan_event,
    start_project,
    submit_improvement,
)
from activity.verifying import verify_impact
from activity.workflow import add_step
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import LocationFactory, PersonFactory, somebody_else

LIST = "/riverside/improvements/"
BOARD = "/riverside/improvements/board/"


@pytest.fixture
def work(organization: Organization, bob: Person, mary: Person) -> dict[str, Any]:
    """Five items: submitted, at a step, completed and verified, declined, and a project."""
    site = LocationFactory(organization=organization, name="Main")
    ward = LocationFactory(organization=organization, name="Ward", parent=site)
    ann = PersonFactory(organization=organization, name="Ann Ahl")
    with tenant(organization):
        step = add_step(kind=ItemKind.IMPROVEMENT, name="Being tested", writes="", by=mary)
        submit_improvement(author=bob, title="Alpha", location=ward, expected=Decimal(300))
        move_to_step(item=submit_improvement(author=ann, title="Beta", team=[bob]), step=step, by=ann)
        done = submit_improvement(author=bob, title="Gamma", location=site)
        done = complete_item(item=done, by=somebody_else(bob), impact=Decimal(200))
        verify_impact(item=done, by=mary, value=Decimal(150))
        decline_item(item=submit_improvement(author=ann, title="Delta"), by=mary)
        start_project(author=ann, leader=bob, title="Epsilon")
    return {"site": site.pk, "ward": ward.pk, "step": f"step-{step.pk}"}


def titles(answer: HttpResponse) -> list[str]:
    assert answer.status_code == 200
    return [item.title for item in answer.context["page"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["Epsilon", "Delta", "Gamma", "Beta", "Alpha"]),
        ({"state": "open"}, ["Epsilon", "Beta", "Alpha"]),
        ({"state": "closed"}, ["Delta", "Gamma"]),
        ({"state": "step"}, ["Beta"]),
        ({"location": "site"}, ["Gamma", "Alpha"]),
        ({"location": "ward"}, ["Alpha"]),
        ({"person": "bob"}, ["Epsilon", "Gamma", "Beta", "Alpha"]),
        ({"person": "bob", "role": "author"}, ["Gamma", "Alpha"]),
        ({"person": "bob", "role": "leader"}, ["Epsilon"]),
        ({"person": "bob", "role": "team"}, ["Beta"]),
        ({"person": "nobody"}, []),
        ({"person": "bob", "state": "open", "kind": "improvement"}, ["Beta", "Alpha"]),
        ({"sort": "oldest"}, ["Alpha", "Beta", "Gamma", "Delta", "Epsilon"]),
        ({"sort": "title", "kind": "improvement"}, ["Alpha", "Beta", "Delta", "Gamma"]),
        ({"sort": "verified", "state": "closed"}, ["Gamma", "Delta"]),
        ({"sort": "completed", "state": "closed"}, ["Gamma", "Delta"]),
        ({"state": "step-" + "9" * 30, "location": "x", "role": "\0", "sort": "'", "person": "\0"},
         ["Epsilon", "Delta", "Gamma", "Beta", "Alpha"]),
        ({"show": "mine", "state": "closed"}, ["Gamma"]),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_and_ordered(
    as_bob: Client, work: dict[str, Any], asked: dict[str, str], found: list[str]
) -> None:
    query = {name: work.get(value, value) for name, value in asked.items()}
    assert titles(as_bob.get(LIST, query)) == found


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "idea"}, {"state": "asleep"}, {"state": "step-999"}, {"location": "999"}, {"role": "boss"},
        {"sort": "size"}, {"show": "all"}, {"figure": "999"},
    ],
)  # fmt: skip
def test_what_an_address_names_that_is_not_here_is_said_to_be_left_out(
    as_bob: Client, work: dict[str, Any], asked: dict[str, str]
) -> None:
    everything = as_bob.get(LIST)
    assert "It was left out." not in everything.text
    answer = as_bob.get(LIST, asked)
    assert titles(answer) == titles(everything)
    assert "It was left out." in answer.text
    assert "It was left out." in as_bob.get(BOARD, asked).text


def test_what_is_found_is_added_up(as_bob: Client, work: dict[str, Any]) -> None:
    def sums(**asked: Any) -> list[tuple[str, Decimal, int]]:
        return [(bar.label, bar.value, bar.percent) for bar in as_bob.get(LIST, asked).context["savings"]]

    assert sums() == [("As expected", 300, 100), ("As reported", 200, 67), ("Verified", 150, 50)]
    assert sums(location=work["ward"]) == [("As expected", 300, 100)]
    assert sums(state="open", kind="project") == []


def exported(client: Client, query: object = None) -> list[list[str]]:
    answer: Any = client.get(f"{LIST}export/", query)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.reader(answer.getvalue().decode("utf-8-sig").splitlines()))


def test_what_is_found_is_taken_home_as_a_file(
    as_bob: Client, work: dict[str, Any], organization: Organization
) -> None:
    today = timezone.localdate(now(), organization.time_zone).isoformat()
    assert exported(as_bob, {"kind": "improvement", "sort": "oldest", "person": "bob"}) == [
        ["Number", "Kind", "Title", "State", "By", "Led by", "With", "Location", "Submitted", "On", "Completed",
         "Expected yearly saving", "Reported", "Verified"],
        ["IMP-1", "Improvement", "Alpha", "Submitted", "Bob Brown", "", "", "Ward", today, "", "", "300.00", "", ""],
        ["IMP-2", "Improvement", "Beta", "Being tested", "Ann Ahl", "", "Bob Brown", "", today, "", "", "", "", ""],
        ["IMP-3", "Improvement", "Gamma", "Completed", "Bob Brown", "", "", "Main", today, "", today,
         "", "200.00", "150.00"],
    ]  # fmt: skip
    assert exported(as_bob, {"q": "nothing"})[1:] == []


def test_a_long_file_is_read_chunk_by_chunk_in_the_order_of_the_list(
    as_bob: Client, work: dict[str, Any], bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "CHUNK", 2)
    with tenant(bob.organization):
        submit_improvement(author=bob, title='=HYPERLINK("http://x")')
    everything = ["Epsilon", "Delta", "Gamma", "Beta", "Alpha"]
    assert [line[2] for line in exported(as_bob)[1:]] == ['\'=HYPERLINK("http://x")', *everything]


def test_typing_changes_the_list_alone(as_bob: Client, work: dict[str, Any]) -> None:
    part = as_bob.get(LIST, {"q": "alp"}, headers={"HX-Request": "true"}).content.decode()
    assert (part.strip().startswith('<div id="found">'), "Alpha" in part, "Gamma" in part) == (
        True,
        True,
        False,
    )


def lanes(answer: HttpResponse) -> dict[str, tuple[int, list[str]]]:
    found = answer.context["lanes"]  # type: ignore[attr-defined]
    return {lane.name: (lane.count, [item.title for item in lane.items]) for lane in found}


def test_the_board_has_a_column_for_each_state_and_step(as_bob: Client, work: dict[str, Any]) -> None:
    assert lanes(as_bob.get(BOARD)) == {
        "Submitted": (1, ["Alpha"]), "In progress": (0, []), "Being tested": (1, ["Beta"]),
        "Completed": (1, ["Gamma"]), "Not taken on": (1, ["Delta"]),
    }  # fmt: skip
    assert lanes(as_bob.get(BOARD, {"location": work["ward"]}))["Submitted"] == (1, ["Alpha"])
    assert list(lanes(as_bob.get(BOARD, {"kind": "task"}))) == ["To do", "In progress", "Done", "Dropped"]


def test_events_stand_with_their_day_and_are_never_under_way(as_bob: Client, bob: Person) -> None:
    with tenant(bob.organization):
        plan_event(author=bob, leader=bob, title="Refresher", happens_on=date(2026, 3, 4))
    board = as_bob.get("/riverside/improvements/board/?kind=event")
    assert [lane.name for lane in board.context["lanes"]] == ["Planned", "Held", "Called off"]
    for page in (board, as_bob.get("/riverside/improvements/")):
        assert "on 4 Mar 2026" in page.content.decode()


def test_a_column_shows_the_latest_and_leads_to_all(
    as_bob: Client, bob: Person, work: dict[str, Any]
) -> None:
    with tenant(bob.organization):
        for number in range(A_LANE + 2):
            submit_improvement(author=bob, title=f"Idea {number}")
    answer = as_bob.get(BOARD)
    count, shown = lanes(answer)["Submitted"]
    assert (count, len(shown), shown[0]) == (A_LANE + 3, A_LANE, f"Idea {A_LANE + 1}")
    assert f"Show all {A_LANE + 3}" in answer.content.decode()
    assert len(titles(as_bob.get(LIST, {"kind": "improvement", "state": "submitted"}))) == A_LANE + 3


def test_cards_are_moved_by_those_who_may(as_bob: Client, as_alice: Client, work: dict[str, Any]) -> None:
    step, to = work["step"].removeprefix("step-"), f"{BOARD}?location={work['ward']}"
    assert "Move<" not in as_alice.get(BOARD).content.decode()
    assert as_bob.get(BOARD).content.decode().count("Move<") == 1
    moved = as_bob.post(f"{LIST}1/step/{step}/", {"next": to})
    assert (moved.status_code, moved.headers["Location"]) == (302, f"{to}#item-1")
    assert lanes(as_bob.get(to))["Being tested"] == (1, ["Alpha"])


@pytest.mark.parametrize(
    "to", ["", "https://evil.example/", "//evil.example/riverside/improvements/board/", "\0", "/halden/"]
)
def test_one_is_led_back_to_the_board_alone(as_mary: Client, work: dict[str, Any], to: str) -> None:
    moved = as_mary.post(f"{LIST}1/move/", {"step": "start", "next": to})
    assert (moved.status_code, moved.headers["Location"]) == (302, f"{LIST}1/")


def test_lists_and_boards_ask_the_same_however_much_there_is(as_mary: Client, mary: Person) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_mary.get(path).status_code == 200
        return len(captured)

    counts = []
    for number in range(3):
        place = LocationFactory(organization=mary.organization)
        with tenant(mary.organization):
            author = PersonFactory(organization=mary.organization)
            step = add_step(kind=ItemKind.TASK, name=f"Step {number}", writes="", by=mary)
            item = add_task(author=author, leader=author, title="Idea", location=place)
            move_to_step(item=item, step=step, by=mary)
            add_task(author=author, leader=mary, title="Idea", location=place, team=[mary])
            complete_item(
                item=submit_improvement(author=author, title="Idea"),
                by=somebody_else(author),
                impact=Decimal(5),
            )
        paths = (LIST, f"{LIST}?person=person&location={place.pk}&state=step-{step.pk}", f"{BOARD}?kind=task")
        counts.append([queries(path) for path in paths])
    assert counts[0] == counts[1] == counts[2]
