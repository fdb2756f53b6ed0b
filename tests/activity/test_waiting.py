"""What waits for whom: for whoever leads it, and where it takes somebody else, for the managers nearest to it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from activity.editing import edit_item, edition
from activity.impact_kinds import add_impact_kind
from activity.models import ItemKind, Measure, Movers, WorkItem
from activity.moving import Moving
from activity.news import verifiers
from activity.queries import is_waiting
from activity.steps import (
    add_task,
    complete_item,
    decline_item,
    move_to_step,
    plan_event,
    start_item,
    start_project,
    submit_improvement,
)
from activity.verifying import verify_impact
from activity.waiting import waiting_for, what_to_do
from activity.workflow import add_step, allow_moves
from people.clock import now, telling
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import PersonFactory, RoleAssignmentFactory, UserFactory

LIST = "/riverside/improvements/"


@pytest.fixture
def people(inside: Organization) -> dict[str, Person]:
    """Mary and Max are managers: Mary is Ann's and Tim's, Max is Lea's and Mary's; Eve has none."""

    def somebody(name: str, manager: Person | None = None, role: Role | None = None) -> Person:
        person = PersonFactory(organization=inside, name=name, manager=manager, user=UserFactory())
        if role:
            RoleAssignmentFactory(organization=inside, person=person, role=role)
        return person

    top = somebody("max", role=Role.MANAGER)
    mary = somebody("mary", top, Role.MANAGER)
    return {
        "max": top, "mary": mary, "lea": somebody("lea", top), "ann": somebody("ann", mary),
        "tim": somebody("tim", mary), "eve": somebody("eve"),
    }  # fmt: skip


def waiting(people: dict[str, Person]) -> dict[str, list[str]]:
    """By person, the titles that wait for them, with what they are to do; nobody for whom nothing does."""
    found = {}
    for name, person in people.items():
        moving = Moving(person)
        items = WorkItem.objects.filter(pk__in=waiting_for(moving)).order_by("number")
        if told := [f"{item.title}: {what_to_do(moving, item)}" for item in items]:
            found[name] = told
    return found


def test_what_takes_a_second_person_waits_for_its_leader_else_for_the_authors_manager(
    people: dict[str, Person],
) -> None:
    ann, lea, eve, mary = (people[name] for name in ("ann", "lea", "eve", "mary"))
    idea = submit_improvement(author=ann, title="Idea", team=[people["tim"]])
    start_item(item=submit_improvement(author=ann, title="Begun"), by=ann)
    start_project(author=ann, leader=lea, title="Led")
    submit_improvement(author=eve, title="Of nobody's")
    submit_improvement(author=mary, title="Of a manager")
    decline_item(item=submit_improvement(author=ann, title="Over"), by=mary)
    orphan = "Of nobody's: Take on or not"
    assert waiting(people) == {
        "mary": ["Idea: Take on or not", "Begun: Complete", orphan],
        "max": [orphan, "Of a manager: Take on or not"],
        "lea": ["Led: You lead it"],
    }
    edit_item(item=idea, by=mary, seen=edition(idea), said={"leader": ann})
    assert waiting(people)["ann"] == ["Idea: You lead it"]
    assert "Idea: Take on or not" in waiting(people)["mary"]


def test_tasks_wait_for_those_who_are_to_do_them_and_events_for_their_day(people: dict[str, Person]) -> None:
    ann, lea, tim = (people[name] for name in ("ann", "lea", "tim"))
    add_task(author=ann, leader=lea, title="Order", team=[tim])
    complete_item(item=add_task(author=ann, leader=lea, title="Done"), by=lea)
    today = timezone.localdate(now(), ann.organization.time_zone)
    plan_event(author=ann, leader=lea, title="Walk", happens_on=today + timedelta(days=2), team=[tim])
    assert waiting(people) == {"lea": ["Order: To do"], "tim": ["Order: To do"]}
    with telling(now() + timedelta(days=2)):
        assert waiting(people)["lea"] == ["Order: To do", "Walk: You lead it"]


def test_a_step_that_must_be_passed_waits_for_those_who_may_move_work_there(
    people: dict[str, Person],
) -> None:
    ann, mary = people["ann"], people["mary"]
    of = {"kind": ItemKind.IMPROVEMENT, "required": True, "by": mary}
    steps = [
        add_step(name="Tried", movers=Movers.OWN, **of), add_step(name="Released", movers=Movers.MANAGERS, **of)
    ]  # fmt: skip
    item = submit_improvement(author=ann, title="Idea")
    assert waiting(people) == {"ann": ["Idea: Move to Tried"]}
    move_to_step(item=item, step=steps[0], by=ann)
    assert waiting(people) == {"mary": ["Idea: Move to Released"]}
    move_to_step(item=item, step=steps[1], by=mary)
    assert waiting(people) == {"mary": ["Idea: Complete"]}
    allow_moves(kind=ItemKind.IMPROVEMENT, movers={"complete": Movers.OWN}, by=mary)
    assert waiting(people) == {"ann": ["Idea: Complete"]}


def test_savings_wait_for_those_who_are_asked_to_verify_them(people: dict[str, Person]) -> None:
    """Whoever is told that there is something to verify finds it here, and nobody else."""
    ann, lea, tim, eve, mary, top = (people[name] for name in ("ann", "lea", "tim", "eve", "mary", "max"))
    hours = add_impact_kind(name="Time saved", measure=Measure.NUMBER, unit="hours", yearly=True, by=mary)
    ways: list[Callable[[], WorkItem]] = [
        lambda: complete_item(item=submit_improvement(author=ann, title="By Eve"), by=eve, impact=Decimal(9)),
        lambda: complete_item(item=submit_improvement(author=ann, title="By Mary"), by=mary, impact=Decimal(9)),
        lambda: complete_item(item=start_project(author=ann, leader=lea, title="Of two"), by=lea, impact=Decimal(9)),
        lambda: complete_item(
            item=submit_improvement(author=eve, title="Team", team=[tim]), by=lea, impact=Decimal(9)
        ),
        lambda: complete_item(item=submit_improvement(author=eve, title="Nobody's"), by=lea, impact=Decimal(9)),
        lambda: complete_item(item=submit_improvement(author=ann, title="No saving"), by=lea),
        lambda: complete_item(item=submit_improvement(author=ann, title="Hours"), by=lea, impacts={hours: Decimal(3)}),
    ]  # fmt: skip
    items = [way() for way in ways]
    said = submit_improvement(author=ann, title="Said by Mary")
    edit_item(item=said, by=mary, seen=edition(said), said={"impact": Decimal(5)})
    items.append(complete_item(item=said, by=lea))
    claimed = [item for item in items if is_waiting(item)]
    told = {
        name: [f"{item.title}: Verify" for item in claimed if person.pk in verifiers(claimed)[item.pk]]
        for name, person in people.items()
    }
    assert waiting(people) == {name: titles for name, titles in told.items() if titles}
    assert told["max"] == [f"{title}: Verify" for title in ("By Mary", "Of two", "Nobody's", "Said by Mary")]
    verify_impact(item=items[0], by=mary, value=Decimal(9))
    assert "By Eve: Verify" not in waiting(people)["mary"]


def test_the_list_shows_it_and_so_does_home(
    organization: Organization, bob: Person, mary: Person, as_bob: Client, as_mary: Client
) -> None:
    with tenant(organization):
        submit_improvement(author=bob, title="Red lids")
        task = add_task(author=mary, leader=bob, title="Order lids")
    for client, title, todo in ((as_mary, "Red lids", "Take on or not"), (as_bob, "Order lids", "To do")):
        page = client.get(LIST, {"show": "waiting"})
        assert [item.title for item in page.context["page"]] == [title]
        assert "show=waiting" in page.text
        home = client.get("/riverside/")
        assert [(row.item.title, row.to_do) for row in home.context["waiting"].rows] == [(title, todo)]
        assert "improvements/?show=waiting" in home.text
    assert [item.title for item in as_bob.get("/riverside/").context["mine"]] == ["Red lids"]
    assert [item.title for item in as_bob.get(LIST, {"show": "mine"}).context["page"]] == [
        task.title,
        "Red lids",
    ]


def test_more_that_waits_costs_no_more_queries(organization: Organization, bob: Person, mary: Person) -> None:
    counted = []
    for number in (1, 3):
        with tenant(organization):
            for _ in range(number):
                submit_improvement(author=bob, title="Red lids")
                complete_item(item=submit_improvement(author=bob, title="Blue"), by=bob.manager or mary)
        client = logged_in(mary)
        for path in (f"{LIST}?show=waiting", "/riverside/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            counted.append(len(queries))
    assert counted[:2] == counted[2:]
