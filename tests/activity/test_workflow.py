"""An organization's own steps: what they are, how items go through them, and what that counts as."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Activity, ItemKind, MoveRight, Movers, Step, WorkItem
from activity.queries import changes_of
from activity.steps import (
    NotPossible,
    add_task,
    complete_item,
    decline_item,
    move_to_step,
    reopen_item,
    submit_improvement,
)
from activity.workflow import MOST_STEPS, add_step, edit_step, remove_step, shift_step
from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.factories import PersonFactory, RoleAssignmentFactory, somebody_else

STEPS = "/riverside/improvements/steps/"
ITEM = "/riverside/improvements/1/"


@pytest.fixture
def ann(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="ann")


def step(by: Person, name: str, writes: str = "", kind: ItemKind = ItemKind.IMPROVEMENT) -> Step:
    return add_step(kind=kind, name=name, writes=writes, by=by)


def names() -> list[str]:
    return list(Step.objects.values_list("name", flat=True))


def ledger() -> list[tuple[str, str]]:
    return sorted(Activity.objects.filter(voided_at=None).values_list("person__external_id", "kind__name"))


def test_moving_to_a_step_counts_once_for_everybody(ann: Person) -> None:
    ben = PersonFactory(organization=ann.organization, external_id="ben")
    tested, waiting = step(ann, "Being tested", "improvement.tested"), step(ann, "Waiting")
    item = submit_improvement(author=ann, title="Red lids", team=[ben])
    for to in (tested, waiting, tested, tested):
        item = move_to_step(item=item, step=to, by=ann)
    assert (item.state, item.state_in_words) == ("started", "Being tested")
    assert ledger() == [
        ("ann", "improvement.submitted"), ("ann", "improvement.tested"), ("ben", "improvement.tested"),
    ]  # fmt: skip


def test_closing_leaves_the_step_and_reopening_does_not_return_to_it(ann: Person) -> None:
    tested = step(ann, "Being tested")
    item = move_to_step(item=submit_improvement(author=ann, title="Red lids"), step=tested, by=ann)
    item = complete_item(item=item, by=somebody_else(ann))
    assert (item.step, item.state_in_words) == (None, "Completed")
    with pytest.raises(NotPossible, match="open"):
        move_to_step(item=item, step=tested, by=ann)
    assert reopen_item(item=item, by=ann).state_in_words == "In progress"
    declined = decline_item(item=move_to_step(item=item, step=tested, by=ann), by=ann)
    assert declined.step is None


def test_a_step_is_for_its_kind_alone(ann: Person) -> None:
    tested = step(ann, "Being tested")
    task = add_task(author=ann, leader=ann, title="Order lids")
    with pytest.raises(NotPossible, match="other work"):
        move_to_step(item=task, step=tested, by=ann)
    with pytest.raises(IntegrityError, match="of its kind"), transaction.atomic():
        WorkItem.objects.filter(pk=task.pk).update(step=tested, state="started")
    item = submit_improvement(author=ann, title="Red lids")
    with pytest.raises(IntegrityError, match="work_item_step"), transaction.atomic():
        WorkItem.objects.filter(pk=item.pk).update(step=tested)


def test_steps_are_shifted_and_stop_at_the_ends(ann: Person) -> None:
    a, b, c = (step(ann, name) for name in "abc")
    shift_step(step=c, by=-1)
    assert names() == ["a", "c", "b"]
    shift_step(step=a, by=-1)
    shift_step(step=b, by=1)
    assert names() == ["a", "c", "b"]
    step(ann, "d")
    assert names() == ["a", "c", "b", "d"]


def test_removing_a_step_keeps_work_in_progress_and_what_was_counted(ann: Person) -> None:
    tested = step(ann, "Being tested", "improvement.tested")
    item = move_to_step(item=submit_improvement(author=ann, title="Red lids"), step=tested, by=ann)
    remove_step(step=tested, by=ann)
    item = WorkItem.objects.get(pk=item.pk)
    assert (item.state_in_words, names(), len(ledger())) == ("In progress", [], 2)


def test_what_stands_at_a_step_is_said_before_it_is_removed(as_mary: Client, mary: Person) -> None:
    with tenant(mary.organization):
        tested = step(mary, "Being tested")
        move_to_step(item=submit_improvement(author=mary, title="Red lids"), step=tested, by=mary)
    assert "remove/" not in as_mary.get(STEPS).text, "one press on a list is too soon"
    assert "1 improvement stands there" in as_mary.get(f"{STEPS}{tested.pk}/").text


def test_no_twins_and_not_too_many(ann: Person) -> None:
    first = step(ann, "a0")
    for number in range(1, MOST_STEPS):
        step(ann, f"a{number}")
    with pytest.raises(NotPossible, match="at most"):
        step(ann, "one more")
    step(ann, "A0", kind=ItemKind.TASK)
    with pytest.raises(NotPossible, match="of that name"):
        edit_step(step=first, name="A1", writes="", by=ann)


def test_a_manager_arranges_the_steps(as_mary: Client, mary: Person) -> None:
    for name in ("Being tested", "Waiting for a decision"):
        kind = {"writes": "new", "new_kind": "Tested"} if "test" in name else {"writes": ""}
        assert as_mary.post(STEPS, {"kind": "improvement", "name": name, **kind}).status_code == 302
    with tenant(mary.organization):
        first, second = Step.objects.all()
    assert as_mary.post(f"{STEPS}{second.pk}/shift/", {"direction": "up"}).status_code == 302
    assert as_mary.post(f"{STEPS}{first.pk}/", {"name": "Tried out", "writes": ""}).status_code == 302
    page = as_mary.get(STEPS).content.decode()
    assert page.index("Waiting for a decision") < page.index("Tried out")
    assert '<option value="improvement.tested">Tested</option>' in page
    with tenant(mary.organization):
        assert list(Step.objects.values_list("name", "writes__name")) == [
            ("Waiting for a decision", None), ("Tried out", None),
        ]  # fmt: skip
    assert as_mary.post(f"{STEPS}{first.pk}/remove/").status_code == 302
    assert as_mary.get(f"{STEPS}{first.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", "", "Give the step a name"), ("name", "x" * 61, "at most 60"), ("name", "a\u202eb", "invisible"),
        ("name", "\0", "invisible"), ("name", "being TESTED", "of that name"),
        ("writes", "Tested", "cannot be chosen"), ("writes", "improvement.implemented", "cannot be chosen"),
        ("writes", "improvement.unheard_of", "cannot be chosen"), ("movers", "everybody", "cannot be chosen"),
        ("new_kind", "x" * 101, "at most 100"), ("new_kind", "a\u202eb", "invisible"),
        ("new_kind", "Tested", "Choose A new kind"),
    ],
)  # fmt: skip
def test_bad_input_is_named_and_nothing_stored(
    as_mary: Client, mary: Person, field: str, value: str, message: str
) -> None:
    RoleAssignmentFactory(organization=mary.organization, person=mary, role=Role.OWNER)
    with tenant(mary.organization):
        kept = step(mary, "Being tested")
        other = step(mary, "Waiting")
    sent = {"kind": "improvement", "name": "New", "writes": "", field: value}
    response = as_mary.post(STEPS, sent)
    assert (response.status_code, message in response.context["wrong"].errors[field][0]) == (422, True)
    edited = as_mary.post(f"{STEPS}{other.pk}/", sent)
    assert (edited.status_code, message in edited.context["form"].errors[field][0]) == (422, True)
    with tenant(mary.organization):
        assert names() == [kept.name, other.name]


def test_a_step_counts_as_a_kind_by_its_label(as_mary: Client, mary: Person) -> None:
    def add(name: str, label: str) -> HttpResponse:
        said = {"kind": "improvement", "name": name, "writes": "new", "new_kind": label}
        answer: HttpResponse = as_mary.post(STEPS, said)
        return answer

    assert [add(name, label).status_code for name, label in (("a", "Tried out"), ("b", "2 × geprüft!"))] == [
        302, 302,
    ]  # fmt: skip
    assert b"called that already" in add("c", "tried OUT").content
    assert b"Say what the new kind is called" in add("c", "").content
    with tenant(mary.organization):
        assert list(Step.objects.values_list("writes__name", "writes__label")) == [
            ("improvement.tried_out", "Tried out"), ("improvement.kind_2_gepruft", "2 × geprüft!"),
        ]  # fmt: skip
        step(mary, "d", "improvement.named_by_nobody")
    form = as_mary.get(f"{STEPS}{first_step(mary).pk}/").context["form"]
    assert form["writes"].value() == "improvement.tried_out"
    choices = dict(form.fields["writes"].choices)
    assert (choices[""], choices["improvement.tried_out"], choices["new"]) == (
        "Nothing", "Tried out", "A new kind",
    )  # fmt: skip
    assert "improvement.submitted" not in choices


def first_step(person: Person) -> Step:
    with tenant(person.organization):
        found: Step = Step.objects.order_by("pk")[0]
        return found


def test_a_manager_does_not_say_who_moves_work(as_mary: Client, mary: Person) -> None:
    """Else any manager would complete their own work, which a second person does."""
    with tenant(mary.organization):
        kept = add_step(
            kind=ItemKind.IMPROVEMENT, name="Agreed", by=mary, movers=Movers.SECOND, required=True
        )
    page = as_mary.get(STEPS).content.decode()
    assert "<dt>Complete</dt><dd>Leader or manager, not author</dd>" in page
    assert 'name="complete"' not in page
    said = {"start": "own", "complete": "own", "decline": "managers", "reopen": "managers"}
    assert as_mary.post(STEPS, {"kind": "improvement", "moves": "1", **said}).status_code == 403
    edited = as_mary.post(f"{STEPS}{kept.pk}/", {"name": "Decided", "movers": "own", "required": ""})
    assert edited.status_code == 302
    assert as_mary.post(f"{STEPS}{kept.pk}/remove/").status_code == 403
    with tenant(mary.organization):
        assert not MoveRight.objects.exists()
        assert Step.objects.values_list("name", "movers", "required").get() == ("Decided", "second", True)


def test_who_was_overtaken_is_told_before_they_allow_anything(as_mary: Client, mary: Person) -> None:
    RoleAssignmentFactory(organization=mary.organization, person=mary, role=Role.OWNER)
    stale = as_mary.get(STEPS).context["kinds"][0]["moves"].edition
    said = {"kind": "improvement", "moves": "1", "start": "own", "decline": "managers", "reopen": "managers"}
    assert as_mary.post(STEPS, {**said, "complete": "managers", "seen": stale}).status_code == 302
    late = as_mary.post(STEPS, {**said, "complete": "own", "seen": stale})
    assert (late.status_code, "Somebody changed this meanwhile" in late.content.decode()) == (422, True)
    wrong = as_mary.post(STEPS, {**said, "complete": "everybody"})
    assert (wrong.status_code, list(wrong.context["wrong"].errors)) == (422, ["complete"])
    with tenant(mary.organization):
        assert list(MoveRight.objects.values_list("kind", "move", "movers")) == [
            ("improvement", "complete", "managers")
        ]


@pytest.mark.parametrize("kind", ["", "event", "holiday", "\0"])
def test_only_work_that_takes_time_has_steps(as_mary: Client, kind: str) -> None:
    assert as_mary.post(STEPS, {"kind": kind, "name": "New"}).status_code == 404


def test_an_item_is_moved_by_its_own_people(
    as_bob: Client, as_alice: Client, as_mary: Client, bob: Person, mary: Person
) -> None:
    with tenant(bob.organization):
        submit_improvement(author=bob, title="Red lids")
        tested = step(mary, "Being tested")
    path = f"{ITEM}step/{tested.pk}/"
    assert [path in client.get(ITEM).content.decode() for client in (as_bob, as_alice, as_mary)] == [
        True,
        False,
        True,
    ]
    assert [client.post(path).status_code for client in (as_alice, as_bob)] == [403, 302]
    assert (path in as_bob.get(ITEM).content.decode(), as_bob.get(path).status_code) == (False, 405)
    assert as_bob.post(f"{ITEM}step/999999/").status_code == 404
    assert "Being tested" in as_bob.get("/riverside/improvements/").content.decode()


def test_an_item_goes_back_from_a_step_to_what_is_simply_in_progress(as_bob: Client, bob: Person) -> None:
    with tenant(bob.organization):
        move_to_step(
            item=submit_improvement(author=bob, title="Red lids"), step=step(bob, "Being tested"), by=bob
        )
    for page in (ITEM, "/riverside/improvements/board/"):
        assert "Back in progress" in as_bob.get(page).content.decode()
    as_bob.post(f"{ITEM}move/", {"step": "start"})
    with tenant(bob.organization):
        item = WorkItem.objects.get()
        assert (item.state_in_words, changes_of(item)[0].changes) == (
            "In progress",
            {"state": ["Being tested", "In progress"]},
        )
    assert "Back in progress" not in as_bob.get(ITEM).content.decode()


def test_the_list_asks_the_same_however_many_steps(as_mary: Client, mary: Person) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_mary.get(path).status_code == 200
        return len(captured)

    counts = []
    for number in range(3):
        with tenant(mary.organization):
            to = step(mary, f"Step {number}", f"improvement.step{number}")
            move_to_step(item=submit_improvement(author=mary, title="Idea"), step=to, by=mary)
        counts.append([queries(path) for path in ("/riverside/improvements/", STEPS, ITEM, "/riverside/")])
    assert counts[0] == counts[1] == counts[2]
