"""Tasks and events: what they count as, for whom and when, and the pages that ask for them."""

from datetime import UTC, date, datetime

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from activity.models import Activity, WorkItem
from activity.steps import NotPossible, add_task, complete_item, plan_event, reopen_item, start_item
from people.clock import telling
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import PersonFactory, WorkItemFactory, somebody_else

NEW = "/riverside/improvements/new/"
ITEM = "/riverside/improvements/1/"
MOVE = f"{ITEM}move/"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
NOON_THERE = datetime(2026, 3, 4, 17, tzinfo=UTC)  # in New York
DAY = date(2026, 3, 4)


@pytest.fixture
def ann(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="ann")


@pytest.fixture
def ben(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="ben")


@pytest.fixture
def cat(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="cat")


def ledger() -> list[tuple[str, str, str]]:
    counting = Activity.objects.filter(voided_at=None)
    return sorted(counting.values_list("person__external_id", "kind__name", "role"))


def test_a_task_counts_once_it_is_done(ann: Person, ben: Person, cat: Person) -> None:
    task = add_task(author=ann, leader=ben, title="Order lids", team=[cat])
    assert (task.label, task.state_in_words, ledger()) == ("TSK-1", "To do", [])
    done = complete_item(item=start_item(item=task, by=ben), by=ben)
    assert done.state_in_words == "Done"
    assert ledger() == [
        ("ann", "task.completed", "author"),
        ("ben", "task.completed", "leader"),
        ("cat", "task.completed", "team_member"),
    ]


def test_an_event_counts_for_who_led_it_and_who_came(ann: Person, ben: Person, cat: Person) -> None:
    event = plan_event(author=ann, leader=ann, title="Refresher", happens_on=DAY, team=[ann, ben])
    assert (event.label, event.state_in_words, ledger()) == ("EVT-1", "Planned", [])
    with telling(NOON):
        held = complete_item(item=event, by=somebody_else(ann), came=[cat, ann, cat])
    assert held.state_in_words == "Held"
    assert ledger() == [("ann", "event.facilitated", "leader"), ("cat", "event.attended", "attendee")]


def test_an_event_noted_later_counts_for_its_day(ann: Person, ben: Person) -> None:
    event = plan_event(author=ann, leader=ann, title="Refresher", happens_on=DAY, team=[ben])
    with telling(datetime(2026, 3, 9, 8, tzinfo=UTC)):
        complete_item(item=event, by=somebody_else(ann))
    assert set(Activity.objects.values_list("occurred_at", flat=True)) == {NOON_THERE}


def test_an_event_is_not_held_before_its_day_nor_started(ann: Person) -> None:
    event = plan_event(author=ann, leader=ann, title="Refresher", happens_on=DAY)
    with telling(datetime(2026, 3, 3, 23, 59, tzinfo=UTC)), pytest.raises(NotPossible, match="still to come"):
        complete_item(item=event, by=somebody_else(ann))
    with pytest.raises(NotPossible):
        start_item(item=event, by=ann)
    assert ledger() == []


def test_reopening_an_event_takes_back_all_that_it_counted_as(ann: Person, ben: Person) -> None:
    event = plan_event(author=ann, leader=ann, title="Refresher", happens_on=DAY, team=[ben])
    held = complete_item(item=event, by=somebody_else(ann))
    assert reopen_item(item=held, by=ann).state_in_words == "Planned"
    assert ledger() == []
    complete_item(item=event, by=somebody_else(ann))
    assert ledger() == [("ann", "event.facilitated", "leader"), ("ben", "event.attended", "attendee")]


@pytest.mark.parametrize(
    ("kind", "day"),
    [("task", DAY), ("event", None), ("event", date(1999, 12, 31)), ("event", date(2100, 1, 1))],
)
def test_the_database_gives_a_day_to_events_alone(ann: Person, kind: str, day: date | None) -> None:
    with pytest.raises(IntegrityError, match="work_item_day"), transaction.atomic():
        WorkItemFactory(organization=ann.organization, author=ann, kind=kind, happens_on=day)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("", ["title", "problem", "idea", "expected", "location", "team"]),
        ("project", ["title", "problem", "idea", "leader", "expected", "location", "team"]),
        ("task", ["title", "problem", "leader", "location", "team"]),
        ("event", ["title", "happens_on", "problem", "leader", "location", "team"]),
        ("holiday\0", ["title", "problem", "idea", "expected", "location", "team"]),
    ],
)
def test_each_kind_is_asked_for_on_a_page_of_its_own(as_bob: Client, kind: str, fields: list[str]) -> None:
    form = as_bob.get(NEW, {"kind": kind}).context["form"]
    assert [name for name in form.fields if name != "kind"] == fields


def test_a_task_is_given_to_a_colleague(as_bob: Client, mary: Person) -> None:
    assert as_bob.post(NEW, {"kind": "task", "title": "Order lids", "leader": "Mary Moss"}).status_code == 302
    with tenant(mary.organization):
        assert WorkItem.objects.values_list("kind", "author__name", "leader__name", "state").get() == (
            "task", "Bob Brown", "Mary Moss", "submitted",
        )  # fmt: skip
    assert "To do" in as_bob.get(ITEM).content.decode()


@pytest.mark.parametrize("day", ["", "tomorrow", "1999-12-31", "2100-01-01", "0000-00-00", "\0", "9" * 400])
def test_an_event_needs_a_day_that_can_be(as_bob: Client, organization: Organization, day: str) -> None:
    response = as_bob.post(NEW, {"kind": "event", "title": "Refresher", "happens_on": day})
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["happens_on"])
    with tenant(organization):
        assert WorkItem.objects.count() == 0


def test_an_event_is_held_with_those_who_came(
    as_bob: Client, bob: Person, mary: Person, alice: Person, charlie: Person
) -> None:
    with tenant(bob.organization):
        plan_event(author=mary, leader=bob, title="Refresher", happens_on=DAY, team=[mary])
    page = as_bob.get(ITEM).content.decode()
    assert ("Mark as held" in page, "Measured yearly saving" in page) == (True, False)
    for wrong in (
        {"came": charlie.pk},
        {"came": "x"},
        {"came": "9" * 40},
        {"also": "Nobody"},
        {"also": "\0"},
    ):
        assert as_bob.post(MOVE, {"step": "complete", **wrong}).status_code == 422
    assert as_bob.post(MOVE, {"step": "complete", "also": "alice adams"}).status_code == 302
    with tenant(bob.organization):
        counted = Activity.objects.order_by("kind__name").values_list("person__name", "kind__name")
        assert list(counted) == [("Alice Adams", "event.attended"), ("Bob Brown", "event.facilitated")]
    assert "Event attended, as attendee" in as_bob.get(ITEM).content.decode()


def test_its_own_people_may_drop_a_task_or_call_off_an_event(as_bob: Client, bob: Person) -> None:
    with tenant(bob.organization):
        add_task(author=bob, leader=bob, title="Order lids")
    assert as_bob.post(MOVE, {"step": "decline"}).status_code == 302
    assert "Dropped" in as_bob.get(ITEM).content.decode()


@pytest.mark.parametrize("query", ["TSK-1", "tsk-1", "1", "lids"])
def test_a_task_is_found_by_its_label(as_bob: Client, bob: Person, query: str) -> None:
    with tenant(bob.organization):
        add_task(author=bob, leader=bob, title="Order lids")
    page = as_bob.get("/riverside/improvements/", {"q": query, "kind": "task"}).context["page"]
    assert [item.label for item in page] == ["TSK-1"]
