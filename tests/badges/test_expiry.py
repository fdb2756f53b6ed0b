"""Awards whose time has come: ended once, told once, and nobody waits for it."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from activity.models import NEVER, PendingEvaluation
from badges import expiry
from badges.actions import grant_by_hand, withhold_notices
from badges.counts import lock_people, recount_everybody
from badges.endings import write_down, write_what_is_told
from badges.expiry import end_due_awards
from badges.models import Award, AwardEvent, AwardTally, Badge, EndedWhy, Ending
from boards.history import history
from notifications.actions import make_notices
from notifications.models import Notice
from people.clock import now, telling
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory

LATER = timedelta(days=400)


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, ends_after="1 year")


def give(badge: Badge, person: Person, by: Person) -> Award:
    """And every rule has looked at it."""
    with tenant(badge.organization):
        award = grant_by_hand(badge=badge, person=person, by=by, reason="Passed.")
        PendingEvaluation.objects.all().delete()
    return award


def end_all(organization: Organization) -> int:
    return end_due_awards(organization=organization, now=now() + LATER)


def changes(award: Award) -> list[tuple[str, bool]]:
    with tenant(award.organization):
        return list(AwardEvent.objects.filter(award=award).order_by("pk").values_list("change", "to_tell"))


def tally(person: Person) -> tuple[int, object]:
    with tenant(person.organization):
        return AwardTally.objects.values_list("badge_count", "latest_at").get(person=person)


def test_it_ends_to_the_instant_and_the_award_alone_says_so(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    award = give(badge, bob, alice)
    assert tally(bob) == (1, award.starts_at)
    assert (end_all(organization), end_all(organization)) == (1, 0)
    assert tally(bob) == (0, NEVER)
    with tenant(organization):
        award.refresh_from_db()
        assert (award.ended_at, award.ended_why) == (award.expires_at, EndedWhy.EXPIRED)
        assert [change for change, _ in changes(award)] == ["granted"]
        past = history(bob, alice)
        shown = [(event.change, event.happened_at) for event in past[:9]]  # type: ignore[attr-defined]
        assert shown == [("ended", award.expires_at), ("granted", award.starts_at)]
        assert (len(past), [event.change for event in history(bob, alice, "lost")[:9]]) == (2, ["ended"])
    assert recount_everybody(organization=organization) == 0


def test_who_is_to_be_told_is_told_once(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    quiet = BadgeFactory(organization=organization, ends_after="1 year", tells_on_loss=False)
    award, untold = give(badge, bob, alice), give(quiet, bob, alice)
    make_notices(organization=organization)
    end_all(organization)
    with telling(now() + LATER):
        for _ in range(2):
            make_notices(organization=organization)
    with tenant(organization):
        assert list(Notice.objects.filter(kind="lost").values_list("award", flat=True)) == [award.pk]
        assert not Ending.objects.exists()
        assert [event.change for event in history(bob, alice, "lost")[:9]] == ["ended", "ended"]
    assert (changes(award)[1:], changes(untold)[1:]) == ([("ended", False)], [])


@pytest.mark.parametrize(("stands_again", "told"), [(False, 1), (True, 0)])
def test_a_change_before_it_is_told_loses_no_loss_and_makes_none(
    organization: Organization, badge: Badge, alice: Person, bob: Person, stands_again: bool, told: int
) -> None:
    award = give(badge, bob, alice)
    make_notices(organization=organization)
    end_all(organization)
    with tenant(organization):
        write_down(organization.pk, [award.pk])
        if stands_again:
            Award.objects.filter(pk=award.pk).update(ended_at=None, ended_why="", expires_at=None)
    with telling(now() + LATER):
        make_notices(organization=organization)
    with tenant(organization):
        assert Notice.objects.filter(kind="lost").count() == told
    assert changes(award)[1:] == [("ended", False)]


def test_a_history_that_is_loaded_tells_nobody(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    award = give(badge, bob, alice)
    end_all(organization)
    with tenant(organization):
        withhold_notices(organization=organization)
    write_what_is_told(organization=organization)
    assert [change for change, _ in changes(award)] == ["granted"]


def test_it_cannot_stand_again_without_an_event_of_its_end(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    award = give(badge, bob, alice)
    end_all(organization)
    with tenant(organization):
        again = Award.objects.filter(pk=award.pk)
        with pytest.raises(IntegrityError, match="award_ended_in_time"), transaction.atomic():
            again.update(ended_at=None, ended_why="")
        write_down(organization.pk, [award.pk])
        write_down(organization.pk, [award.pk])
        again.update(ended_at=None, ended_why="")
    assert [change for change, _ in changes(award)] == ["granted", "ended"]


def test_who_has_something_unseen_is_left_for_the_next_time(
    organization: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    give(badge, bob, alice)
    give(badge, PersonFactory(organization=organization), alice)
    with tenant(organization):
        PendingEvaluation.objects.create(organization=organization, person=bob)
    assert end_all(organization) == 1
    with tenant(organization):
        PendingEvaluation.objects.all().delete()
    assert end_all(organization) == 1


@pytest.mark.usefixtures("committed_db")
def test_telling_leaves_alone_whose_awards_are_being_changed(
    organization: Organization, alice: Person, bob: Person
) -> None:
    badges = [BadgeFactory(organization=organization, ends_after="1 year") for _ in range(2)]
    one, other = (give(badge, bob, alice) for badge in badges)
    end_all(organization)

    def tell() -> None:
        try:
            write_what_is_told(organization=organization)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with tenant(organization):
            lock_people(organization.pk, [bob.pk])
            write_down(organization.pk, [one.pk])
            told = pool.submit(tell)
            while not (somebody_waits() or told.done()):
                time.sleep(0.01)
            write_down(organization.pk, [other.pk])
        told.result(300)
    with tenant(organization):
        assert Ending.objects.exists()
    write_what_is_told(organization=organization)
    with tenant(organization):
        assert not Ending.objects.exists()
    assert [changes(award)[1:] for award in (one, other)] == [[("ended", True)]] * 2


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchall()[0][0])


@pytest.mark.usefixtures("committed_db")
def test_who_is_being_worked_on_is_left_for_the_next_time(
    organization: Organization, badge: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "BATCH", 2)
    people = [bob, *(PersonFactory(organization=organization) for _ in range(4))]
    for person in people:
        give(badge, person, alice)

    def swept() -> int:
        try:
            return end_all(organization)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with tenant(organization):
            Person.objects.select_for_update(no_key=True).get(pk=bob.pk)
            assert pool.submit(swept).result(300) == 4
        assert pool.submit(swept).result(300) == 1
    write_what_is_told(organization=organization)
    with tenant(organization):
        assert AwardEvent.objects.filter(change="ended", to_tell=True).count() == 5
        assert set(AwardTally.objects.values_list("badge_count", flat=True)) == {0}
