"""What the steps of a work item write to the ledger, and what they refuse."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client

from activity.models import Activity, WorkItem
from activity.steps import (
    NotPossible,
    complete_item,
    decline_item,
    reopen_item,
    start_item,
    start_project,
    submit_improvement,
    void_item,
)
from people.clock import now, telling
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import PersonFactory, somebody_else


@pytest.fixture
def ann(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="ann")


@pytest.fixture
def ben(inside: Organization) -> Person:
    return PersonFactory(organization=inside, external_id="ben")


def ledger() -> list[tuple[str, str, str]]:
    counting = Activity.objects.filter(voided_at=None)
    return sorted(counting.values_list("person__external_id", "kind__name", "role"))


def test_submitting_writes_one_activity_in_the_same_breath(ann: Person) -> None:
    item = submit_improvement(author=ann, title="Red lids")
    assert (item.number, item.state, item.label) == (1, "submitted", "IMP-1")
    assert ledger() == [("ann", "improvement.submitted", "author")]
    assert AuditEntry.objects.get().subject == "IMP-1 Red lids"


def test_completing_counts_for_author_leader_and_team_once_each(ann: Person, ben: Person) -> None:
    item = submit_improvement(author=ann, title="Red lids", team=[ann, ben])
    complete_item(item=start_item(item=item, by=ann), by=somebody_else(ann), impact=Decimal(500))
    done = Activity.objects.filter(kind__name="improvement.implemented")
    assert sorted(done.values_list("person__external_id", "role", "value")) == [
        ("ann", "author", Decimal(500)),
        ("ben", "team_member", Decimal(500)),
    ]


def test_a_project_counts_for_its_leader_as_leader(ann: Person) -> None:
    complete_item(item=start_project(author=ann, leader=ann, title="New stock room"), by=somebody_else(ann))
    assert ledger() == [("ann", "project.completed", "leader"), ("ann", "project.started", "leader")]


def test_reopening_takes_the_completion_back_and_a_new_one_counts_again(ann: Person) -> None:
    item = complete_item(item=submit_improvement(author=ann, title="Red lids"), by=somebody_else(ann))
    reopen_item(item=item, by=ann)
    assert ledger() == [("ann", "improvement.submitted", "author")]
    complete_item(item=item, by=somebody_else(ann))
    assert ledger() == [
        ("ann", "improvement.implemented", "author"),
        ("ann", "improvement.submitted", "author"),
    ]
    assert Activity.objects.filter(kind__name="improvement.implemented").count() == 2


def test_what_is_void_counts_for_nobody_until_it_is_opened_again(ann: Person, ben: Person) -> None:
    with telling(now() - timedelta(days=1)):
        item = submit_improvement(author=ann, title="Red lids", team=[ben])
    began = Activity.objects.get().occurred_at
    complete_item(item=item, by=somebody_else(ann), impact=Decimal(500))
    void_item(item=item, by=ben, reason="Sent twice.")
    assert (ledger(), WorkItem.objects.get().state) == ([], "voided")
    with pytest.raises(NotPossible, match="void already"):
        void_item(item=item, by=ben, reason="Sent twice.")
    reopen_item(item=item, by=ben)
    assert ledger() == [("ann", "improvement.submitted", "author")]
    assert Activity.objects.get(voided_at=None).occurred_at == began


@pytest.mark.parametrize("step", [start_item, complete_item, decline_item])
def test_what_is_closed_stays_closed(ann: Person, step: object) -> None:
    item = decline_item(item=submit_improvement(author=ann, title="Red lids"), by=ann)
    with pytest.raises(NotPossible):
        step(item=item, by=ann)  # type: ignore[operator]
    assert WorkItem.objects.get().state == "declined"


def test_numbers_run_on(ann: Person) -> None:
    assert [submit_improvement(author=ann, title="Idea").number for _ in range(3)] == [1, 2, 3]


def test_thirty_two_submissions_at_once_get_thirty_two_numbers(
    committed_db: None, organization: Organization
) -> None:
    author = PersonFactory(organization=organization)

    def submit(_: int) -> int:
        try:
            with tenant(organization):
                return submit_improvement(author=author, title="Idea").number
        finally:
            connection.close()

    with ThreadPoolExecutor(32) as pool:
        assert sorted(pool.map(submit, range(32))) == list(range(1, 33))
    with tenant(organization):
        assert Activity.objects.count() == 32


def test_eight_clicks_on_submit_are_one_improvement(
    committed_db: None, organization: Organization, bob: Person
) -> None:
    said = {"title": "Red lids", "problem": "Bins look alike.", "idea": "Red lids.", "once": "1"}
    clients = [logged_in(bob) for _ in range(8)]

    def submit(client: Client) -> str:
        try:
            return client.post("/riverside/improvements/new/", said).headers["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(submit, clients)) == {"/riverside/improvements/1/"}
    assert submit(clients[0]) == "/riverside/improvements/1/"
    assert clients[0].post("/riverside/improvements/new/", {**said, "idea": "Blue."}).status_code == 302
    with tenant(organization):
        assert list(WorkItem.objects.order_by("number").values_list("idea", flat=True)) == [
            "Red lids.",
            "Blue.",
        ]
        assert Activity.objects.count() == 2


def test_eight_clicks_on_complete_count_once(committed_db: None, organization: Organization) -> None:
    author = PersonFactory(organization=organization, external_id="ann")
    other = somebody_else(author)
    with tenant(organization):
        item = submit_improvement(author=author, title="Red lids")

    def complete(_: int) -> bool:
        try:
            with tenant(organization):
                complete_item(item=item, by=other)
                return True
        except NotPossible:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(complete, range(8))) == 1
    with tenant(organization):
        assert ledger() == [
            ("ann", "improvement.implemented", "author"),
            ("ann", "improvement.submitted", "author"),
        ]
