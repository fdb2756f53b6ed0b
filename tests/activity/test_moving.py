"""Who may move work where: as Lapel begins, as an organization says, and what a page tells those who may not."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from activity.editing import EditRefused, edit_item, edition
from activity.models import Activity, ItemKind, ItemState, MoveRight, Movers, Step, WorkItem
from activity.moving import MOVES, Moving, in_sentences
from activity.steps import (
    NotPossible,
    add_task,
    complete_item,
    move_to_step,
    plan_event,
    start_project,
    submit_improvement,
    void_item,
)
from activity.waiting import managers_of
from activity.workflow import add_step, allow_moves, remove_step
from people.clock import now, telling
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import PersonFactory, RoleAssignmentFactory, UserFactory

ITEM = "/riverside/improvements/1/"
MOVE = f"{ITEM}move/"
BOARD = "/riverside/improvements/board/"


@pytest.fixture
def cast(inside: Organization, mary: Person) -> dict[str, Person]:
    """Mary is a manager."""
    others = {name: PersonFactory(organization=inside, name=name) for name in ("ann", "lea", "tim", "eve")}
    return {**others, "mary": mary}


def item_of(kind: ItemKind, cast: dict[str, Person], leader: str = "lea") -> WorkItem:
    author, of = cast["ann"], {"title": "Red lids", "team": [cast["tim"]]}
    if kind == ItemKind.IMPROVEMENT:
        item = submit_improvement(author=author, **of)  # type: ignore[arg-type]
        item.leader = cast[leader]
        item.save()
        return item
    begin: Any = {ItemKind.PROJECT: start_project, ItemKind.TASK: add_task, ItemKind.EVENT: plan_event}[kind]
    day = {"happens_on": now().date()} if kind == ItemKind.EVENT else {}
    begun: WorkItem = begin(author=author, leader=cast[leader], **of, **day)
    return begun


def those_who_may(name: str, item: WorkItem, cast: dict[str, Person]) -> list[str]:
    return [who for who, person in cast.items() if Moving(person).may(item, name)]


OWN, SECOND, MANAGERS = ["ann", "lea", "mary"], ["lea", "mary"], ["mary"]
DEFAULTS = {
    (ItemKind.IMPROVEMENT, "start"): OWN, (ItemKind.IMPROVEMENT, "complete"): SECOND,
    (ItemKind.IMPROVEMENT, "decline"): MANAGERS, (ItemKind.IMPROVEMENT, "reopen"): MANAGERS,
    (ItemKind.PROJECT, "start"): OWN, (ItemKind.PROJECT, "complete"): SECOND,
    (ItemKind.PROJECT, "decline"): MANAGERS, (ItemKind.PROJECT, "reopen"): MANAGERS,
    (ItemKind.TASK, "start"): OWN, (ItemKind.TASK, "complete"): OWN,
    (ItemKind.TASK, "decline"): OWN, (ItemKind.TASK, "reopen"): MANAGERS,
    (ItemKind.EVENT, "start"): OWN, (ItemKind.EVENT, "complete"): SECOND,
    (ItemKind.EVENT, "decline"): OWN, (ItemKind.EVENT, "reopen"): MANAGERS,
}  # fmt: skip


def test_who_may_make_which_move_where_nobody_said(cast: dict[str, Person]) -> None:
    items = {kind: item_of(kind, cast) for kind in ItemKind}
    found = {(kind, name): those_who_may(name, items[kind], cast) for kind in ItemKind for name in MOVES}
    assert found == DEFAULTS


def test_an_author_who_leads_it_is_nobody_else(cast: dict[str, Person]) -> None:
    for kind in (ItemKind.IMPROVEMENT, ItemKind.PROJECT, ItemKind.EVENT):
        assert those_who_may("complete", item_of(kind, cast, leader="ann"), cast) == ["mary"]


def test_a_manager_alone_is_no_second_person(cast: dict[str, Person]) -> None:
    """Unless the organization leaves it to managers."""
    mary = cast["mary"]
    item = submit_improvement(author=mary, title="Red lids")
    assert those_who_may("complete", item, cast) == []
    assert "Another manager completes it." in [hint.text for hint in Moving(mary).hints(item)]
    allow_moves(kind=ItemKind.IMPROVEMENT, movers={"complete": Movers.MANAGERS}, by=mary)
    assert those_who_may("complete", item, cast) == ["mary"]
    assert complete_item(item=item, by=mary).state == ItemState.COMPLETED


@pytest.mark.parametrize("kind", [kind for kind in ItemKind if kind != ItemKind.TASK])
def test_an_author_completes_nothing_by_any_way(cast: dict[str, Person], kind: ItemKind) -> None:
    ann, item = cast["ann"], item_of(kind, cast)
    with telling(now() + timedelta(days=2)), pytest.raises(NotPossible, match="Somebody else completes it"):
        complete_item(item=item, by=ann)
    done = {"state": "completed", "completed_at": now()}
    with pytest.raises(IntegrityError, match="second person completes"), transaction.atomic():
        WorkItem.objects.filter(pk=item.pk).update(**done, completed_by=ann)
    WorkItem.objects.filter(pk=item.pk).update(**done, completed_by=cast["mary"])
    item.refresh_from_db()
    with pytest.raises(EditRefused, match="completed it"):
        edit_item(item=item, by=cast["mary"], seen=edition(item), said={"author": cast["mary"]})


@pytest.mark.parametrize(
    ("movers", "who"),
    [
        (Movers.CONCERNED, ["ann", "lea", "tim", "mary"]), (Movers.OWN, OWN), (Movers.SECOND, SECOND),
        (Movers.MANAGERS, MANAGERS),
    ],
)  # fmt: skip
def test_an_organization_says_who(cast: dict[str, Person], movers: Movers, who: list[str]) -> None:
    item = item_of(ItemKind.IMPROVEMENT, cast)
    allow_moves(kind=ItemKind.IMPROVEMENT, movers={"complete": movers}, by=cast["mary"])
    step = add_step(kind=ItemKind.IMPROVEMENT, name="Tried", movers=movers, by=cast["mary"])
    assert those_who_may("complete", item, cast) == who
    assert [name for name, person in cast.items() if Moving(person).may_enter(item, step)] == who


def test_what_a_manager_voided_its_people_do_not_take_up(cast: dict[str, Person]) -> None:
    item = item_of(ItemKind.TASK, cast)
    allow_moves(kind=ItemKind.TASK, movers={"reopen": Movers.OWN}, by=cast["mary"])
    assert those_who_may("reopen", item, cast) == OWN
    assert those_who_may("reopen", void_item(item=item, by=cast["mary"], reason="Twice"), cast) == MANAGERS


def test_work_passes_the_steps_that_it_must_before_it_is_completed(cast: dict[str, Person]) -> None:
    mary = cast["mary"]
    tried = add_step(kind=ItemKind.IMPROVEMENT, name="Tried", by=mary)
    decided = add_step(kind=ItemKind.IMPROVEMENT, name="Decided", required=True, by=mary)
    item = move_to_step(item=item_of(ItemKind.IMPROVEMENT, cast), step=tried, by=mary)
    assert "complete" not in [move.name for move in Moving(mary).moves(item)]
    assert "Before it is completed it goes to Decided." in [hint.text for hint in Moving(mary).hints(item)]
    with pytest.raises(NotPossible, match="it goes to Decided"):
        complete_item(item=item, by=mary)
    with pytest.raises(IntegrityError, match="passes the steps"), transaction.atomic():
        WorkItem.objects.filter(pk=item.pk).update(state="completed", step=None, completed_at=now())
    for step in (decided, tried):  # where it went afterwards does not matter
        item = move_to_step(item=item, step=step, by=mary)
    assert complete_item(item=item, by=mary).state == ItemState.COMPLETED
    task = add_task(author=cast["ann"], leader=cast["ann"], title="Order lids")
    assert complete_item(item=task, by=cast["ann"]).state == ItemState.COMPLETED


def test_a_step_that_is_gone_need_not_be_passed(cast: dict[str, Person]) -> None:
    step = add_step(kind=ItemKind.IMPROVEMENT, name="Decided", required=True, by=cast["mary"])
    item = item_of(ItemKind.IMPROVEMENT, cast)
    remove_step(step=step, by=cast["mary"])
    assert complete_item(item=item, by=cast["mary"]).state == ItemState.COMPLETED


def test_those_concerned_are_told_who_makes_the_other_moves(cast: dict[str, Person]) -> None:
    add_step(kind=ItemKind.IMPROVEMENT, name="Decided", movers=Movers.MANAGERS, by=cast["mary"])
    item = item_of(ItemKind.IMPROVEMENT, cast)
    told = {who: [hint.text for hint in Moving(person).hints(item)] for who, person in cast.items()}
    manager_alone = ["A manager moves it to Decided.", "A manager sets it aside."]
    assert told["ann"] == [manager_alone[0], "lea or a manager completes it.", manager_alone[1]]
    assert told["lea"] == manager_alone
    assert "Its author or leader starts it." in told["tim"]
    assert (told["mary"], told["eve"]) == ([], [])
    item.leader = None
    assert "A manager completes it." in [hint.text for hint in Moving(cast["ann"]).hints(item)]


def test_a_page_says_once_who_makes_the_other_moves_and_names_managers(cast: dict[str, Person]) -> None:
    mary, tim, inside = cast["mary"], cast["tim"], cast["mary"].organization
    for name in ("Tried", "Measured", "Standard"):
        add_step(kind=ItemKind.IMPROVEMENT, name=name, required=name == "Standard", by=mary)
    item = submit_improvement(author=cast["ann"], title="Red lids", team=[tim])

    def told() -> list[str]:
        return in_sentences(Moving(tim).hints(item, managers_of(item, tim)))

    own = "Its author or leader moves it to Tried, Measured or Standard and starts it."
    first = "Before it is completed it goes to Standard."
    assert told() == [own, first, "Mary Moss completes it and sets it aside."]
    for name in ("Al", "Bo", "Cy", "Di"):
        other = PersonFactory(organization=inside, name=name)
        RoleAssignmentFactory(organization=inside, person=other, role=Role.MANAGER)
    assert told()[2] == "Al, Bo, Cy or one of 2 more managers completes it and sets it aside."
    item.author.manager = other
    assert told()[2] == "Di or another manager completes it and sets it aside."


def test_nobody_adds_friends_to_what_others_completed(cast: dict[str, Person]) -> None:
    """Who joins the team of a completed item is credited at once."""
    for leader, before, after in (("lea", OWN, SECOND), ("ann", ["ann", "mary"], MANAGERS)):
        item = item_of(ItemKind.IMPROVEMENT, cast, leader)
        assert [who for who, person in cast.items() if Moving(person).may_edit(item)] == before
        item = complete_item(item=item, by=cast["mary"])
        assert [who for who, person in cast.items() if Moving(person).may_edit(item)] == after


@pytest.mark.parametrize("wrong", [{"kind": "holiday"}, {"move": "void"}, {"movers": "everybody"}])
def test_the_database_knows_kinds_moves_and_movers(inside: Organization, wrong: dict[str, str]) -> None:
    said = {"kind": "task", "move": "start", "movers": "own", **wrong}
    with pytest.raises(IntegrityError, match="move_right_known"), transaction.atomic():
        MoveRight.objects.create(organization=inside, **said)


def test_the_database_knows_who_may_move_to_a_step(inside: Organization) -> None:
    step = Step(organization=inside, kind="task", name="Tested", position=0, movers="everybody")
    with pytest.raises(IntegrityError, match="step_movers_known"), transaction.atomic():
        step.save()


def test_nobody_gets_anything_by_what_they_complete_alone(
    as_bob: Client, bob: Person, mary: Person, as_mary: Client
) -> None:
    """With a colleague's name on it, a figure in it and one click, nobody has anything implemented."""
    lea = PersonFactory(organization=bob.organization, name="Lea", user=UserFactory())
    new = {"title": "Red lids", "team": "Lea", "expected": "9999999"}
    assert as_bob.post("/riverside/improvements/new/", new).status_code == 302
    page = as_bob.get(ITEM).content.decode()
    assert ("Mary Moss completes it and sets it aside." in page, 'value="complete"' in page) == (True, False)
    refused = [
        client.post(MOVE, {"step": "complete", "impact": "9999999"}) for client in (as_bob, logged_in(lea))
    ]
    assert [answer.status_code for answer in refused] == [403, 403]
    with tenant(bob.organization):
        assert list(Activity.objects.values_list("kind__name", "person__name")) == [
            ("improvement.submitted", "Bob Brown")
        ]
    board = as_bob.get(BOARD).content.decode()
    assert ('data-to="completed"' in board, 'data-why="completed"' in board) == (False, True)
    assert as_mary.post(MOVE, {"step": "complete", "impact": "12"}).status_code == 302


def test_a_step_is_entered_by_those_who_may(
    as_bob: Client, as_mary: Client, bob: Person, mary: Person
) -> None:
    with tenant(bob.organization):
        submit_improvement(author=bob, title="Red lids")
        step = add_step(kind=ItemKind.IMPROVEMENT, name="Decided", movers=Movers.MANAGERS, by=mary)
    to = f"{ITEM}step/{step.pk}/"
    assert [to in client.get(ITEM).content.decode() for client in (as_bob, as_mary)] == [False, True]
    assert (
        "Mary Moss moves it to Decided, completes it and sets it aside." in as_bob.get(ITEM).content.decode()
    )
    assert [client.post(to).status_code for client in (as_bob, as_mary)] == [403, 302]
