"""Bulk edits: what is previewed is what happens, once, and undone exactly."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from badges import batch_work, batches
from badges.actions import grant_by_hand, reinstate_award, revoke_award
from badges.batch_work import work_on_batch
from badges.batches import draft_batch, forget_drafts, plan_batch, start_batch, undo_batch
from badges.counts import recount_badges
from badges.defining import set_badge_state
from badges.models import Award, AwardEvent, AwardTally, Badge, Batch, BatchEntry
from badges.statistics import overview
from boards.history import history
from notifications.actions import make_notices
from notifications.models import Delivery, Notice
from people.changes import Refused
from people.models import AuditEntry, Organization, Person
from people.roles import Role
from rules.dry_run import dry_run
from rules.showcase import figures
from tests.factories import (
    BadgeFactory,
    LocationFactory,
    PersonFactory,
    RoleAssignmentFactory,
)

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)  # in New York
pytestmark = pytest.mark.usefixtures("inside", "moment")
MODULES = ("badges.actions", "badges.batches", "badges.batch_work", "badges.batch_undo", "people.clock")


def clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    for module in MODULES:
        monkeypatch.setattr(f"{module}.now", lambda: moment)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> None:
    clock(monkeypatch, NOON)


@pytest.fixture
def hipaa(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="hipaa", name="HIPAA Certified", ends_after="1 year")


@pytest.fixture
def walker(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="walker", name="Waste Walker")


@pytest.fixture
def burst(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="burst", name="Kaizen Burst", mode="both")


def people(organization: Organization, number: int, **fields: Any) -> list[Person]:
    return [PersonFactory(organization=organization, **fields) for _ in range(number)]


def by_rule(badge: Badge, person: Person) -> Award:
    award = Award.objects.create(
        organization=badge.organization, badge=badge, person=person, origin="rule",
        starts_at=NOON - timedelta(days=9), rule_version=1, recorded_at=NOON,
    )  # fmt: skip
    recount_badges(badge.organization_id, [person.pk])
    return award


def drafted(by: Person, verb: str, persons: Sequence[Person], *badges: Badge, **said: Any) -> Batch:
    batch = draft_batch(by=by, verb=verb, person_ids=[person.pk for person in persons])
    return plan_batch(batch=batch, verb=verb, badges=badges, reason="Session 14.", **said)


def work(batch: Batch) -> Batch:
    assert work_on_batch(organization=batch.organization, batch_id=batch.pk) is False
    batch.refresh_from_db()
    return batch


def started(by: Person, verb: str, persons: Sequence[Person], *badges: Badge, **said: Any) -> Batch:
    batch = drafted(by, verb, persons, *badges, **said)
    assert start_batch(batch=batch, by=by, planned_at=batch.planned_at) is True
    return work(batch)


def undone(batch: Batch, by: Person) -> Batch:
    assert undo_batch(batch=batch, by=by) is True
    return work(batch)


def standing(person: Person) -> list[tuple[str, str]]:
    awards = Award.objects.standing().filter(person=person)
    return list(awards.order_by("badge__slug", "origin").values_list("badge__slug", "origin"))


def everything() -> list[dict[str, Any]]:
    return list(Award.objects.order_by("pk").values())


def count(person: Person) -> int:
    return AwardTally.objects.get(person=person.pk).badge_count


def outcomes(batch: Batch, column: str = "outcome") -> list[tuple[int, str, str]]:
    return list(
        BatchEntry.objects.filter(batch=batch).order_by("person_id").values_list("person", column, "why")
    )


def steps(batch: Batch) -> list[list[str]]:
    return [
        [step["do"] for step in entry.steps]
        for entry in BatchEntry.objects.filter(batch=batch).order_by("person_id")
    ]


# --- what each verb does


def test_adding_gives_renews_and_leaves_what_is_held(
    organization: Organization, hipaa: Badge, alice: Person
) -> None:
    new, old, held = people(organization, 3)
    grant_by_hand(badge=hipaa, person=old, by=alice, reason="Then.", starts_at=NOON - timedelta(days=300))
    grant_by_hand(badge=hipaa, person=held, by=alice, reason="Then.")
    batch = started(alice, "add", [new, old, held], hipaa)
    assert outcomes(batch) == [(new.pk, "changed", ""), (old.pk, "changed", ""), (held.pk, "unchanged", "")]
    assert steps(batch) == [["give"], ["renew"], ["held"]]
    assert (batch.state, batch.done, batch.people) == ("done", 3, 3)
    awards = Award.objects.order_by("person_id").values_list("starts_at", "expires_at", "reason", "given_by")
    assert list(awards) == [
        (NOON, NOON.replace(year=2027), "Session 14.", alice.pk),
        (NOON - timedelta(days=300), NOON.replace(year=2027), "Then.", alice.pk),
        (NOON, NOON.replace(year=2027), "Then.", alice.pk),
    ]
    assert [count(person) for person in (new, old, held)] == [1, 1, 1]


def test_a_batch_gives_as_giving_one_by_one_does(
    organization: Organization, hipaa: Badge, alice: Person
) -> None:
    one, many = people(organization, 2)
    day = NOON - timedelta(days=40)
    grant_by_hand(badge=hipaa, person=one, by=alice, reason="Session 14.", starts_at=day)
    started(alice, "add", [many], hipaa, starts_at=day)
    first, second = Award.objects.order_by("pk").values()
    differs = {"id", "person_id"}
    assert {k: v for k, v in first.items() if k not in differs} == {
        k: v for k, v in second.items() if k not in differs
    }
    events = AwardEvent.objects.order_by("pk").values_list("change", "at", "actor", "reason", "to_tell")
    assert list(events) == [("granted", NOON, alice.pk, "Session 14.", True)] * 2


def test_removing_takes_back_what_was_given_by_hand(
    organization: Organization, hipaa: Badge, burst: Badge, alice: Person
) -> None:
    hand, rule, nothing = people(organization, 3)
    grant_by_hand(badge=burst, person=hand, by=alice, reason="Then.")
    grant_by_hand(badge=hipaa, person=hand, by=alice, reason="Then.")
    by_rule(burst, rule)
    batch = started(alice, "remove", [hand, rule, nothing], burst)
    assert steps(batch) == [["take_back"], ["by_rule"], ["absent"]]
    assert (standing(hand), standing(rule)) == ([("hipaa", "hand")], [("burst", "rule")])
    taken = Award.objects.get(badge=burst, person=hand)
    assert (taken.ended_at, taken.ended_why, taken.end_reason) == (NOON, "revoked", "Session 14.")
    assert count(hand) == 1


def test_replacing_leaves_exactly_the_listed_ones_and_those_of_rules(
    organization: Organization, hipaa: Badge, walker: Badge, burst: Badge, alice: Person
) -> None:
    first, second = people(organization, 2)
    for badge in (walker, burst):
        grant_by_hand(badge=badge, person=first, by=alice, reason="Then.")
    rules_own = by_rule(burst, first)
    batch = started(alice, "replace", [first, second], hipaa)
    assert steps(batch) == [["give", "take_back", "take_back"], ["give"]]
    assert standing(first) == [("burst", "rule"), ("hipaa", "hand")]
    assert standing(second) == [("hipaa", "hand")]
    assert list(AwardEvent.objects.filter(award=rules_own)) == []
    assert BatchEntry.objects.get(batch=batch, person=first).kept_by_rule == 1


def test_clearing_leaves_what_rules_gave(
    organization: Organization, hipaa: Badge, burst: Badge, alice: Person
) -> None:
    first, second = people(organization, 2)
    grant_by_hand(badge=hipaa, person=first, by=alice, reason="Then.")
    rules_own = [by_rule(burst, person) for person in (first, second)]
    before = list(Award.objects.filter(origin="rule").order_by("pk").values())
    batch = started(alice, "clear", [first, second])
    assert outcomes(batch) == [(first.pk, "changed", ""), (second.pk, "unchanged", "")]
    assert list(Award.objects.filter(origin="rule").order_by("pk").values()) == before
    assert AwardEvent.objects.filter(award__in=rules_own).count() == 0
    assert (standing(first), count(first)) == ([("burst", "rule")], 1)


def test_clearing_leaves_withdrawn_badges_alone(
    organization: Organization, hipaa: Badge, alice: Person, bob: Person
) -> None:
    grant_by_hand(badge=hipaa, person=bob, by=alice, reason="Then.")
    set_badge_state(badge=hipaa, state="withdrawn", by=alice, reason="Never meant.")
    batch = started(alice, "clear", [bob])
    assert outcomes(batch) == [(bob.pk, "unchanged", "")]
    assert standing(bob) == [("hipaa", "hand")]


def test_what_has_run_out_unnoticed_ends_before_it_is_given_anew(
    organization: Organization, hipaa: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = grant_by_hand(badge=hipaa, person=bob, by=alice, reason="Then.")
    clock(monkeypatch, NOON.replace(year=2028))
    started(alice, "add", [bob], hipaa)
    old.refresh_from_db()
    assert (old.ended_at, old.ended_why) == (NOON.replace(year=2027), "expired")
    assert standing(bob) == [("hipaa", "hand")]


# --- who is left out


def test_who_left_gets_nothing_but_can_lose(organization: Organization, hipaa: Badge, alice: Person) -> None:
    gone = PersonFactory(organization=organization)
    grant_by_hand(badge=hipaa, person=gone, by=alice, reason="Then.")
    Person.objects.filter(pk=gone.pk).update(left_on=NOON.date())
    assert outcomes(drafted(alice, "add", [gone], hipaa), "planned") == [(gone.pk, "left_out", "gone")]
    assert outcomes(drafted(alice, "replace", [gone], hipaa), "planned") == [(gone.pk, "left_out", "gone")]
    assert outcomes(started(alice, "clear", [gone])) == [(gone.pk, "changed", "")]


@pytest.mark.parametrize("role", [Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR])
def test_people_outside_the_administrators_locations_stay_unchanged(
    organization: Organization, hipaa: Badge, role: Role
) -> None:
    """Both administrations are needed, so the narrower of the two decides."""
    ward, other = LocationFactory(organization=organization), LocationFactory(organization=organization)
    bay = LocationFactory(organization=organization, parent=ward)
    dana = PersonFactory(organization=organization)
    for each in (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
        place = ward if each == role else None
        RoleAssignmentFactory(organization=organization, person=dana, role=each, location=place)
    inside, below, outside, nowhere = (
        PersonFactory(organization=organization, location=place) for place in (ward, bay, other, None)
    )
    batch = started(dana, "replace", [inside, below, outside, nowhere], hipaa)
    assert outcomes(batch) == [
        (inside.pk, "changed", ""),
        (below.pk, "changed", ""),
        (outside.pk, "left_out", "outside"),
        (nowhere.pk, "left_out", "outside"),
    ]
    assert [standing(person) for person in (outside, nowhere)] == [[], []]


def test_who_moved_away_after_the_preview_is_left_out(organization: Organization, hipaa: Badge) -> None:
    ward, other = LocationFactory(organization=organization), LocationFactory(organization=organization)
    dana = PersonFactory(organization=organization)
    for role in (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
        RoleAssignmentFactory(organization=organization, person=dana, role=role, location=ward)
    mover = PersonFactory(organization=organization, location=ward)
    batch = drafted(dana, "add", [mover], hipaa)
    Person.objects.filter(pk=mover.pk).update(location=other)
    start_batch(batch=batch, by=dana, planned_at=batch.planned_at)
    assert outcomes(work(batch)) == [(mover.pk, "left_out", "outside")]


def test_a_badge_that_is_retired_after_the_preview_costs_nobody_theirs(
    organization: Organization, hipaa: Badge, walker: Badge, alice: Person, bob: Person
) -> None:
    grant_by_hand(badge=walker, person=bob, by=alice, reason="Then.")
    batch = drafted(alice, "replace", [bob], hipaa)
    set_badge_state(badge=hipaa, state="retired", by=alice)
    start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    assert outcomes(work(batch)) == [(bob.pk, "left_out", "badge")]
    assert standing(bob) == [("walker", "hand")]


# --- the preview


def test_the_preview_changes_nothing_and_is_what_happens(
    organization: Organization, hipaa: Badge, walker: Badge, burst: Badge, alice: Person
) -> None:
    persons = people(organization, 4)
    persons.append(PersonFactory(organization=organization, left_on=NOON.date()))
    grant_by_hand(badge=hipaa, person=persons[0], by=alice, reason="Then.")
    for person in persons[1:3]:
        grant_by_hand(badge=walker, person=person, by=alice, reason="Then.")
        by_rule(burst, person)
    before = everything()
    batch = drafted(alice, "replace", persons, hipaa)
    assert everything() == before
    fields = ("person", "planned", "why", "steps", "kept_by_rule", "is_mailed")
    planned = list(batch.entries.order_by("person_id").values_list(*fields))
    start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    work(batch)
    assert list(batch.entries.order_by("person_id").values_list(*fields)) == planned
    assert list(batch.entries.order_by("person_id").values_list("outcome", flat=True)) == [
        row[1] for row in planned
    ]


def test_as_many_people_get_mail_as_the_preview_said(
    organization: Organization, hipaa: Badge, burst: Badge, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiet = BadgeFactory(organization=organization, slug="quiet", tells_on_grant=False, tells_on_loss=False)
    new, loser, kept, unreachable = people(organization, 4)
    mute = PersonFactory(organization=organization, email="")
    for badge, person in ((burst, loser), (burst, kept), (quiet, loser), (burst, unreachable)):
        grant_by_hand(badge=badge, person=person, by=alice, reason="Then.")
    by_rule(burst, kept)
    Person.objects.filter(pk=unreachable.pk).update(left_on=NOON.date())
    AwardEvent.objects.update(to_tell=False)
    batch = started(alice, "replace", [new, loser, kept, unreachable, mute], hipaa)
    said = list(batch.entries.order_by("person_id").values_list("is_mailed", flat=True))
    assert said == [True, True, True, False, False]
    clock(monkeypatch, NOON + timedelta(minutes=15))
    make_notices(organization=organization)
    assert Delivery.objects.values("address").distinct().count() == sum(said)


def test_a_batch_may_be_told_to_send_nothing(
    organization: Organization, hipaa: Badge, alice: Person, bob: Person
) -> None:
    batch = started(alice, "add", [bob], hipaa, tells=False)
    assert batch.entries.get().is_mailed is False
    assert list(AwardEvent.objects.values_list("to_tell", "tell_after")) == [(False, None)]


def test_a_draft_can_be_planned_anew(
    organization: Organization, hipaa: Badge, walker: Badge, alice: Person, bob: Person
) -> None:
    batch = drafted(alice, "add", [bob], hipaa, walker)
    plan_batch(batch=batch, verb="clear", badges=[hipaa], reason="Other.")
    assert list(batch.badges.all()) == []
    plan_batch(batch=batch, verb="add", badges=[walker], reason="Other.")
    start_batch(batch=batch, by=alice, planned_at=Batch.objects.get().planned_at)
    work(batch)
    assert standing(bob) == [("walker", "hand")]


@pytest.mark.parametrize(
    ("verb", "badge", "reason", "message"),
    [
        ("add", {}, " ", "Say why"),
        ("add", None, "Why.", "at least one badge"),
        ("shred", {}, "Why.", "what to do"),
        ("add", {"mode": "rule"}, "Why.", "cannot be given by hand"),
        ("replace", {"state": "draft"}, "Why.", "cannot be given by hand"),
    ],
)
def test_what_is_unsound_is_refused(
    organization: Organization, alice: Person, bob: Person,
    verb: str, badge: dict[str, str] | None, reason: str, message: str,
) -> None:  # fmt: skip
    badges = [] if badge is None else [BadgeFactory(organization=organization, **badge)]
    batch = draft_batch(by=alice, verb="add", person_ids=[bob.pk])
    with pytest.raises(Refused, match=message):
        plan_batch(batch=batch, verb=verb, badges=badges, reason=reason)


def test_a_day_that_lies_ahead_is_refused(hipaa: Badge, alice: Person, bob: Person) -> None:
    with pytest.raises(Refused, match="lies ahead"):
        drafted(alice, "add", [bob], hipaa, starts_at=NOON + timedelta(days=1))
    with pytest.raises(Refused, match="ended already"):
        drafted(alice, "add", [bob], hipaa, starts_at=NOON - timedelta(days=400))


def test_nobody_is_nobody(alice: Person) -> None:
    for ids in ([], [10**17]):
        with pytest.raises(Refused, match="Nobody is chosen"):
            draft_batch(by=alice, verb="add", person_ids=ids)


def test_too_many_are_refused(alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_PEOPLE", 2)
    with pytest.raises(Refused, match="more than 2 people"):
        draft_batch(by=alice, verb="add", person_ids=[1, 2, 3])


def test_people_are_taken_once(alice: Person, bob: Person) -> None:
    batch = draft_batch(by=alice, verb="add", person_ids=[bob.pk, 10**17, bob.pk])
    assert (batch.people, [entry.person for entry in batch.entries.all()]) == (1, [bob])


# --- starting


def test_a_second_start_does_nothing(hipaa: Badge, alice: Person, bob: Person) -> None:
    batch = started(alice, "add", [bob], hipaa)
    before = everything()
    assert start_batch(batch=batch, by=alice, planned_at=batch.planned_at) is False
    work(batch)
    assert everything() == before
    assert AuditEntry.objects.filter(action="batch.started").count() == 1


def test_what_was_not_previewed_does_not_start(
    hipaa: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = drafted(alice, "add", [bob], hipaa)
    with pytest.raises(Refused, match="changed meanwhile"):
        start_batch(batch=batch, by=alice, planned_at=NOON - timedelta(seconds=1))
    clock(monkeypatch, NOON + timedelta(days=2))
    with pytest.raises(Refused, match="a day old"):
        start_batch(batch=batch, by=alice, planned_at=NOON)
    with pytest.raises(Refused, match="has not started"):
        undo_batch(batch=batch, by=alice)
    work(batch)
    assert Award.objects.count() == 0


def test_what_has_started_cannot_be_planned_anew(hipaa: Badge, alice: Person, bob: Person) -> None:
    batch = started(alice, "add", [bob], hipaa)
    with pytest.raises(Refused, match="started already"):
        plan_batch(batch=batch, verb="clear", badges=[], reason="Why.")


def test_drafts_are_forgotten_and_nothing_else(hipaa: Badge, alice: Person, bob: Person) -> None:
    kept = started(alice, "add", [bob], hipaa)
    drafted(alice, "remove", [bob], hipaa)
    assert forget_drafts(made_before=NOON) == 0
    assert forget_drafts(made_before=NOON + timedelta(seconds=1)) == 1
    assert list(Batch.objects.all()) == [kept]
    assert BatchEntry.objects.count() == 1


# --- undoing


def test_undoing_restores_exactly(
    organization: Organization, hipaa: Badge, walker: Badge, burst: Badge, alice: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    new, old, third = people(organization, 3)
    grant_by_hand(badge=hipaa, person=old, by=alice, reason="Then.", starts_at=NOON - timedelta(days=300))
    grant_by_hand(badge=walker, person=third, by=alice, reason="Then.", starts_at=NOON - timedelta(days=9))
    by_rule(burst, third)
    before, counts = everything(), [count(person) for person in (new, old, third)]
    batch = started(alice, "replace", [new, old, third], hipaa)
    clock(monkeypatch, NOON + timedelta(hours=1))
    batch = undone(batch, alice)
    assert batch.state == "undone"
    assert everything()[: len(before)] == before
    given = Award.objects.filter(pk__gt=before[-1]["id"]).values_list("ended_at", "ended_why", "end_reason")
    assert list(given) == [(NOON + timedelta(hours=1), "undone", "The bulk edit was undone.")] * 2
    assert [count(person) for person in (new, old, third)] == counts == [0, 1, 2]
    assert standing(third) == [("burst", "rule"), ("walker", "hand")]


def test_what_was_undone_is_in_no_number_held_for_no_rule_and_one_line_of_the_history(
    hipaa: Badge, walker: Badge, alice: Person, bob: Person
) -> None:
    holds = {
        "criterion": {"type": "holds", "badges": ["hipaa"], "at_least": 1},
        "retention": {"type": "permanent"},
        "id": "walker",
    }

    def earning() -> list[int]:
        return [one.person.pk for one in dry_run(badge=walker, definition=holds, at=NOON).rows]

    batch = started(alice, "add", [bob], hipaa)
    assert earning() == [bob.pk]
    undone(batch, alice)
    assert earning() == []
    figure = figures(hipaa, NOON, alice)
    assert (figure.given, figure.ended, figure.taken_back) == (0, 0, 0)
    assert {row.gained + row.lost for row in overview(alice, NOON)} == {0}
    assert [event.change for event in history(bob, alice)[:9]] == ["revoked"]


def test_undoing_twice_is_undoing_once(hipaa: Badge, alice: Person, bob: Person) -> None:
    batch = undone(started(alice, "add", [bob], hipaa), alice)
    before = everything(), AwardEvent.objects.count()
    assert undo_batch(batch=batch, by=alice) is False
    work(batch)
    assert (everything(), AwardEvent.objects.count()) == before
    assert AuditEntry.objects.filter(action="batch.undone").count() == 1


def test_what_somebody_changed_since_is_left_and_said(
    organization: Organization, hipaa: Badge, walker: Badge, alice: Person
) -> None:
    taken, given, again, plain = people(organization, 4)
    for person in (given, again):
        grant_by_hand(badge=walker, person=person, by=alice, reason="Then.")
    batch = started(alice, "replace", [taken, given, again, plain], hipaa)
    revoke_award(award=Award.objects.get(badge=hipaa, person=taken), by=alice, reason="No.")
    reinstate_award(award=Award.objects.get(badge=walker, person=given), by=alice)
    grant_by_hand(badge=walker, person=again, by=alice, reason="Anew.")
    undone(batch, alice)
    said = [
        list(entry.changes.order_by("award__badge__slug").values_list("award__badge__slug", "undone"))
        for entry in batch.entries.order_by("person_id")
    ]
    assert said == [
        [("hipaa", "changed")],
        [("hipaa", "restored"), ("walker", "changed")],
        [("hipaa", "restored"), ("walker", "changed")],
        [("hipaa", "restored")],
    ]
    assert standing(again) == [("walker", "hand")]
    assert Award.objects.get(badge=hipaa, person=taken).end_reason == "No."


def test_the_latest_is_undone_first_and_then_the_one_before(
    hipaa: Badge, walker: Badge, alice: Person, bob: Person
) -> None:
    grant_by_hand(badge=walker, person=bob, by=alice, reason="Then.")
    before = everything()
    first = started(alice, "add", [bob], hipaa)
    second = started(alice, "clear", [bob])
    undone(second, alice)
    assert standing(bob) == [("hipaa", "hand"), ("walker", "hand")]
    undone(first, alice)
    assert standing(bob) == [("walker", "hand")]
    assert everything()[:1] == before


def test_an_award_whose_time_ran_out_meanwhile_ends_at_that_time(
    organization: Organization, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = BadgeFactory(organization=organization, ends_after="1 day")
    award = grant_by_hand(badge=short, person=bob, by=alice, reason="Then.")
    batch = started(alice, "clear", [bob])
    clock(monkeypatch, NOON + timedelta(days=3))
    undone(batch, alice)
    award.refresh_from_db()
    assert (award.ended_at, award.ended_why, award.end_reason) == (NOON + timedelta(days=1), "expired", "")


def test_whoever_undoes_restores_nobody_outside_their_locations_who_are_told_of_what_they_keep(
    organization: Organization, hipaa: Badge, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    ward = LocationFactory(organization=organization)
    dana = PersonFactory(organization=organization)
    for role in (Role.USER_ADMINISTRATOR, Role.BADGE_ADMINISTRATOR):
        RoleAssignmentFactory(organization=organization, person=dana, role=role, location=ward)
    inside, outside = (PersonFactory(organization=organization, location=place) for place in (ward, None))
    batch = undone(started(alice, "add", [inside, outside], hipaa), dana)
    assert [standing(person) for person in (inside, outside)] == [[], [("hipaa", "hand")]]
    verdicts = batch.entries.order_by("person_id").values_list("changes__undone", flat=True)
    assert list(verdicts) == ["restored", "outside"]
    clock(monkeypatch, NOON + timedelta(minutes=15))
    make_notices(organization=organization)
    assert list(Notice.objects.values_list("recipient", "kind")) == [(outside.pk, "earned")]


def test_after_thirty_days_it_stays(
    hipaa: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = started(alice, "add", [bob], hipaa)
    clock(monkeypatch, NOON + timedelta(days=31))
    with pytest.raises(Refused, match="30 days"):
        undo_batch(batch=batch, by=alice)


# --- mails


def test_mails_wait_fifteen_minutes(
    organization: Organization, hipaa: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    started(alice, "add", [bob], hipaa)
    for minutes, notices in ((0, 0), (14, 0), (15, 1), (16, 1)):
        clock(monkeypatch, NOON + timedelta(minutes=minutes))
        make_notices(organization=organization)
        assert Notice.objects.count() == notices


def test_undone_in_time_nothing_is_told(
    organization: Organization, hipaa: Badge, walker: Badge, alice: Person, bob: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    grant_by_hand(badge=walker, person=bob, by=alice, reason="Then.")
    AwardEvent.objects.update(to_tell=False)
    batch = started(alice, "replace", [bob], hipaa)
    clock(monkeypatch, NOON + timedelta(minutes=14))
    undone(batch, alice)
    clock(monkeypatch, NOON + timedelta(days=1))
    make_notices(organization=organization)
    assert (Notice.objects.count(), Delivery.objects.count()) == (0, 0)


def test_undone_after_the_mails_the_undoing_is_told_as_well(
    organization: Organization, hipaa: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = started(alice, "add", [bob], hipaa)
    clock(monkeypatch, NOON + timedelta(minutes=15))
    make_notices(organization=organization)
    undone(batch, alice)
    make_notices(organization=organization)
    assert list(Notice.objects.order_by("pk").values_list("kind", flat=True)) == ["earned", "lost"]


# --- the work


def test_stopped_and_undone_in_the_middle(
    organization: Organization, hipaa: Badge, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_work, "CHUNK", 2)
    batch = drafted(alice, "add", people(organization, 5), hipaa)
    start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    assert work_on_batch(organization=organization, batch_id=batch.pk, seconds=-1) is True
    assert Award.objects.standing().count() == 2
    batch = undone(batch, alice)
    assert (batch.state, batch.done) == ("undone", 5)
    assert Award.objects.standing().count() == 0
    assert [why for _, _, why in outcomes(batch)] == ["", "", "stopped", "stopped", "stopped"]


def test_chunks_cost_the_same_however_many_people_they_have(
    organization: Organization, hipaa: Badge, alice: Person, django_assert_max_num_queries: Any
) -> None:
    batch = drafted(alice, "add", people(organization, 40), hipaa)
    start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    with django_assert_max_num_queries(60):
        work_on_batch(organization=organization, batch_id=batch.pk)
    undo_batch(batch=batch, by=alice)
    with django_assert_max_num_queries(60):
        work_on_batch(organization=organization, batch_id=batch.pk)


def test_an_end_may_be_chosen_for_all(
    organization: Organization, hipaa: Badge, walker: Badge, alice: Person, bob: Person
) -> None:
    ends_at = NOON + timedelta(days=40)
    batch = draft_batch(by=alice, verb="add", person_ids=[bob.pk])
    with pytest.raises(Refused, match="is over"):
        plan_batch(batch=batch, verb="add", badges=[hipaa], reason="Then.", ends_at=NOON)
    batch = plan_batch(batch=batch, verb="add", badges=[hipaa, walker], reason="Then.", ends_at=ends_at)
    assert [step["after"] for step in batch.entries.get().steps] == [ends_at.isoformat()] * 2
    start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    work(batch)
    assert set(Award.objects.values_list("expires_at", flat=True)) == {ends_at}


# --- the preview of many people is a worker's part


def previewed(batch: Batch) -> list[tuple[int, str, str]]:
    return list(batch.entries.order_by("person_id").values_list("person", "planned", "why"))


def test_the_preview_of_many_is_worked_out_in_a_worker(
    organization: Organization, hipaa: Badge, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PLANNED_AT_ONCE", 4)
    monkeypatch.setattr(batch_work, "PLANNED", 2)
    persons = people(organization, 5)
    batch = drafted(alice, "add", persons, hipaa)
    assert (batch.state, batch.done, {entry[1] for entry in previewed(batch)}) == ("planning", 0, {""})
    with pytest.raises(Refused, match="being worked out"):
        plan_batch(batch=batch, verb="add", badges=[hipaa], reason="Then.")
    with pytest.raises(Refused, match="changed meanwhile"):
        start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    assert work_on_batch(organization=organization, batch_id=batch.pk, seconds=-1)
    assert Batch.objects.get().done == 2
    planned = work(batch)
    assert (planned.state, planned.done, planned.planned_at) == ("draft", 0, NOON)
    assert previewed(batch) == [(person.pk, "changed", "") for person in persons]
    start_batch(batch=planned, by=alice, planned_at=planned.planned_at)
    assert work(batch).state == "done"
    assert outcomes(batch) == [(person.pk, "changed", "") for person in persons]


def test_limits_hold_over_all_chunks_of_a_preview_and_over_its_repetition(
    organization: Organization, walker: Badge, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PLANNED_AT_ONCE", 4)
    monkeypatch.setattr(batch_work, "PLANNED", 2)
    Badge.objects.filter(pk=walker.pk).update(most_holders=3)
    batch = drafted(alice, "add", people(organization, 5), walker)
    for _ in range(2):
        batch = work(batch)
        assert [why for _, _, why in previewed(batch)] == ["", "", "", "full", "full"]
        batch = plan_batch(batch=batch, verb="add", badges=[walker], reason="Again.")


def test_a_large_preview_that_nobody_started_is_forgotten(
    organization: Organization, walker: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "PLANNED_AT_ONCE", 0)
    drafted(alice, "add", [bob], walker)
    assert forget_drafts(made_before=NOON + timedelta(days=1)) == 1
    assert (Batch.objects.count(), BatchEntry.objects.count()) == (0, 0)
