"""Limits on giving by hand: to oneself, how many hold a badge, how often somebody gives it. Rules know none."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from badges.actions import grant_by_hand, reinstate_award, revoke_award
from badges.batch_lines import entries_of, lines
from badges.batch_work import work_on_batch
from badges.batches import draft_batch, plan_batch, start_batch, undo_batch
from badges.granting import HandGrant, give_many
from badges.models import Award, Badge, Batch, BatchEntry
from people.changes import Refused
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory

CLOCKS = ("badges.actions", "badges.granting", "badges.batches", "badges.batch_work")


def clock(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    for module in CLOCKS:
        monkeypatch.setattr(f"{module}.now", lambda: moment)


def people(organization: Organization, number: int) -> list[Person]:
    return [PersonFactory(organization=organization) for _ in range(number)]


def give(badge: Badge, person: Person, by: Person | None) -> Award:
    return grant_by_hand(badge=badge, person=person, by=by, reason="Well done.")


def by_rule(badge: Badge, person: Person) -> Award:
    return Award.objects.create(
        organization=badge.organization, badge=badge, person=person, origin="rule",
        starts_at=now() - timedelta(days=9), rule_version=1, recorded_at=now(),
    )  # fmt: skip


def holders(badge: Badge) -> set[Person]:
    return {award.person for award in Award.objects.standing().filter(badge=badge)}


def planned(batch: Batch) -> list[tuple[str, str]]:
    return list(BatchEntry.objects.filter(batch=batch).order_by("person").values_list("planned", "why"))


def outcomes(batch: Batch) -> list[tuple[str, str]]:
    return list(BatchEntry.objects.filter(batch=batch).order_by("person").values_list("outcome", "why"))


def draft(by: Person, badge: Badge, persons: list[Person], verb: str = "add") -> Batch:
    batch = draft_batch(by=by, verb=verb, person_ids=[person.pk for person in persons])
    return plan_batch(batch=batch, verb=verb, badges=[badge], reason="Well done.")


def carry_out(batch: Batch, by: Person) -> Batch:
    assert batch.planned_at is not None
    start_batch(batch=batch, by=by, planned_at=batch.planned_at)
    work_on_batch(organization=batch.organization, batch_id=batch.pk)
    return Batch.objects.get(pk=batch.pk)


# --- to oneself


def test_nobody_gives_to_themselves_unless_the_badge_says_so(inside: Organization, alice: Person) -> None:
    badge, own = BadgeFactory(organization=inside), BadgeFactory(organization=inside, may_give_oneself=True)
    with pytest.raises(Refused, match="Nobody gives .* to themselves"):
        give(badge, alice, alice)
    assert (give(own, alice, alice).given_by, holders(badge)) == (alice, set())


def test_nobody_renews_their_own(inside: Organization, alice: Person, mary: Person) -> None:
    badge = BadgeFactory(organization=inside, ends_after="1 year")
    grant_by_hand(badge=badge, person=alice, by=mary, reason="Then.", starts_at=now() - timedelta(days=90))
    with pytest.raises(Refused, match="Nobody gives .* to themselves"):
        give(badge, alice, alice)


def test_nobody_gives_back_to_themselves_what_another_took(
    inside: Organization, alice: Person, mary: Person
) -> None:
    badge = BadgeFactory(organization=inside, mode="both")
    for award in (give(badge, alice, mary), by_rule(badge, alice)):
        revoke_award(award=award, by=mary, reason="Mistake.")
        with pytest.raises(Refused, match="back to themselves"):
            reinstate_award(award=award, by=alice)
    assert holders(badge) == set()


def test_a_bulk_edit_leaves_its_maker_out(inside: Organization, alice: Person, bob: Person) -> None:
    badge = BadgeFactory(organization=inside)
    batch = draft(alice, badge, sorted([alice, bob], key=lambda person: person.pk))
    expected = {alice: ("left_out", "oneself"), bob: ("changed", "")}
    by_person = {entry.person: (entry.planned, entry.why) for entry in batch.entries.select_related("person")}
    assert by_person == expected
    carry_out(batch, alice)
    assert holders(badge) == {bob}


def test_undoing_a_bulk_edit_gives_nobody_their_own_back(
    inside: Organization, alice: Person, bob: Person, mary: Person
) -> None:
    badge = BadgeFactory(organization=inside)
    give(badge, alice, mary)
    give(badge, bob, mary)
    batch = carry_out(draft(alice, badge, [alice, bob], "remove"), alice)
    assert holders(badge) == set()
    undo_batch(batch=batch, by=alice)
    work_on_batch(organization=inside, batch_id=batch.pk)
    assert holders(badge) == {bob}


def test_the_database_refuses_it_as_well(inside: Organization, alice: Person) -> None:
    badge = BadgeFactory(organization=inside)
    with pytest.raises(IntegrityError, match="award_not_to_oneself"), transaction.atomic():
        Award.objects.create(
            organization=inside, badge=badge, person=alice, given_by=alice, origin="hand", starts_at=now(),
            recorded_at=now(),
        )  # fmt: skip


# --- so many holders


def test_no_more_people_are_given_it_than_may_hold_it(
    inside: Organization, alice: Person, bob: Person
) -> None:
    badge = BadgeFactory(organization=inside, most_holders=2, mode="both", ends_after="1 year")
    first, second, third = people(inside, 3)
    by_rule(badge, first)
    award = give(badge, second, alice)
    give(badge, first, alice)  # who holds it by rule needs no place
    with pytest.raises(Refused, match="can be held by 2 people at most, and it is"):
        give(badge, third, alice)
    by_rule(badge, bob)  # a rule grants it all the same
    assert grant_by_hand(badge=badge, person=second, by=alice, reason="Again.") == award
    revoke_award(award=award, by=alice, reason="Mistake.")
    with pytest.raises(Refused, match="at most"):
        reinstate_award(award=award, by=alice)
    assert holders(badge) == {first, bob}


def test_a_bulk_edit_gives_what_places_there_are_in_order(inside: Organization, alice: Person) -> None:
    badge = BadgeFactory(organization=inside, most_holders=2)
    batch = draft(alice, badge, people(inside, 4))
    expected = [("changed", ""), ("changed", ""), ("left_out", "full"), ("left_out", "full")]
    assert planned(batch) == expected
    assert outcomes(carry_out(batch, alice)) == expected


def test_places_that_are_gone_by_the_start_are_gone(inside: Organization, alice: Person) -> None:
    badge = BadgeFactory(organization=inside, most_holders=2)
    persons = people(inside, 3)
    batch = draft(alice, badge, persons[:2])
    give(badge, persons[2], alice)
    assert outcomes(carry_out(batch, alice)) == [("changed", ""), ("left_out", "full")]


def test_undoing_does_not_give_back_more_than_may_hold_it(inside: Organization, alice: Person) -> None:
    badge = BadgeFactory(organization=inside, most_holders=2)
    first, second, third = people(inside, 3)
    give(badge, first, alice)
    give(badge, second, alice)
    batch = carry_out(draft(alice, badge, [first, second], "remove"), alice)
    give(badge, third, alice)
    undo_batch(batch=batch, by=alice)
    work_on_batch(organization=inside, batch_id=batch.pk)
    assert holders(badge) == {first, third}
    undone = sorted(change.undone for entry in batch.entries.all() for change in entry.changes.all())
    assert undone == ["full", "restored"]


def test_the_database_counts_the_holders(inside: Organization, alice: Person) -> None:
    badge = BadgeFactory(organization=inside, most_holders=1)
    first, second = people(inside, 2)
    give(badge, first, alice)
    with pytest.raises(IntegrityError, match="award_most_holders"), transaction.atomic():
        Award.objects.create(
            organization=inside, badge=badge, person=second, origin="hand", starts_at=now(), recorded_at=now()
        )


# --- so often a month


def test_a_giver_has_so_many_a_calendar_month(
    inside: Organization, alice: Person, mary: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    badge = BadgeFactory(organization=inside, most_a_month=2)
    persons = people(inside, 6)
    clock(monkeypatch, datetime(2026, 12, 1, 4, 59, tzinfo=UTC))  # in New York, still November
    give(badge, persons[0], alice)
    mistake = give(badge, persons[1], alice)
    with pytest.raises(Refused, match="given .* 2 times this month"):
        give(badge, persons[2], alice)
    revoke_award(award=mistake, by=alice, reason="Mistake.")
    give(badge, persons[2], alice)
    give(badge, persons[3], mary)
    with pytest.raises(Refused):
        give(badge, persons[4], alice)
    clock(monkeypatch, datetime(2026, 12, 1, 5, tzinfo=UTC))
    give(badge, persons[4], alice)
    assert holders(badge) == {persons[0], persons[2], persons[3], persons[4]}


def test_a_bulk_edit_takes_turns_in_order(inside: Organization, alice: Person) -> None:
    badge = BadgeFactory(organization=inside, most_a_month=1)
    batch = draft(alice, badge, people(inside, 2))
    expected = [("changed", ""), ("left_out", "quota")]
    assert (planned(batch), outcomes(carry_out(batch, alice))) == (expected, expected)


def test_who_is_left_out_reads_because_of_which_badge(inside: Organization, alice: Person) -> None:
    spent, free = BadgeFactory(organization=inside, most_a_month=1), BadgeFactory(organization=inside)
    first, second = people(inside, 2)
    give(spent, first, alice)
    batch = draft_batch(by=alice, verb="add", person_ids=[second.pk])
    batch = plan_batch(batch=batch, verb="add", badges=[spent, free], reason="Well done.")
    [line] = lines(batch, list(entries_of(batch)))
    assert (line.entry.why, [step.badge for step in line.steps]) == ("quota", [spent])
    carry_out(batch, alice)
    assert holders(free) == set()


def test_many_at_once_are_given_together_or_not_at_all(inside: Organization, alice: Person) -> None:
    limited = [
        BadgeFactory(organization=inside, most_a_month=2),
        BadgeFactory(organization=inside, most_holders=2),
    ]
    for badge in limited:
        grants = [HandGrant(person.pk, badge, now(), None, "Well done.") for person in people(inside, 3)]
        with pytest.raises(Refused):
            give_many(organization=inside, by=alice, grants=grants, tells=False)
        assert holders(badge) == set()
        give_many(organization=inside, by=alice, grants=grants[:2], tells=False)
        assert len(holders(badge)) == 2


def test_the_database_counts_the_month(inside: Organization, alice: Person) -> None:
    badge = BadgeFactory(organization=inside, most_a_month=1)
    first, second = people(inside, 2)
    give(badge, first, alice)
    with pytest.raises(IntegrityError, match="award_most_a_month"), transaction.atomic():
        Award.objects.create(
            organization=inside, badge=badge, person=second, given_by=alice, origin="hand", starts_at=now(),
            recorded_at=now(),
        )  # fmt: skip


@pytest.mark.parametrize("limits", [{"most_holders": 0}, {"most_holders": 10_001}, {"most_a_month": 0}])
def test_limits_are_sensible_numbers(inside: Organization, limits: dict[str, int]) -> None:
    with pytest.raises(IntegrityError, match="badge_limits_in_range"), transaction.atomic():
        BadgeFactory(organization=inside, **limits)


# --- two administrators at once


def at_once(organization: Organization, actions: list[Callable[[], Any]]) -> Counter[str]:
    def work(action: Callable[[], Any]) -> str:
        try:
            with tenant(organization):
                action()
            return "given"
        except Refused:
            return "refused"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(actions)) as pool:
        return Counter(pool.map(work, actions))


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("limit", ["most_holders", "most_a_month"])
def test_sixteen_at_once_do_not_exceed_a_limit(
    organization: Organization, alice: Person, mary: Person, limit: str
) -> None:
    badge = BadgeFactory(organization=organization, **{limit: 3})
    persons = people(organization, 16)
    givers = [alice, mary] if limit == "most_holders" else [alice]

    def giving(number: int) -> Callable[[], Any]:
        person, giver = persons[number], givers[number % len(givers)]
        if number % 2:
            return lambda: give(badge, person, giver)
        grant = HandGrant(person.pk, badge, now(), None, "Well done.")
        return lambda: give_many(organization=organization, by=giver, grants=[grant], tells=False)

    assert at_once(organization, [giving(number) for number in range(16)]) == {"given": 3, "refused": 13}
    with tenant(organization):
        assert len(holders(badge)) == 3


@pytest.mark.usefixtures("committed_db")
def test_bulk_edits_and_single_ones_at_once_do_not_exceed_a_limit(
    organization: Organization, alice: Person, mary: Person
) -> None:
    badge = BadgeFactory(organization=organization, most_holders=5)
    persons = people(organization, 12)
    with tenant(organization):
        batch = draft(alice, badge, persons[:8])
        assert batch.planned_at is not None
        start_batch(batch=batch, by=alice, planned_at=batch.planned_at)
    singles: list[Callable[[], Any]] = [
        lambda person=person: give(badge, person, mary) for person in persons[8:]
    ]
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work_on_batch, organization=organization, batch_id=batch.pk)
        at_once(organization, singles)
        running.result()
    with tenant(organization):
        assert len(holders(badge)) == 5


# --- on the pages


def test_limits_are_set_in_the_editor_and_told_when_giving(
    as_alice: Client, organization: Organization, alice: Person, bob: Person, mary: Person
) -> None:
    badge = BadgeFactory(organization=organization, slug="star", name="Star")
    path = "/riverside/badges/star/edit/"
    form = {"name": "Star", "description": "Shines.", "kind": "step", "mode": "hand", "ends_unit": "year"}
    assert as_alice.post(path, {**form, "most_holders": "0"}).status_code == 422
    assert as_alice.post(path, {**form, "most_a_month": "9" * 30}).status_code == 422
    assert as_alice.post(path, {**form, "most_holders": "1", "most_a_month": "4"}).status_code == 302
    with tenant(organization):
        badge.refresh_from_db()
    assert (badge.most_holders, badge.most_a_month, badge.may_give_oneself) == (1, 4, False)
    assert 'value="4"' in as_alice.get(path).content.decode()
    given = {
        "badge": "star",
        "reason": "Bright.",
        "given_on": str(timezone.localdate(now(), organization.time_zone)),
    }
    assert as_alice.post(f"/riverside/people/{bob.pk}/give/", given).status_code == 302
    for person, said in ((mary, "held by 1 person at most"), (alice, "Nobody gives Star to themselves")):
        answer = as_alice.post(f"/riverside/people/{person.pk}/give/", given)
        assert (answer.status_code, said in answer.content.decode()) == (422, True)
