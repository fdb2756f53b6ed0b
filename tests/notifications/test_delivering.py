"""Never lost, almost never twice: against a mail server that misbehaves, and workers that die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from django.db import connections
from pytest_django import Settings

from badges.actions import revoke_award
from badges.models import Award, EndedWhy
from notifications.actions import make_notices, retry_delivery
from notifications.channels import Unreachable
from notifications.delivering import BACKOFF, LEASE, claim_delivery, deliver, deliver_due
from notifications.models import Delivery, Notice
from notifications.tasks import sweep, tell
from people.actions import edit_person
from people.clock import now
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from tests.factories import PersonFactory
from tests.notifications.conftest import Give
from tests.notifications.sink import Plan, Sink

pytestmark = pytest.mark.usefixtures("committed_db")
Later = Callable[[timedelta], None]


@pytest.fixture
def queued(committed_db: None, organization: Organization, give: Give, bob: Person) -> Delivery:
    """Bob's mail, waiting."""
    give(bob)
    make_notices(organization=organization)
    with tenant(organization):
        return Delivery.objects.get()


def again(delivery: Delivery) -> Delivery:
    with tenant(delivery.organization):
        return Delivery.objects.get(pk=delivery.pk)


def attempt(delivery: Delivery) -> str | None:
    """The state that one attempt leads to; None if there was nothing to do."""
    try:
        return deliver(organization=delivery.organization, delivery_id=delivery.pk)
    except Unreachable:
        return again(delivery).state


def test_a_mail_goes_out_once(queued: Delivery, sink: Sink) -> None:
    assert [attempt(queued), attempt(queued)] == ["sent", None]
    assert sink.ids == [queued.message_id]
    sent = again(queued)
    assert (sent.attempts, sent.uncertain, sent.lease_until, sent.last_error) == (1, False, None, "")
    assert sent.sent_at is not None


def test_tasks_run_twice_change_nothing(queued: Delivery, sink: Sink) -> None:
    for _ in range(2):
        tell(queued.organization_id)
        sweep()
    assert sink.ids == [queued.message_id]
    assert again(queued).attempts == 1


def test_a_bell_for_an_organization_that_is_gone_does_nothing(sink: Sink) -> None:
    tell(10**9)
    assert sink.received == []


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"MAIL": "421 too busy"}, "421 too busy"),
        ({"RCPT": "451 greylisted"}, "451 greylisted"),
        ({"DATA": "452 disk full"}, "452 disk full"),
        ({"END": "421 shutting down"}, "421 shutting down"),
        ({"MAIL": None}, "Connection unexpectedly closed"),
    ],
)
def test_what_may_pass_is_tried_again(
    queued: Delivery, sink: Sink, later: Later, plan: Plan, said: str
) -> None:
    sink.plans.append(plan)
    assert attempt(queued) == "queued"
    waiting = again(queued)
    assert (waiting.attempts, waiting.last_error, waiting.uncertain) == (1, said, False)
    assert timedelta(0) < waiting.next_attempt_at - now() <= BACKOFF[0]
    assert attempt(queued) is None
    later(BACKOFF[0])
    assert attempt(queued) == "sent"
    assert set(sink.ids) == {queued.message_id}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"MAIL": "553 sender refused"}, "553 sender refused"),
        ({"RCPT": "550 no such user"}, "550 no such user"),
        ({"DATA": "554 no"}, "554 no"),
        ({"END": "552 too big"}, "552 too big"),
    ],
)
def test_what_is_refused_is_final_at_once(queued: Delivery, sink: Sink, plan: Plan, said: str) -> None:
    sink.plans.append(plan)
    assert attempt(queued) == "dead"
    dead = again(queued)
    assert (dead.attempts, dead.last_error, dead.lease_until) == (1, said, None)
    assert attempt(queued) is None


def test_a_farewell_that_fails_is_no_failure(queued: Delivery, sink: Sink) -> None:
    sink.plans.append({"QUIT": "500 what"})
    assert attempt(queued) == "sent"
    assert sink.ids == [queued.message_id]


def test_a_line_that_breaks_after_the_message_is_told_as_doubt(
    queued: Delivery, sink: Sink, later: Later
) -> None:
    sink.plans.append({"END": None})
    assert attempt(queued) == "queued"
    assert again(queued).uncertain
    later(BACKOFF[0])
    assert attempt(queued) == "sent"
    assert sink.ids == [queued.message_id] * 2


def test_after_a_second_doubt_people_decide(queued: Delivery, sink: Sink, later: Later) -> None:
    sink.plans.extend([{"END": None}, {"END": None}])
    attempt(queued)
    later(BACKOFF[0])
    assert attempt(queued) == "dead"
    assert sink.ids == [queued.message_id] * 2


def test_patience_grows_and_ends(queued: Delivery, sink: Sink, later: Later) -> None:
    sink.plans.extend([{"MAIL": "421 later"}] * 7)
    waited = timedelta(0)
    for step in BACKOFF:
        assert attempt(queued) == "queued"
        waited += step
        later(waited - timedelta(seconds=30))
        assert attempt(queued) is None
        later(waited)
    assert attempt(queued) == "dead"
    assert sink.connections == again(queued).attempts == 7


def test_a_server_that_is_away_costs_one_attempt_a_round(
    organization: Organization, give: Give, settings: Settings, nobody: dict[str, object]
) -> None:
    for n in range(3):
        give(PersonFactory(organization=organization, name=f"P{n}"))
    settings.MAILERS = nobody
    make_notices(organization=organization)
    with pytest.raises(Unreachable):
        deliver_due(organization=organization)
    with tenant(organization):
        assert sorted(Delivery.objects.values_list("attempts", "state")) == [
            (0, "queued"),
            (0, "queued"),
            (1, "queued"),
        ]


def test_a_server_that_lets_nobody_in_is_away_whatever_it_says(queued: Delivery, sink: Sink) -> None:
    sink.plans.append({"HELLO": "554 not you"})
    with pytest.raises(Unreachable):
        deliver(organization=queued.organization, delivery_id=queued.pk)
    assert again(queued).state == "queued"


def test_while_the_server_is_away_bells_do_not_ask_for_it(
    queued: Delivery, settings: Settings, sink: Sink, nobody: dict[str, object], later: Later
) -> None:
    settings.MAILERS = nobody
    sweep()
    settings.MAILERS = sink.mailers()
    later(BACKOFF[0])
    tell(queued.organization_id)
    assert sink.connections == 0
    sweep()
    assert sink.ids == [queued.message_id]


@pytest.mark.parametrize("silent_at", ["MAIL", "END"])
def test_a_silent_server_ends_the_round(
    organization: Organization, give: Give, sink: Sink, silent_at: str
) -> None:
    for n in range(3):
        give(PersonFactory(organization=organization, name=f"P{n}"))
    make_notices(organization=organization)
    sink.plans.append({silent_at: None})
    with pytest.raises(Unreachable):
        deliver_due(organization=organization)
    assert sink.connections == 1


def test_when_the_server_is_back_everything_goes_out(
    organization: Organization,
    give: Give,
    settings: Settings,
    later: Later,
    sink: Sink,
    nobody: dict[str, object],
) -> None:
    for n in range(5):
        give(PersonFactory(organization=organization, name=f"P{n}"))
    settings.MAILERS = nobody
    for hours in range(3):
        later(timedelta(hours=hours))
        sweep()
    settings.MAILERS = sink.mailers()
    later(timedelta(hours=5))
    sweep()
    assert len(set(sink.ids)) == len(sink.ids) == 5


def test_side_by_side_each_mail_goes_out_once(organization: Organization, give: Give, sink: Sink) -> None:
    for n in range(24):
        give(PersonFactory(organization=organization, name=f"P{n}"))
    make_notices(organization=organization)

    def work(_: int) -> int:
        try:
            return deliver_due(organization=organization)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(work, range(6))) == 24
    assert len(set(sink.ids)) == len(sink.ids) == 24


def test_no_transaction_is_open_while_the_server_thinks(queued: Delivery, sink: Sink) -> None:
    open_ones: list[tuple[int]] = []

    def look() -> None:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
            rows = other.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend'"
            )
            open_ones.extend(rows.fetchall())

    sink.on_message = look
    assert attempt(queued) == "sent"
    assert open_ones == [(0,)]


def test_the_attempt_is_counted_before_the_server_is_asked(queued: Delivery, sink: Sink) -> None:
    seen: list[tuple[int, str]] = []

    def look() -> None:
        row = again(queued)
        seen.append((row.attempts, row.state))
        connections.close_all()

    sink.on_message = look
    attempt(queued)
    assert seen == [(1, "sending")]


WORKER = """
import django, sys; django.setup()
from django.conf import settings
from notifications.delivering import deliver
from people.models import Organization
settings.MAILERS = {"default": {"BACKEND": "notifications.channels.smtp.EmailBackend",
                                "OPTIONS": {"host": "127.0.0.1", "port": int(sys.argv[1])}}}
deliver(organization=Organization.objects.get(pk=int(sys.argv[2])), delivery_id=int(sys.argv[3]))
"""


def killed_while_sending(delivery: Delivery, sink: Sink) -> None:
    """A worker hands the message over and is killed before it hears the answer."""
    arguments = [str(sink.server_address[1]), str(delivery.organization_id), str(delivery.pk)]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"}
    worker = subprocess.Popen([sys.executable, "-c", WORKER, *arguments], env=environment)
    arrived: list[bool] = []

    def kill() -> None:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        arrived.append(True)

    sink.on_message = kill
    worker.wait(timeout=300)
    deadline = time.monotonic() + 60
    while not arrived and time.monotonic() < deadline:
        time.sleep(0.01)
    sink.on_message = lambda: None
    assert worker.returncode == -signal.SIGKILL


def test_a_worker_killed_while_sending_leads_to_one_resend_that_says_so(
    queued: Delivery, sink: Sink, later: Later
) -> None:
    killed_while_sending(queued, sink)
    assert again(queued).state == "sending"
    assert attempt(queued) is None
    later(LEASE + timedelta(seconds=1))
    sweep()
    sent = again(queued)
    assert (sent.state, sent.attempts, sent.uncertain) == ("sent", 2, True)
    assert sink.ids == [queued.message_id] * 2


def test_a_mail_that_kills_its_worker_twice_is_left_to_people(
    queued: Delivery, sink: Sink, later: Later
) -> None:
    for minutes in (0, 4, 8):
        later(timedelta(minutes=minutes))
        claim_delivery(organization=queued.organization, delivery_id=queued.pk)
    dead = again(queued)
    assert (dead.state, dead.attempts, dead.uncertain) == ("dead", 2, True)
    assert sink.received == []


def test_one_who_comes_late_does_not_undo_what_another_did(
    queued: Delivery, sink: Sink, later: Later
) -> None:
    """A worker slower than its lease: another one has sent the mail and settled it meanwhile."""

    def overtake() -> None:
        sink.on_message = lambda: None
        later(LEASE + timedelta(seconds=1))
        attempt(queued)
        connections.close_all()

    sink.on_message = overtake
    sink.plans.append({"END": "421 too late"})
    attempt(queued)
    assert (again(queued).state, again(queued).attempts) == ("sent", 2)


def test_a_mail_that_cannot_be_written_does_not_stop_the_others(
    organization: Organization, give: Give, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notifications import delivering

    write = delivering.letter

    def poisoned(delivery: Delivery, notices: list[Notice]) -> object:
        if delivery.address.startswith("poison"):
            raise ZeroDivisionError("no such template")
        return write(delivery, notices)

    monkeypatch.setattr(delivering, "letter", poisoned)
    for name in ("poison", "fine"):
        give(PersonFactory(organization=organization, name=name, email=f"{name}@people.example"))
    make_notices(organization=organization)
    assert deliver_due(organization=organization) == 1
    with tenant(organization):
        rows = Delivery.objects.order_by("id").values_list("address", "state", "attempts", "last_error")
        assert list(rows) == [
            ("poison@people.example", "queued", 1, "no such template"),
            ("fine@people.example", "sent", 1, ""),
        ]


# --- what is no longer true when its turn comes


def test_nobody_is_congratulated_on_what_was_taken_back_meanwhile(
    queued: Delivery, sink: Sink, alice: Person
) -> None:
    with tenant(queued.organization):
        revoke_award(award=Award.objects.get(), by=alice, reason="Wrong person")
    sweep()
    with tenant(queued.organization):
        rows = Notice.objects.order_by("id").values_list("kind", "delivery__state", "left_out")
        assert list(rows) == [
            ("earned", "sent", "The badge had ended before this mail went out."),
            ("lost", "sent", ""),
        ]
    assert [message["Subject"] for message in sink.received] == ["Coach was taken back"]


def test_what_was_corrected_away_unsaid_is_not_mailed_as_lost(
    queued: Delivery, sink: Sink, alice: Person
) -> None:
    with tenant(queued.organization):
        revoke_award(award=Award.objects.get(), by=alice, reason="Counted twice")
        Award.objects.update(ended_why=EndedWhy.UNSUPPORTED)
    sweep()
    with tenant(queued.organization):
        rows = Notice.objects.order_by("id").values_list("kind", "delivery__state")
        assert list(rows) == [("earned", "withheld"), ("lost", "withheld")]
    assert sink.received == []


def test_nobody_who_left_is_written_to(queued: Delivery, sink: Sink, bob: Person) -> None:
    with tenant(queued.organization):
        Person.objects.filter(pk=bob.pk).update(left_on="2026-01-01")
    assert attempt(queued) == "withheld"
    assert sink.received == []


# --- trying again


def test_what_was_given_up_can_be_tried_again(queued: Delivery, sink: Sink, alice: Person) -> None:
    sink.plans.append({"RCPT": "550 no such user"})
    attempt(queued)
    with tenant(queued.organization):
        assert retry_delivery(delivery=queued, by=alice)
        assert not retry_delivery(delivery=queued, by=alice)
        entries = list(AuditEntry.objects.filter(action="delivery.retried").values_list("actor", "subject"))
        assert entries == [(alice.pk, "Mail to bob@riverside.example")]
    assert attempt(queued) == "sent"


def test_a_corrected_address_gets_what_waited_and_what_is_tried_again(
    queued: Delivery, sink: Sink, alice: Person, bob: Person
) -> None:
    def correct(email: str) -> None:
        with tenant(queued.organization):
            edit_person(person=bob, by=alice, email=email)

    correct("bob.brown@riverside.example")
    sink.plans.append({"RCPT": "550 no such user"})
    assert attempt(queued) == "dead"
    correct("robert@riverside.example")
    with tenant(queued.organization):
        retry_delivery(delivery=queued, by=alice)
    assert attempt(queued) == "sent"
    assert sink.recipients == [
        "rcpt to:<bob.brown@riverside.example>",
        "rcpt to:<robert@riverside.example>",
    ]
    assert again(queued).address == "robert@riverside.example"
