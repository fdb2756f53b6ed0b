"""Giving by hand what a rule gives as well, taking it back and giving it back, with the rules at work."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from activity.models import Activity, Kind, Source
from badges.actions import grant_by_hand, reinstate_award, revoke_award
from badges.batches import draft_batch, plan_batch
from badges.models import Award, AwardTally, Badge, BatchEntry
from people.clock import now, telling
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


YEARLY = {**FIRST, "retention": {"type": "expires", "after": "1 year"}}
TODAY, IN_A_YEAR = (datetime(year, 11, 30, 15, tzinfo=UTC) for year in (2026, 2027))


@pytest.mark.parametrize(
    ("mode", "ends_after", "definition", "ends"),
    [
        ("both", "", YEARLY, IN_A_YEAR),
        ("both", "1 day", YEARLY, TODAY + timedelta(days=1)),
        ("both", "", FIRST, None),
        ("hand", "", YEARLY, None),
    ],
)
def test_what_is_given_by_hand_ends_as_the_rule_says_unless_the_badge_does(
    organization: Organization, alice: Person, bob: Person, mode: str, ends_after: str,
    definition: dict[str, object], ends: datetime | None,
) -> None:  # fmt: skip
    badge = BadgeFactory(organization=organization, slug="first", mode=mode, ends_after=ends_after)
    save_rule(badge=badge, definition=YEARLY, by=None)
    save_rule(badge=badge, definition=definition, by=None)
    with telling(TODAY):
        batch = draft_batch(by=alice, verb="add", person_ids=[bob.pk])
        plan_batch(batch=batch, verb="add", badges=[badge], reason="Shown.")
        [step] = BatchEntry.objects.get(batch=batch).steps
        assert step["after"] == (ends and ends.isoformat())
        assert grant_by_hand(badge=badge, person=bob, by=alice, reason="Shown.").expires_at == ends


def test_the_pages_say_how_long_what_is_given_by_hand_stands(as_alice: Client, badge: Badge) -> None:
    pages = [f"/riverside/badges/first/{page}" for page in ("", "edit/", "rule/")]
    words = ["By hand for 1 year", "as its rule says, after 1 year", "Given by hand, it ends as long after"]
    assert [word in as_alice.get(page).text for word, page in zip(words[:2], pages, strict=False)] == [
        False,
        False,
    ]
    said = {
        "at_least": "1", "kinds": ["improvement.submitted"], "window": "ever", "retention": "expires",
        "ends_number": "1", "ends_unit": "year", "save": "1",
    }  # fmt: skip
    saved = as_alice.post(pages[2], said, follow=True)
    assert "What is given by hand ends after 1 year as well." in saved.text
    assert [word in as_alice.get(page).text for word, page in zip(words, pages, strict=True)] == [True] * 3
