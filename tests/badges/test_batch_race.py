"""Bulk edits with real commits: many clicks at once, workers side by side, and workers that are killed."""

import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from badges import batch_work
from badges.batch_work import work_on_batch
from badges.batches import draft_batch, plan_batch, start_batch, undo_batch
from badges.models import Award, AwardEvent, AwardTally, Badge, Batch
from badges.tasks import SILENCE, sweep_batches
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory

pytestmark = pytest.mark.usefixtures("committed_db")

# A worker in a process of its own that works in chunks of two and says so after each, until it is killed.
WORKER = """
import sys, time, django
django.setup()
from badges import batch_work
from people.models import Organization
batch_work.CHUNK = 2
organization = Organization.objects.get(slug="riverside")
while batch_work.work_on_batch(organization=organization, batch_id=int(sys.argv[1]), seconds=-1):
    print("chunk", flush=True)
    time.sleep(float(sys.argv[2]))
"""
# The same, killed in the middle of a chunk: after its awards are written, before it is committed.
CRASHING = WORKER.replace(
    "batch_work.CHUNK = 2",
    """batch_work.CHUNK = 2
written = batch_work._write_awards
def dying(*args):
    written(*args)
    import os, signal
    os.kill(os.getpid(), signal.SIGKILL)
batch_work._write_awards = dying""",
)


def at_once(organization: Organization, action: Callable[[], Any], times: int = 32) -> Counter[Any]:
    together = threading.Barrier(times)

    def work(_: int) -> Any:
        try:
            together.wait()
            with tenant(organization):
                return action()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(work, range(times)))


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, name="Waste Walker")


@pytest.fixture
def batch(organization: Organization, badge: Badge, alice: Person) -> Batch:
    persons = [PersonFactory(organization=organization).pk for _ in range(9)]
    with tenant(organization):
        batch = draft_batch(by=alice, verb="add", person_ids=persons)
        return plan_batch(batch=batch, verb="add", badges=[badge], reason="Session 14.")


def start(batch: Batch, by: Person) -> None:
    with tenant(batch.organization):
        start_batch(batch=batch, by=by, planned_at=batch.planned_at)


def record(organization: Organization) -> tuple[str, int, int, list[str], list[int]]:
    """State, progress, standing awards, what happened, and the counts beside the names."""
    with tenant(organization):
        batch = Batch.objects.get()
        return (
            batch.state,
            batch.done,
            Award.objects.standing().count(),
            list(AwardEvent.objects.order_by("pk").values_list("change", flat=True)),
            list(
                AwardTally.objects.filter(person__external_id__startswith="P")
                .order_by("pk")
                .values_list("badge_count", flat=True)
            ),
        )


def once(organization: Organization, alice: Person) -> tuple[str, int, int, list[str], list[int]]:
    with tenant(organization):
        everybody = Person.objects.filter(external_id__startswith="P").order_by("pk")
        counts = [0 if person == alice else 1 for person in everybody]
    return ("done", 9, 9, ["granted"] * 9, counts)


def test_thirty_two_starts_are_one(organization: Organization, batch: Batch, alice: Person) -> None:
    started = at_once(organization, lambda: start_batch(batch=batch, by=alice, planned_at=batch.planned_at))
    assert started == {True: 1, False: 31}
    with tenant(organization):
        assert AuditEntry.objects.filter(action="batch.started").count() == 1
    work_on_batch(organization=organization, batch_id=batch.pk)
    assert record(organization) == once(organization, alice)


def test_thirty_two_undos_are_one(organization: Organization, batch: Batch, alice: Person) -> None:
    start(batch, alice)
    work_on_batch(organization=organization, batch_id=batch.pk)
    assert at_once(organization, lambda: undo_batch(batch=batch, by=alice)) == {True: 1, False: 31}
    work_on_batch(organization=organization, batch_id=batch.pk)
    assert record(organization)[:4] == ("undone", 9, 0, ["granted"] * 9 + ["revoked"] * 9)


def test_workers_side_by_side_do_it_once(
    organization: Organization, batch: Batch, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_work, "CHUNK", 1)
    start(batch, alice)

    def work(_: int) -> None:
        try:
            work_on_batch(organization=organization, batch_id=batch.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    work_on_batch(organization=organization, batch_id=batch.pk)
    assert record(organization) == once(organization, alice)


def test_two_batches_about_the_same_people_give_one_badge_each(
    organization: Organization, badge: Badge, batch: Batch, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_work, "CHUNK", 2)
    with tenant(organization):
        other = draft_batch(by=alice, verb="add", person_ids=batch.entries.values_list("person", flat=True))
        other = plan_batch(batch=other, verb="add", badges=[badge], reason="Session 14.")
    for each in (batch, other):
        start(each, alice)

    def work(each: Batch) -> None:
        try:
            work_on_batch(organization=organization, batch_id=each.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [batch, other]))
    with tenant(organization):
        assert Award.objects.count() == AwardEvent.objects.count() == 9
        assert list(Batch.objects.values_list("state", "done")) == [("done", 9)] * 2


def worker(script: str, batch: Batch, pause: float) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", script, str(batch.pk), str(pause)]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


def test_a_worker_killed_between_chunks_is_carried_on(
    organization: Organization, batch: Batch, alice: Person
) -> None:
    start(batch, alice)
    with worker(WORKER, batch, pause=600) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "chunk\n"
        process.send_signal(signal.SIGKILL)
    assert record(organization)[:4] == ("running", 2, 2, ["granted"] * 2)
    work_on_batch(organization=organization, batch_id=batch.pk)
    assert record(organization) == once(organization, alice)


def test_a_worker_killed_within_a_chunk_leaves_nothing_of_it(
    organization: Organization, batch: Batch, alice: Person
) -> None:
    start(batch, alice)
    with worker(CRASHING, batch, pause=0) as process:
        assert process.wait() == -signal.SIGKILL
    _wait_for_the_lock(organization, batch)
    assert record(organization)[:4] == ("queued", 0, 0, [])
    work_on_batch(organization=organization, batch_id=batch.pk)
    assert record(organization) == once(organization, alice)


def _wait_for_the_lock(organization: Organization, batch: Batch) -> None:
    """The server needs a moment to notice that its client is gone."""
    with tenant(organization):
        Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)


def test_an_undoing_that_was_killed_is_carried_on(
    organization: Organization, batch: Batch, alice: Person
) -> None:
    start(batch, alice)
    work_on_batch(organization=organization, batch_id=batch.pk)
    with tenant(organization):
        undo_batch(batch=batch, by=alice)
    with worker(WORKER, batch, pause=600) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "chunk\n"
        process.send_signal(signal.SIGKILL)
    assert record(organization)[:3] == ("undoing", 9, 7)
    work_on_batch(organization=organization, batch_id=batch.pk)
    assert record(organization)[:4] == ("undone", 9, 0, ["granted"] * 9 + ["revoked"] * 9)


def test_the_sweep_takes_up_what_does_not_move(
    organization: Organization, batch: Batch, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing else: not a draft, not what moved a moment ago, not what is done."""
    taken: list[tuple[int, int]] = []
    monkeypatch.setattr("badges.tasks.run_batch.delay", lambda *ids: taken.append(ids))
    sweep_batches()
    start(batch, alice)
    sweep_batches()
    assert taken == []
    with tenant(organization):
        at = Batch.objects.get().progressed_at
    monkeypatch.setattr("badges.tasks.now", lambda: at + SILENCE * 2)
    sweep_batches()
    assert taken == [(organization.pk, batch.pk)]
    work_on_batch(organization=organization, batch_id=batch.pk)
    sweep_batches()
    assert taken == [(organization.pk, batch.pk)]
