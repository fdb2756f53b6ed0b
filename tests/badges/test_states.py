"""What the states of a badge mean for those who hold it, and for those who do not."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from activity.models import Activity, Kind, Source
from badges.actions import grant_by_hand, revoke_award
from badges.batches import draft_batch, plan_batch
from badges.defining import set_badge_state
from badges.models import STATE_MEANINGS, Award, Badge, BadgeState, BatchEntry
from boards.held import held_by
from people.changes import Refused
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from rules.actions import evaluate_people, reconcile_rule, save_rule
from rules.dry_run import dry_run
from rules.models import Rule
from tests.factories import BadgeFactory, KindFactory

YEARLY = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "expires", "after": "1 year"},
}
DAY = timedelta(days=1)


@pytest.fixture
def kind(inside: Organization) -> Kind:
    return KindFactory(organization=inside)


@pytest.fixture
def badge(inside: Organization) -> Badge:
    badge = BadgeFactory(organization=inside, slug="first", name="First", mode="both", ends_after="1 year")
    save_rule(badge=badge, definition=YEARLY, by=None)
    return badge


def submit(person: Person, kind: Kind, ago: timedelta) -> None:
    source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
    Activity.objects.create(
        organization=person.organization, person=person, kind=kind, source=source,
        external_id=f"{person.pk} {ago}", occurred_at=now() - ago, recorded_at=now(),
    )  # fmt: skip
    evaluate_people(organization=person.organization, person_ids=[person.pk])


def close(badge: Badge, by: Person, ago: timedelta) -> Badge:
    badge = set_badge_state(badge=badge, state="closed", by=by)
    badge.closed_at = now() - ago
    badge.save()
    return badge


def lasting(badge: Badge) -> list[tuple[int, str, int]]:
    """Who holds it: person, origin, full days until it ends."""
    awards = Award.objects.standing().filter(badge=badge).order_by("person_id", "origin")
    return [(a.person_id, a.origin, (a.expires_at - now()).days + 1) for a in awards if a.expires_at]


def test_a_closed_badge_is_renewed_by_its_rule_and_earned_by_nobody_new(
    badge: Badge, kind: Kind, alice: Person, bob: Person, mary: Person
) -> None:
    submit(bob, kind, 20 * DAY)
    close(badge, alice, 10 * DAY)
    submit(bob, kind, 5 * DAY)
    submit(mary, kind, 5 * DAY)
    assert lasting(badge) == [(bob.pk, "rule", 360)]
    reconcile_rule(rule=Rule.objects.get())
    assert lasting(badge) == [(bob.pk, "rule", 360)]
    would = dry_run(badge=badge, definition={**YEARLY, "id": "first"}, at=now())
    assert [one.person for one in would.rows] == [bob]


def test_what_ended_does_not_come_again_to_a_closed_badge(
    badge: Badge, kind: Kind, alice: Person, bob: Person
) -> None:
    submit(bob, kind, 500 * DAY)
    close(badge, alice, 300 * DAY)
    submit(bob, kind, 5 * DAY)
    assert (lasting(badge), Award.objects.count()) == ([], 1)


def test_what_was_done_before_it_was_closed_counts_however_late_it_comes(
    badge: Badge, kind: Kind, alice: Person, bob: Person
) -> None:
    close(badge, alice, 10 * DAY)
    submit(bob, kind, 15 * DAY)
    assert lasting(badge) == [(bob.pk, "rule", 350)]


def test_who_holds_a_closed_badge_by_hand_may_go_on_by_rule(
    badge: Badge, kind: Kind, alice: Person, bob: Person
) -> None:
    grant_by_hand(badge=badge, person=bob, by=alice, reason="Then.", starts_at=now() - 20 * DAY)
    close(badge, alice, 10 * DAY)
    submit(bob, kind, 5 * DAY)
    assert lasting(badge) == [(bob.pk, "hand", 345), (bob.pk, "rule", 360)]


def test_a_badge_in_use_again_is_as_though_it_had_never_been_closed(
    badge: Badge, kind: Kind, alice: Person, mary: Person
) -> None:
    close(badge, alice, 10 * DAY)
    submit(mary, kind, 5 * DAY)
    badge = set_badge_state(badge=badge, state="active", by=alice)
    reconcile_rule(rule=Rule.objects.get())
    assert (badge.closed_at, lasting(badge)) == (None, [(mary.pk, "rule", 360)])


@pytest.mark.parametrize("state", ["retired", "draft"])
def test_a_badge_that_is_out_of_use_is_neither_renewed_nor_earned(
    badge: Badge, kind: Kind, bob: Person, mary: Person, state: str
) -> None:
    submit(bob, kind, 20 * DAY)
    Badge.objects.filter(pk=badge.pk).update(state=state)
    submit(bob, kind, 5 * DAY)
    submit(mary, kind, 5 * DAY)
    assert lasting(badge) == [(bob.pk, "rule", 345)]


def test_a_closed_badge_is_given_by_hand_to_holders_alone(
    badge: Badge, kind: Kind, alice: Person, bob: Person, mary: Person
) -> None:
    submit(bob, kind, 20 * DAY)
    close(badge, alice, 10 * DAY)
    grant_by_hand(badge=badge, person=bob, by=alice, reason="Again.")
    with pytest.raises(Refused, match="closed: only those who hold it"):
        grant_by_hand(badge=badge, person=mary, by=alice, reason="New.")
    revoke_award(award=Award.objects.get(origin="rule"), by=alice, reason="Mistake.")
    grant_by_hand(badge=badge, person=bob, by=alice, reason="Again.")
    revoke_award(award=Award.objects.get(origin="hand"), by=alice, reason="Mistake.")
    with pytest.raises(Refused, match="closed: only those who hold it"):
        grant_by_hand(badge=badge, person=bob, by=alice, reason="Again.")


def test_a_bulk_edit_leaves_out_who_does_not_hold_a_closed_badge(
    badge: Badge, alice: Person, bob: Person, mary: Person
) -> None:
    grant_by_hand(badge=badge, person=bob, by=alice, reason="Then.", starts_at=now() - 20 * DAY)
    badge = close(badge, alice, 10 * DAY)
    batch = draft_batch(by=alice, verb="add", person_ids=[bob.pk, mary.pk])
    plan_batch(batch=batch, verb="add", badges=[badge], reason="Again.")
    planned = BatchEntry.objects.order_by("person_id").values_list("person", "planned", "why")
    assert sorted(planned) == sorted([(bob.pk, "changed", ""), (mary.pk, "left_out", "closed")])


def test_since_when_nobody_new_gets_it_stays_until_it_is_in_use_again(badge: Badge, alice: Person) -> None:
    first = set_badge_state(badge=badge, state="retired", by=alice).closed_at
    assert first is not None
    for state in ("closed", "withdrawn", "retired", "closed"):
        badge = set_badge_state(badge=badge, state=state, by=alice, reason="So it is.")
        assert (badge.state, badge.closed_at) == (state, first)
    assert set_badge_state(badge=badge, state="active", by=alice).closed_at is None


@pytest.mark.parametrize(("state", "closed"), [("active", True), ("draft", True), ("closed", False)])
def test_the_database_knows_when_a_badge_is_closed(badge: Badge, state: str, closed: bool) -> None:
    closed_at = now() if closed else None
    with pytest.raises(IntegrityError, match="badge_closed_at_an_instant"), transaction.atomic():
        Badge.objects.filter(pk=badge.pk).update(state=state, closed_at=closed_at)


def test_a_superseding_badge_that_is_withdrawn_hides_nothing(
    inside: Organization, alice: Person, bob: Person
) -> None:
    ten = BadgeFactory(organization=inside, slug="ten")
    fifty = BadgeFactory(organization=inside, slug="fifty", supersedes=[ten])
    for badge in (ten, fifty):
        grant_by_hand(badge=badge, person=bob, by=alice, reason="Well done.")
    assert [held.badge for held in held_by(bob, bob)] == [fifty]
    set_badge_state(badge=fifty, state="withdrawn", by=alice, reason="Never meant.")
    assert [held.badge for held in held_by(bob, bob)] == [ten]


def test_the_pages_say_what_each_state_means(
    as_alice: Client, as_bob: Client, organization: Organization, alice: Person
) -> None:
    with tenant(organization):
        BadgeFactory(organization=organization, slug="burst")
    for path in ("burst/state/closed/", "burst/edit/"):
        page = as_alice.get(f"/riverside/badges/{path}").content.decode()
        assert [state for state in BadgeState if STATE_MEANINGS[state] not in page] == []
    assert as_alice.post("/riverside/badges/burst/state/closed/").status_code == 302
    assert STATE_MEANINGS["closed"] in as_bob.get("/riverside/badges/burst/").content.decode()
