"""Taking back by hand what a rule gave, and giving it back, with the rules at work."""

from datetime import timedelta

import pytest

from activity.models import Activity, Kind, Source
from badges.actions import grant_by_hand, reinstate_award, revoke_award
from badges.models import Award, AwardTally, Badge
from people.clock import now
from people.models import Organization, Person
from rules.actions import evaluate_pending, evaluate_people, save_rule
from tests.factories import BadgeFactory, KindFactory

pytestmark = pytest.mark.usefixtures("inside")
FIRST = {
    "criterion": {"type": "count", "at_least": 1, "select": {"kinds": ["improvement.submitted"]}},
    "retention": {"type": "permanent"},
}


@pytest.fixture
def kind(organization: Organization) -> Kind:
    return KindFactory(organization=organization)


@pytest.fixture
def badge(organization: Organization) -> Badge:
    badge = BadgeFactory(organization=organization, slug="first", mode="both")
    save_rule(badge=badge, definition=FIRST, by=None)
    return badge


def submit(person: Person, kind: Kind, name: str, ago: timedelta) -> None:
    source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
    Activity.objects.create(
        organization=person.organization, person=person, kind=kind, source=source, external_id=name,
        occurred_at=now() - ago, recorded_at=now(),
    )  # fmt: skip
    evaluate_people(organization=person.organization, person_ids=[person.pk])


def standing(person: Person) -> list[tuple[str, object]]:
    awards = Award.objects.standing().filter(person=person).order_by("pk")
    return list(awards.values_list("origin", "starts_at"))


def count(person: Person) -> int:
    return AwardTally.objects.get(person=person.pk).badge_count


def test_what_was_taken_back_is_not_given_again_for_the_same_deeds(
    badge: Badge, kind: Kind, alice: Person, bob: Person
) -> None:
    submit(bob, kind, "1", timedelta(days=2))
    award = Award.objects.get()
    revoke_award(award=award, by=alice, reason="Entered by mistake.")
    assert evaluate_pending(organization=bob.organization) == 1
    award.refresh_from_db()
    assert (standing(bob), award.ended_why, award.end_reason) == ([], "revoked", "Entered by mistake.")
    assert count(bob) == 0


def test_what_is_done_after_that_earns_it_anew(badge: Badge, kind: Kind, alice: Person, bob: Person) -> None:
    submit(bob, kind, "1", timedelta(days=2))
    revoke_award(award=Award.objects.get(), by=alice, reason="Entered by mistake.")
    submit(bob, kind, "2", timedelta(0))
    assert Award.objects.count() == 2
    assert [origin for origin, _ in standing(bob)] == ["rule"]
    assert count(bob) == 1


def test_given_back_it_stands_as_before(badge: Badge, kind: Kind, alice: Person, bob: Person) -> None:
    submit(bob, kind, "1", timedelta(days=2))
    before = standing(bob)
    award = Award.objects.get()
    revoke_award(award=award, by=alice, reason="Entered by mistake.")
    reinstate_award(award=award, by=alice, reason="It was real.")
    evaluate_pending(organization=bob.organization)
    assert standing(bob) == before
    assert (Award.objects.count(), count(bob)) == (1, 1)


def test_given_back_after_it_was_earned_anew_the_rule_settles_it(
    badge: Badge, kind: Kind, alice: Person, bob: Person
) -> None:
    submit(bob, kind, "1", timedelta(days=2))
    before = standing(bob)
    award = Award.objects.get()
    revoke_award(award=award, by=alice, reason="Entered by mistake.")
    submit(bob, kind, "2", timedelta(0))
    reinstate_award(award=award, by=alice)
    evaluate_pending(organization=bob.organization)
    assert standing(bob) == before
    assert count(bob) == 1


def test_by_hand_and_by_rule_are_two_awards_of_one_badge(
    badge: Badge, kind: Kind, alice: Person, bob: Person
) -> None:
    submit(bob, kind, "1", timedelta(days=2))
    by_hand = grant_by_hand(badge=badge, person=bob, by=alice, reason="Well done.")
    assert [origin for origin, _ in standing(bob)] == ["rule", "hand"]
    assert count(bob) == 1
    revoke_award(award=by_hand, by=alice, reason="Once is enough.")
    assert ([origin for origin, _ in standing(bob)], count(bob)) == (["rule"], 1)


def test_a_badge_given_by_hand_opens_the_badges_that_look_at_it(
    badge: Badge, organization: Organization, alice: Person, bob: Person
) -> None:
    both = BadgeFactory(organization=organization, slug="belt", mode="rule")
    holds = {
        "criterion": {"type": "holds", "at_least": 1, "badges": ["first"]},
        "retention": {"type": "satisfied"},
    }
    save_rule(badge=both, definition=holds, by=None)
    award = grant_by_hand(badge=badge, person=bob, by=alice, reason="Well done.")
    evaluate_pending(organization=organization)
    assert count(bob) == 2
    revoke_award(award=award, by=alice, reason="A mistake.")
    evaluate_pending(organization=organization)
    assert count(bob) == 0
