"""Changing an item after it was submitted: what it says, who may, what is kept of it, and what the ledger says then."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.editing import EditRefused, edit_item, edition
from activity.models import Activity, ItemChange, ItemKind, PendingEvaluation, TeamMember, WorkItem
from activity.steps import (
    add_task,
    complete_item,
    move_to_step,
    plan_event,
    reopen_item,
    start_project,
    submit_improvement,
)
from activity.verifying import verify_impact
from activity.workflow import add_step
from people.clock import now, telling
from people.models import Organization, Person
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import MOMENT, KindFactory, LocationFactory, PersonFactory, UserFactory, somebody_else

EDIT = "/riverside/improvements/1/edit/"
ITEM = "/riverside/improvements/1/"


@pytest.fixture
def ann(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="ann", name="Ann")


@pytest.fixture
def ben(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="ben", name="Ben")


@pytest.fixture
def cat(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="cat", name="Cat")


def edit(item: WorkItem, by: Person, **said: Any) -> WorkItem:
    return edit_item(item=item, by=by, seen=edition(item), said=said)


def ledger(*kinds: str) -> list[tuple[Any, ...]]:
    counting = Activity.objects.filter(voided_at=None)
    counting = counting.filter(kind__name__in=kinds) if kinds else counting
    return sorted(counting.values_list("person__external_id", "kind__name", "role", "value"))


def test_a_new_author_takes_the_place_of_the_one_before(ann: Person, ben: Person) -> None:
    with telling(MOMENT):
        item = submit_improvement(author=ann, title="Red lids")
    PendingEvaluation.objects.all().delete()
    edit(item, ben, author=ben)
    old, new = Activity.objects.order_by("pk")
    assert (old.person, old.voided_at is None, new.person, new.corrects) == (ann, False, ben, old)
    assert (new.occurred_at, new.item, new.subject) == (old.occurred_at, item, "Red lids")
    assert sorted(PendingEvaluation.objects.values_list("person__external_id", flat=True)) == ["ann", "ben"]


def test_a_completed_item_gives_to_who_joins_and_takes_from_who_goes(
    ann: Person, ben: Person, cat: Person
) -> None:
    item = submit_improvement(author=ann, title="Red lids", team=[ben])
    item = complete_item(item=item, by=somebody_else(ann), impact=Decimal(500))
    edit(item, ann, team=[cat], leader=ben)
    assert ledger("improvement.implemented") == [
        ("ann", "improvement.implemented", "author", 500),
        ("ben", "improvement.implemented", "leader", 500),
        ("cat", "improvement.implemented", "team_member", 500),
    ]
    changed = Activity.objects.filter(voided_at__isnull=False).values_list("person__external_id", flat=True)
    assert list(changed) == ["ben"]


def test_the_value_the_place_and_the_day_are_corrected(ann: Person, inside: Organization) -> None:
    place = LocationFactory(organization=inside)
    with telling(MOMENT):
        item = submit_improvement(author=ann, title="Red lids")
    with telling(MOMENT + timedelta(days=9)):
        item = complete_item(item=item, by=somebody_else(ann), impact=Decimal(500))
    edit(item, ann, impact=Decimal(700), location=place, completed_on=date(2026, 3, 5))
    standing = Activity.objects.filter(voided_at=None).order_by("occurred_at")
    assert list(standing.values_list("kind__name", "value", "location")) == [
        ("improvement.submitted", None, place.pk), ("improvement.implemented", 700, place.pk),
    ]  # fmt: skip
    assert [row.occurred_at.astimezone(inside.time_zone).date() for row in standing] == [
        date(2026, 3, 2), date(2026, 3, 5),
    ]  # fmt: skip
    assert all(row.corrects for row in standing)


def test_a_title_leaves_the_ledger_alone(ann: Person) -> None:
    item = edit(submit_improvement(author=ann, title="Red lids"), ann, title="Blue lids", problem="Mixed up")
    assert (Activity.objects.count(), WorkItem.objects.get().title) == (1, "Blue lids")
    assert ItemChange.objects.get().changes == {
        "title": ["Red lids", "Blue lids"],
        "problem": ["", "Mixed up"],
    }
    edit(item, ann, title="Blue lids")
    assert ItemChange.objects.count() == 1


def test_what_was_verified_follows_the_people(ann: Person, ben: Person, mary: Person) -> None:
    item = complete_item(
        item=submit_improvement(author=ann, title="Red lids"), by=somebody_else(ann), impact=Decimal(5)
    )
    verify_impact(item=item, by=mary, value=Decimal(4))
    edit(item, ann, team=[ben])
    assert ledger("improvement.verified") == [
        ("ann", "improvement.verified", "author", 4), ("ben", "improvement.verified", "team_member", 4),
    ]  # fmt: skip


def test_steps_that_counted_follow_the_people(ann: Person, ben: Person) -> None:
    step = add_step(kind=ItemKind.TASK, name="Tested", writes="task.tested", by=ann)
    item = add_task(author=ann, leader=ann, title="Order lids")
    edit(move_to_step(item=item, step=step, by=ann), ann, leader=ben, author=ben)
    assert ledger() == [("ben", "task.tested", "leader", None)]


def test_a_project_led_by_somebody_else_was_started_by_them(ann: Person, ben: Person) -> None:
    item = start_project(author=ann, leader=ann, title="New stock room")
    edit(item, ann, leader=ben)
    assert ledger() == [("ben", "project.started", "leader", None)]


def test_an_event_counts_for_those_who_came_on_its_day(ann: Person, ben: Person, cat: Person) -> None:
    with telling(MOMENT):
        item = plan_event(author=ann, leader=ann, title="Refresher", happens_on=date(2026, 3, 1), team=[ben])
        item = complete_item(item=item, by=somebody_else(ann))
    edit(item, ann, happens_on=date(2026, 2, 27), team=[cat])
    assert ledger() == [
        ("ann", "event.facilitated", "leader", None), ("cat", "event.attended", "attendee", None),
    ]  # fmt: skip
    standing = Activity.objects.filter(voided_at=None)
    assert {row.occurred_at.astimezone(ann.organization.time_zone).date() for row in standing} == {
        date(2026, 2, 27)
    }


def test_an_event_that_nobody_came_to_counts_for_who_is_added(ann: Person, ben: Person) -> None:
    item = plan_event(author=ann, leader=ann, title="Refresher", happens_on=date(2026, 3, 1))
    edit(complete_item(item=item, by=somebody_else(ann)), ann, team=[ben])
    assert ledger("event.attended") == [("ben", "event.attended", "attendee", None)]


def test_what_was_voided_by_itself_stays_so(ann: Person, ben: Person) -> None:
    item = submit_improvement(author=ann, title="Red lids")
    Activity.objects.update(voided_at=now())
    edit(item, ann, author=ben)
    assert ledger() == []


def test_editing_back_and_forth_leaves_one(ann: Person, ben: Person) -> None:
    item = submit_improvement(author=ann, title="Red lids")
    for author in (ben, ann, ben):
        item = edit(item, ann, author=author)
    assert ledger() == [("ben", "improvement.submitted", "author", None)]
    assert Activity.objects.count() == 4


def test_whoever_comes_second_is_refused(ann: Person, ben: Person) -> None:
    item = submit_improvement(author=ann, title="Red lids")
    edit_item(item=item, by=ann, seen=0, said={"title": "Blue lids"})
    with pytest.raises(EditRefused, match="meanwhile"):
        edit_item(item=item, by=ben, seen=0, said={"title": "Green lids"})
    assert WorkItem.objects.get().title == "Blue lids"


@pytest.mark.parametrize("said", ["author", "leader", "team"])
def test_who_verified_has_no_hand_in_it_later_either(ann: Person, mary: Person, said: str) -> None:
    item = complete_item(
        item=submit_improvement(author=ann, title="Red lids"), by=somebody_else(ann), impact=Decimal(5)
    )
    verify_impact(item=item, by=mary, value=Decimal(5))
    with pytest.raises(EditRefused, match="verified") as refused:
        edit(item, ann, **{said: [mary] if said == "team" else mary})
    assert refused.value.field == said
    with pytest.raises(EditRefused, match="You verified"):
        edit(item, mary, impact=Decimal(6))
    with pytest.raises(IntegrityError, match="second person"), transaction.atomic():
        TeamMember.objects.create(organization=item.organization, item=item, person=mary)
    with pytest.raises(IntegrityError, match="second person"), transaction.atomic():
        WorkItem.objects.update(author=mary)


def test_who_said_what_it_saves_does_not_verify_it(ann: Person, mary: Person) -> None:
    item = complete_item(item=submit_improvement(author=ann, title="Red lids"), by=somebody_else(ann))
    edit(item, mary, impact=Decimal(6))
    with pytest.raises(Exception, match="had no hand"):
        verify_impact(item=item, by=mary, value=Decimal(6))
    assert not WorkItem.objects.all().to_verify(mary).exists()


def test_who_changed_something_else_may_verify_what_others_said(ann: Person, mary: Person) -> None:
    item = complete_item(
        item=submit_improvement(author=ann, title="Red lids"), by=somebody_else(ann), impact=Decimal(5)
    )
    edit(item, mary, title="Blue lids")
    assert list(WorkItem.objects.all().to_verify(mary)) == [item]


def test_moves_are_kept_as_changes(ann: Person) -> None:
    item = complete_item(
        item=submit_improvement(author=ann, title="Red lids"), by=somebody_else(ann), impact=Decimal(5)
    )
    reopen_item(item=item, by=ann)
    assert [change.in_words("") for change in ItemChange.objects.all()] == [
        [("State", "Completed", "In progress")],
        [("State", "Submitted", "Completed"), ("Yearly saving, as reported", "", "5")],
    ]


def sent(**said: Any) -> dict[str, Any]:
    return {"title": "Red lids", "author": "Bob Brown", "seen": "0", **said}


@pytest.fixture
def item(bob: Person) -> WorkItem:
    with tenant(bob.organization):
        return submit_improvement(author=bob, title="Red lids")


def test_the_form_shows_what_stands_there_and_saves(
    as_bob: Client, bob: Person, mary: Person, item: WorkItem
) -> None:
    form = as_bob.get(EDIT).context["form"]
    assert (form.initial["title"], form.initial["seen"]) == ("Red lids", 0)
    assert [name in form.fields for name in ("impact", "completed_on", "expected", "kind")] == [
        True, False, True, False,
    ]  # fmt: skip
    KindFactory(
        organization=bob.organization, name="improvement.verified", expects_value=True, unit="dollars"
    )
    said = sent(title="Blue lids", team="mary moss", expected="1200", kind="event")
    answer = as_bob.post(EDIT, said)
    assert (answer.status_code, answer.headers["Location"]) == (302, ITEM)
    page = as_bob.get(ITEM).content.decode()
    assert all(word in page for word in ("Blue lids", "Red lids", "Mary Moss"))
    assert ("1,200 dollars" in page, "Yearly saving, dollars" in page) == (True, True)
    assert "In dollars, as far as you can tell." in as_bob.get(EDIT).content.decode()
    with tenant(bob.organization):
        assert WorkItem.objects.values_list("kind", "title", "expected").get() == (
            "improvement", "Blue lids", 1200,
        )  # fmt: skip


def test_a_manager_says_who_submitted_it_and_its_people_do_not(
    as_bob: Client, as_mary: Client, mary: Person, item: WorkItem
) -> None:
    """Else an author would become its leader, and complete it without anybody else."""
    assert "author" not in as_bob.get(EDIT).context["form"].fields
    assert as_bob.post(EDIT, sent(author="Mary Moss", leader="Bob Brown")).status_code == 302
    with tenant(mary.organization):
        assert WorkItem.objects.values_list("author__name", "leader__name").get() == (
            "Bob Brown", "Bob Brown",
        )  # fmt: skip
        seen = edition(item)
    assert as_bob.post(f"{ITEM}move/", {"step": "complete"}).status_code == 403
    assert as_mary.post(EDIT, sent(author="Mary Moss", leader="Bob Brown", seen=seen)).status_code == 302
    with tenant(mary.organization):
        assert WorkItem.objects.get().author == mary


def test_a_stale_form_shows_what_was_changed_and_saves_when_sent_again(
    as_bob: Client, as_mary: Client, bob: Person, item: WorkItem
) -> None:
    assert as_mary.post(EDIT, sent(title="Blue lids")).status_code == 302
    late = as_bob.post(EDIT, sent(title="Green lids"))
    assert (late.status_code, "Blue lids" in late.content.decode()) == (422, True)
    assert (
        as_bob.post(EDIT, sent(title="Green lids", seen=late.context["form"]["seen"].value())).status_code
        == 302
    )
    with tenant(bob.organization):
        assert WorkItem.objects.get().title == "Green lids"


def test_nothing_is_lost_where_somebody_else_completed_it_meanwhile(
    as_bob: Client, mary: Person, item: WorkItem
) -> None:
    with tenant(mary.organization):
        complete_item(item=item, by=mary)
    late = as_bob.post(EDIT, sent(title="Lids in red", problem="We mixed them up."))
    page = late.content.decode()
    told = ("Mary Moss completed it meanwhile", "A manager still can.", "Lids in red", "We mixed them up.")
    assert (late.status_code, [words for words in told if words not in page]) == (422, [])
    assert [words for words in ("Save</button>", "to fix") if words in page] == []
    with tenant(mary.organization):
        assert WorkItem.objects.get().title == "Red lids"
        seen = edition(item)
    assert as_bob.post(EDIT, sent(seen=seen)).status_code == 403


def test_who_may_edit(
    as_bob: Client, as_alice: Client, as_mary: Client, bob: Person, mary: Person, item: WorkItem
) -> None:
    with tenant(bob.organization):
        leader = logged_in(lea(bob))
        edit(item, bob, leader=Person.objects.get(name="Lea"))
    clients = (as_bob, as_mary, leader, as_alice)
    assert [client.get(EDIT).status_code for client in clients] == [200, 200, 200, 403]
    with tenant(bob.organization):
        complete_item(item=item, by=somebody_else(bob))
    assert [client.get(EDIT).status_code for client in clients] == [403, 200, 200, 403]
    assert ["Edit</a>" in client.get(ITEM).content.decode() for client in clients] == [
        False,
        True,
        True,
        False,
    ]


def lea(bob: Person) -> Person:
    return PersonFactory(organization=bob.organization, name="Lea", user=UserFactory())


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", "", "Say in a few words"), ("title", "a\u202eb", "invisible"), ("title", "x" * 151, "at most 150"),
        ("author", "", "Name who submitted"), ("author", "Nobody", "Nobody here"), ("team", "\0", "invisible"),
        ("expected", "-1", "Write 0 or more"), ("expected", "many", "Write a number"),
        ("impact", "1e99", "Write at most"), ("impact", "NaN", "Write a number"),
        ("completed_on", "2099-01-01", "between the day"), ("completed_on", "2001-01-01", "between the day"),
        ("completed_on", "soon", "Write a day"), ("location", "9" * 30, "cannot be chosen. Choose from the list."),
        ("seen", "9" * 40, "meanwhile"), ("seen", "x", "meanwhile"),
    ],
)  # fmt: skip
def test_bad_input_is_named_and_nothing_stored(
    as_mary: Client, bob: Person, item: WorkItem, field: str, value: str, message: str
) -> None:
    with tenant(bob.organization):
        complete_item(item=item, by=somebody_else(bob), impact=Decimal(5))
        seen, today = edition(item), now().astimezone(bob.organization.time_zone).date()
    said = {**sent(impact="7", completed_on=today.isoformat(), seen=seen), field: value}
    answer = as_mary.post(EDIT, said)
    assert (answer.status_code, message in str(answer.context["form"].errors)) == (422, True)
    with tenant(bob.organization):
        assert WorkItem.objects.values_list("title", "impact").get() == ("Red lids", 5)


def test_who_has_left_or_has_a_namesake_may_stay(as_mary: Client, bob: Person, item: WorkItem) -> None:
    with tenant(bob.organization):
        twins = [PersonFactory(organization=bob.organization, name="Ana Kowal, RN") for _ in range(2)]
        edit(item, bob, team=twins)
        twins[0].left_on = date(2026, 1, 1)
        twins[0].save()
        seen = edition(item)
    team = as_mary.get(EDIT).context["form"].initial["team"]
    assert team == ", ".join(twin.email for twin in twins)
    assert as_mary.post(EDIT, sent(team=team, seen=seen)).status_code == 302
    with tenant(bob.organization):
        assert (item.team.count(), ItemChange.objects.count()) == (2, 1)


def test_pages_ask_the_same_however_much_was_changed(as_mary: Client, bob: Person, item: WorkItem) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert as_mary.get(path).status_code == 200
        return len(captured)

    counts = []
    for number in range(7):
        with tenant(bob.organization):
            edit(item, bob, title=f"Title {number}", team=[PersonFactory(organization=bob.organization)])
        counts.append([queries(path) for path in (ITEM, EDIT, f"{ITEM}?changes=all")])
    assert counts[0] == counts[2] == counts[6]
    assert as_mary.get(ITEM).content.decode().count(" became ") == 10
    assert as_mary.get(f"{ITEM}?changes=all").content.decode().count(" became ") == 14
