"""A badge that is withdrawn or retired while somebody is getting it, each on a connection of its own."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import psycopg
import pytest
from django.db import connection

from badges.actions import grant_by_hand, reinstate_award, revoke_award
from badges.defining import set_badge_state
from badges.granting import HandGrant, give_many
from badges.models import Award, AwardTally, Badge
from people.changes import Refused
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory

pytestmark = pytest.mark.usefixtures("committed_db")
Deed = Callable[[Badge, Person, Person], object]


def by_hand(badge: Badge, alice: Person, bob: Person) -> object:
    return grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")


def in_bulk(badge: Badge, alice: Person, bob: Person) -> object:
    grant = HandGrant(bob.pk, badge, now(), None, "Passed.")
    return give_many(organization=badge.organization, by=alice, grants=[grant], tells=False)


def anew(badge: Badge, alice: Person, bob: Person) -> object:
    return reinstate_award(award=Award.objects.get(person=bob), by=alice)


@pytest.fixture
def badge(organization: Organization, alice: Person, bob: Person) -> Badge:
    """Somebody else has it, and Bob had it once."""
    badge = BadgeFactory(organization=organization, ends_after="1 year")
    with tenant(organization):
        other = PersonFactory(organization=organization)
        grant_by_hand(badge=badge, person=other, by=alice, reason="Passed.")
    return badge


def waiters() -> int:
    """How many wait for somebody else's lock: asked on a connection that is in no transaction."""
    with psycopg.connect(os.environ["SUPERUSER_DATABASE_URL"], autocommit=True) as outside:
        [row] = outside.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchall()
    return int(row[0])


def beside(organization: Organization, first: Callable[[], object], second: Callable[[], object]) -> object:
    """The first does its deed and commits only once the second waits for it; what the second came to."""
    is_done, may_go = Event(), Event()

    def begin() -> None:
        with tenant(organization):
            first()
            is_done.set()
            assert may_go.wait(20)
        connection.close()

    def follow() -> object:
        assert is_done.wait(20)
        try:
            with tenant(organization):
                return second()
        except Refused as refused:
            return str(refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(begin), pool.submit(follow)]
        while not waiters() and not any(one.done() for one in both):
            pass
        may_go.set()
        both[0].result()
        return both[1].result()


def counted(person: Person) -> int:
    with tenant(person.organization):
        return AwardTally.objects.get(person=person.pk).badge_count


@pytest.mark.parametrize("give", [by_hand, in_bulk, anew])
def test_what_was_given_first_is_withdrawn_from_everybody(
    organization: Organization, badge: Badge, alice: Person, bob: Person, give: Deed
) -> None:
    if give is anew:
        with tenant(organization):
            revoke_award(award=by_hand(badge, alice, bob), by=alice, reason="Mistake.")  # type: ignore[arg-type]
    beside(
        organization,
        lambda: give(badge, alice, bob),
        lambda: set_badge_state(badge=badge, state="withdrawn", by=alice, reason="Never meant."),
    )
    with tenant(organization):
        assert Award.objects.standing().filter(person=bob).count() == 1, "it stays on record"
        assert set(AwardTally.objects.values_list("badge_count", flat=True)) == {0}


@pytest.mark.parametrize("state", ["withdrawn", "retired"])
def test_what_is_given_afterwards_is_refused(
    organization: Organization, badge: Badge, alice: Person, bob: Person, state: str
) -> None:
    told = beside(
        organization,
        lambda: set_badge_state(badge=badge, state=state, by=alice, reason="Never meant."),
        lambda: by_hand(badge, alice, bob),
    )
    assert (told, counted(bob)) == (f"{badge} cannot be given by hand.", 0)


def test_what_is_given_by_whoever_asked_before_counts_for_nobody(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    """Bulk edits, imports and rules ask about a badge before; what they write waits, and is counted right."""
    beside(
        organization,
        lambda: set_badge_state(badge=badge, state="withdrawn", by=alice, reason="Never meant."),
        lambda: in_bulk(badge, alice, bob),
    )
    assert counted(bob) == 0
