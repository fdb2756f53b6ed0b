"""Many at once, with real commits: one award, one event, one count."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from badges.actions import grant_by_hand, reinstate_award, revoke_award
from badges.evidence import Piece, add_evidence
from badges.models import Award, AwardEvent, AwardTally, Badge, Evidence
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory

pytestmark = pytest.mark.usefixtures("committed_db")


def at_once(organization: Organization, action: Callable[[], object], times: int = 32) -> None:
    def work(_: int) -> None:
        try:
            with tenant(organization):
                action()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        list(pool.map(work, range(times)))


def history(person: Person) -> tuple[int, list[str], int]:
    with tenant(person.organization):
        changes = list(AwardEvent.objects.order_by("pk").values_list("change", flat=True))
        return Award.objects.count(), changes, AwardTally.objects.get(person=person.pk).badge_count


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, ends_after="1 year")


def test_thirty_two_clicks_give_one_badge(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    at_once(organization, lambda: grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed."))
    assert history(bob) == (1, ["granted"], 1)


def test_thirty_two_clicks_take_it_back_once_and_give_it_back_once(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    with tenant(organization):
        award = grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
    at_once(organization, lambda: revoke_award(award=award, by=alice, reason="Mistake."))
    assert history(bob) == (1, ["granted", "revoked"], 0)
    at_once(organization, lambda: reinstate_award(award=award, by=alice))
    assert history(bob) == (1, ["granted", "revoked", "reinstated"], 1)


def test_different_badges_at_once_are_all_counted(
    organization: Organization, alice: Person, bob: Person
) -> None:
    badges = [BadgeFactory(organization=organization) for _ in range(16)]
    at_once(
        organization, lambda: grant_by_hand(badge=badges.pop(), person=bob, by=alice, reason="Passed."), 16
    )
    assert history(bob) == (16, ["granted"] * 16, 16)


def test_thirty_two_clicks_add_evidence_once(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    with tenant(organization):
        award = grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
    pieces = [Piece(link="https://example.org/certificate/7")]
    at_once(organization, lambda: add_evidence(award=award, by=alice, pieces=pieces))
    with tenant(organization):
        assert Evidence.objects.count() == 1
