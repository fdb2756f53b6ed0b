"""Giving by hand, taking back, giving back."""

from datetime import UTC, datetime, timedelta

import pytest

from activity.models import PendingEvaluation
from badges.actions import Shortens, grant_by_hand, reinstate_award, revoke_award
from badges.defining import set_badge_state
from badges.models import Award, AwardEvent, AwardTally, Badge, Revocation
from badges.signals import award_changed
from people.changes import Refused
from people.models import AuditEntry, Organization, Person
from tests.factories import BadgeFactory, PersonFactory

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # in New York
pytestmark = pytest.mark.usefixtures("inside", "moment")


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badges.actions.now", lambda: NOON)


@pytest.fixture
def yearly(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, name="HIPAA Certified", ends_after="1 year")


def changes(award: Award) -> list[tuple[str, bool]]:
    return list(AwardEvent.objects.filter(award=award).order_by("pk").values_list("change", "to_tell"))


def count(person: Person) -> int:
    return AwardTally.objects.get(person=person.pk).badge_count


def ruled(badge: Badge, person: Person) -> Award:
    return Award.objects.create(
        organization=badge.organization, badge=badge, person=person, origin="rule",
        starts_at=NOON - timedelta(days=9), rule_version=1, recorded_at=NOON,
    )  # fmt: skip


def test_giving_leaves_an_award_an_event_to_tell_an_audit_entry_and_a_count(
    yearly: Badge, alice: Person, bob: Person
) -> None:
    award = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed the test.")
    assert (award.starts_at, award.expires_at) == (NOON, NOON.replace(year=2027))
    assert (award.given_by, award.reason, award.origin) == (alice, "Passed the test.", "hand")
    assert changes(award) == [("granted", True)]
    assert count(bob) == 1
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.details["award"]) == (alice, "award.granted", award.pk)
    assert [pending.person for pending in PendingEvaluation.objects.all()] == [bob]


def test_the_bell_rings_after_commit(
    yearly: Badge, alice: Person, bob: Person, django_capture_on_commit_callbacks: object
) -> None:
    heard: list[int] = []

    def hear(organization_id: int, **kwargs: object) -> None:
        heard.append(organization_id)

    award_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
            assert heard == []
    finally:
        award_changed.disconnect(hear)
    assert heard == [yearly.organization_id]


def test_a_badge_that_tells_nobody_leaves_nothing_to_tell(
    organization: Organization, alice: Person, bob: Person
) -> None:
    quiet = BadgeFactory(organization=organization, tells_on_grant=False, tells_on_loss=False)
    award = grant_by_hand(badge=quiet, person=bob, by=alice, reason="Passed.")
    revoke_award(award=award, by=alice, reason="Mistake.")
    assert changes(award) == [("granted", False), ("revoked", False)]


def test_giving_again_renews_and_never_makes_a_second(yearly: Badge, alice: Person, bob: Person) -> None:
    first = grant_by_hand(
        badge=yearly, person=bob, by=alice, reason="Passed.", starts_at=NOON - timedelta(days=300)
    )
    again = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed again.")
    assert again == first
    assert (again.starts_at, again.expires_at) == (NOON - timedelta(days=300), NOON.replace(year=2027))
    assert changes(first) == [("granted", True), ("renewed", False)]
    assert count(bob) == 1


def test_giving_for_an_earlier_day_dates_back_and_never_shortens(
    yearly: Badge, alice: Person, bob: Person
) -> None:
    first = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    earlier = NOON - timedelta(days=30)
    again = grant_by_hand(badge=yearly, person=bob, by=alice, reason="An older one.", starts_at=earlier)
    assert (again, again.starts_at, again.expires_at) == (first, earlier, first.expires_at)
    assert changes(first) == [("granted", True), ("corrected", False)]


def test_an_end_that_would_shorten_it_is_refused(yearly: Badge, alice: Person, bob: Person) -> None:
    first = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    with pytest.raises(Shortens, match="never shortens"):
        grant_by_hand(badge=yearly, person=bob, by=alice, reason="x", ends_at=NOON + timedelta(days=30))
    assert changes(first) == [("granted", True)]


def test_a_second_click_changes_nothing(
    yearly: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    monkeypatch.setattr("badges.actions.now", lambda: NOON + timedelta(seconds=1))
    assert grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.") == first
    assert changes(first) == [("granted", True)]
    assert AuditEntry.objects.count() == 1


def test_what_has_run_out_unnoticed_ends_before_it_is_given_anew(
    yearly: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    monkeypatch.setattr("badges.actions.now", lambda: NOON.replace(year=2028))
    new = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed again.")
    old.refresh_from_db()
    assert new != old
    assert (old.ended_at, old.ended_why) == (NOON.replace(year=2027), "expired")


@pytest.mark.parametrize(
    ("starts_at", "ends_after", "expires_at"),
    [
        (datetime(2026, 1, 31, 17, tzinfo=UTC), "1 month", datetime(2026, 2, 28, 17, tzinfo=UTC)),
        (datetime(2026, 3, 7, 7, 30, tzinfo=UTC), "1 day", datetime(2026, 3, 8, 7, 30, tzinfo=UTC)),
        (datetime(2026, 10, 31, 5, 30, tzinfo=UTC), "1 day", datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        (datetime(2024, 2, 29, 17, tzinfo=UTC), "10 years", datetime(2034, 2, 28, 17, tzinfo=UTC)),
    ],
    ids=["end of the month", "an hour that is not there", "an hour that comes twice", "leap day"],
)
def test_an_award_ends_by_the_organizations_calendar_and_clock(
    organization: Organization, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch,
    starts_at: datetime, ends_after: str, expires_at: datetime,
) -> None:  # fmt: skip
    monkeypatch.setattr("badges.actions.now", lambda: starts_at)
    badge = BadgeFactory(organization=organization, ends_after=ends_after)
    assert grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.").expires_at == expires_at


@pytest.mark.parametrize(
    ("badge", "days_back", "reason"),
    [
        ({"mode": "rule"}, 0, "cannot be given by hand"),
        ({"state": "draft"}, 0, "cannot be given by hand"),
        ({"state": "retired"}, 0, "cannot be given by hand"),
        ({"state": "withdrawn"}, 0, "cannot be given by hand"),
        ({}, -1, "lies ahead"),
        ({}, 60 * 365, "50 years back"),
        ({"ends_after": "1 month"}, 40, "would have ended already"),
    ],
)
def test_what_is_unsound_is_refused(
    organization: Organization, alice: Person, bob: Person, badge: dict[str, str], days_back: int, reason: str
) -> None:
    starts_at = NOON - timedelta(days=days_back)
    made = BadgeFactory(organization=organization, **badge)
    with pytest.raises(Refused, match=reason):
        grant_by_hand(badge=made, person=bob, by=alice, reason="Passed.", starts_at=starts_at)
    assert (Award.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_who_left_gets_nothing_new(organization: Organization, yearly: Badge, alice: Person) -> None:
    left = PersonFactory(organization=organization, left_on=NOON.date())
    with pytest.raises(Refused, match="has left"):
        grant_by_hand(badge=yearly, person=left, by=alice, reason="Passed.")


def test_taking_back_ends_with_a_reason_and_keeps_the_record(
    yearly: Badge, alice: Person, bob: Person
) -> None:
    award = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    revoke_award(award=award, by=alice, reason="The wrong Bob.")
    award.refresh_from_db()
    assert (award.ended_at, award.ended_why, award.end_reason) == (NOON, "revoked", "The wrong Bob.")
    assert changes(award) == [("granted", True), ("revoked", True)]
    assert count(bob) == 0
    assert Revocation.objects.count() == 0


def test_taking_back_twice_is_taking_back_once(yearly: Badge, alice: Person, bob: Person) -> None:
    award = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    revoke_award(award=award, by=alice, reason="The wrong Bob.")
    revoke_award(award=award, by=alice, reason="The wrong Bob.")
    with pytest.raises(Refused, match="taken back already, with the reason “The wrong Bob.”"):
        revoke_award(award=award, by=alice, reason="Once more.")
    award.refresh_from_db()
    assert award.end_reason == "The wrong Bob."
    assert changes(award) == [("granted", True), ("revoked", True)]


def test_taking_back_needs_a_reason(yearly: Badge, alice: Person, bob: Person) -> None:
    award = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    with pytest.raises(Refused, match="Say why"):
        revoke_award(award=award, by=alice, reason=" ")


def test_what_ended_by_itself_can_be_neither_taken_nor_given_back(
    yearly: Badge, alice: Person, bob: Person
) -> None:
    award = ruled(yearly, bob)
    Award.objects.filter(pk=award.pk).update(ended_at=NOON, ended_why="lapsed")
    with pytest.raises(Refused, match="ended already"):
        revoke_award(award=award, by=alice, reason="Mistake.")
    with pytest.raises(Refused, match="ended by itself"):
        reinstate_award(award=award, by=alice)


def test_taking_back_a_rules_award_leaves_a_revocation_for_the_rule(
    yearly: Badge, alice: Person, bob: Person
) -> None:
    award = ruled(yearly, bob)
    revoke_award(award=award, by=alice, reason="Entered by mistake.")
    revocation = Revocation.objects.get()
    assert (revocation.award, revocation.revoked_at, revocation.lifted_at) == (award, NOON, None)
    assert [pending.person for pending in PendingEvaluation.objects.all()] == [bob]


@pytest.mark.parametrize("origin", ["hand", "rule"])
def test_giving_back_is_as_though_it_had_never_been_taken(
    yearly: Badge, alice: Person, bob: Person, origin: str
) -> None:
    award = (
        ruled(yearly, bob)
        if origin == "rule"
        else grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    )
    starts_at = award.starts_at
    revoke_award(award=award, by=alice, reason="Mistake.")
    reinstate_award(award=award, by=alice, reason="No mistake after all.")
    award.refresh_from_db()
    assert (award.ended_at, award.ended_why, award.end_reason, award.starts_at) == (None, "", "", starts_at)
    assert Revocation.objects.filter(lifted_at=None).count() == 0
    assert changes(award)[-2][0] == "revoked"
    assert changes(award)[-1][0] == "reinstated"
    assert count(bob) == 1


def test_giving_back_twice_is_giving_back_once(yearly: Badge, alice: Person, bob: Person) -> None:
    award = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    revoke_award(award=award, by=alice, reason="Mistake.")
    reinstate_award(award=award, by=alice)
    reinstate_award(award=award, by=alice)
    assert [change for change, _ in changes(award)] == ["granted", "revoked", "reinstated"]


def test_by_hand_what_was_given_anew_meanwhile_is_not_given_back_too(
    yearly: Badge, alice: Person, bob: Person
) -> None:
    award = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    revoke_award(award=award, by=alice, reason="Mistake.")
    grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed in the end.")
    with pytest.raises(Refused, match="again already"):
        reinstate_award(award=award, by=alice)


def test_given_back_after_its_time_it_ends_when_its_time_ran_out(
    yearly: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    award = grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    revoke_award(award=award, by=alice, reason="Mistake.")
    monkeypatch.setattr("badges.actions.now", lambda: NOON.replace(year=2028))
    reinstate_award(award=award, by=alice)
    award.refresh_from_db()
    assert (award.ended_at, award.ended_why) == (award.expires_at, "expired")


def test_a_badge_held_by_hand_and_by_rule_counts_once(yearly: Badge, alice: Person, bob: Person) -> None:
    ruled(yearly, bob)
    grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    assert count(bob) == 1


def test_a_withdrawn_badge_counts_for_nobody_until_it_is_there_again(
    yearly: Badge, alice: Person, bob: Person
) -> None:
    grant_by_hand(badge=yearly, person=bob, by=alice, reason="Passed.")
    set_badge_state(badge=yearly, state="withdrawn", by=alice, reason="The course was not accredited.")
    assert count(bob) == 0
    set_badge_state(badge=yearly, state="retired", by=alice)
    assert count(bob) == 1
