"""What is stored comes to be what the record says, however the record arrived."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activity.actions import void_activities
from activity.models import Activity, PendingEvaluation
from badges.models import Award, AwardEvent
from badges.reconciliation import Changes
from people.clock import telling
from people.models import Person
from rules import asking
from rules.actions import end_and_start_due, evaluate_pending, evaluate_people, reconcile_everything
from rules.models import NextDue, Rule, RuleVersion
from tests.rules import naive
from tests.rules.loading import Loaded, load_more, loaded
from tests.rules.naive import Json, Stand, World, evaluate
from tests.rules.worlds import cases

EXAMPLES = int(os.environ.get("LAPEL_EXAMPLES", "30"))
compared = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 100,
    suppress_health_check=list(HealthCheck),
)
type Row = tuple[str, str, datetime, datetime | None, tuple[str, ...]]


def put_in_force(there: Loaded, rules: Sequence[Json]) -> None:
    for rule in rules:
        row = Rule.objects.create(organization=there.organization, badge=there.badges[rule["id"]], current=1)
        RuleVersion.objects.create(
            organization=there.organization, rule=row, number=1, definition=rule, made_at=there.moment
        )


def ask(there: Loaded, as_of: datetime) -> Changes:
    people = [person.pk for person in there.people.values()]
    return evaluate_people(organization=there.organization, person_ids=people, at=as_of)


def rows(expected: dict[str, list[Stand]], as_of: datetime | None = None) -> dict[str, list[Row]]:
    """Timelines as `stored` tells them; only what stands, where an instant is given."""
    return {
        slug: [
            (s.person, s.key or "", s.starts, s.ends, s.evidence)
            for s in stands
            if as_of is None or s.ends is None or s.ends > as_of
        ]
        for slug, stands in expected.items()
    }


def stored(there: Loaded, slugs: Sequence[str], **which: object) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {slug: [] for slug in slugs}
    awards = Award.objects.filter(organization=there.organization, origin="rule", **which)
    for award in awards.select_related("badge", "person"):
        evidence = tuple(there.activities[activity] for activity in award.evidence)
        ends = award.ended_at or award.expires_at
        found[award.badge.slug].append((award.person.external_id, award.key, award.starts_at, ends, evidence))
    return {slug: sorted(rows, key=lambda row: (row[0], row[2], row[1])) for slug, rows in found.items()}


def check_counts(there: Loaded) -> None:
    people = Person.objects.filter(organization=there.organization)
    for person in people:
        held = Award.objects.filter(person=person, ended_at=None).values("badge").distinct().count()
        assert person.award_tallies.get().badge_count == held


@pytest.mark.django_db
@compared
@given(cases())
def test_stored_awards_are_the_timeline_and_stay_so(case: tuple[World, list[Json], datetime]) -> None:
    world, rules, as_of = case
    slugs = [rule["id"] for rule in rules]
    expected = evaluate(world, rules, as_of)
    with loaded(world, slugs) as there:
        put_in_force(there, rules)
        changes = ask(there, as_of)
        assert changes.granted == sum(map(len, expected.values()))
        assert stored(there, slugs) == rows(expected)
        assert stored(there, slugs, ended_at=None) == rows(expected, as_of)
        check_counts(there)
        events, dues = AwardEvent.objects.count(), list(NextDue.objects.order_by("pk").values())
        assert ask(there, as_of) == Changes()
        assert AwardEvent.objects.count() == events
        assert list(NextDue.objects.order_by("pk").values()) == dues


@pytest.mark.django_db
@compared
@given(cases(), st.randoms(use_true_random=False))
def test_a_record_that_comes_shuffled_and_late_ends_in_the_same_awards(
    case: tuple[World, list[Json], datetime], random: Random
) -> None:
    world, rules, as_of = case
    slugs = [rule["id"] for rule in rules]
    ledger = list(world.activities)
    random.shuffle(ledger)
    expected = evaluate(world, rules, as_of)
    with loaded(replace(world, activities=()), slugs) as there:
        put_in_force(there, rules)
        clock = as_of - timedelta(days=60)
        while ledger:
            batch, ledger = ledger[:4], ledger[4:]
            load_more(world, there, [replace(activity, voided=False) for activity in batch])
            clock += (as_of - clock) / random.choice([2, 5, 20])
            ask(there, clock)
        voided = [activity.external_id for activity in world.activities if activity.voided]
        Activity.objects.filter(external_id__in=voided).update(voided_at=as_of)
        ask(there, as_of)
        assert stored(there, slugs, ended_at=None) == rows(expected, as_of)
        found = stored(there, slugs)
        assert {slug: [row for row in rows(expected)[slug] if row not in found[slug]] for slug in slugs} == {
            slug: [] for slug in slugs
        }
        check_counts(there)
        assert ask(there, as_of) == Changes()


@pytest.mark.django_db
@compared
@given(cases())
def test_everybody_is_asked_as_some_are(case: tuple[World, list[Json], datetime]) -> None:
    world, rules, as_of = case
    slugs = [rule["id"] for rule in rules]
    with loaded(world, slugs) as there, telling(as_of):
        put_in_force(there, rules)
        reconcile_everything(organization=there.organization)
        assert stored(there, slugs) == rows(evaluate(world, rules, as_of))
        check_counts(there)
        events, dues = AwardEvent.objects.count(), list(NextDue.objects.order_by("pk").values())
        assert ask(there, as_of) == Changes()
        reconcile_everything(organization=there.organization)
        assert AwardEvent.objects.count() == events
        assert list(NextDue.objects.order_by("pk").values()) == dues


@pytest.fixture(params=[(asking.RECENT, 8), (timedelta(days=1000), 1)], ids=["as usual", "ever, one by one"])
def recent(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However far back a change is called recent, and however many rules a statement asks: the awards are the same."""
    recently, together = request.param
    monkeypatch.setattr(asking, "RECENT", recently)
    monkeypatch.setattr(asking, "TOGETHER", together)


@pytest.mark.django_db
@pytest.mark.usefixtures("recent")
@compared
@given(cases(), st.randoms(use_true_random=False))
def test_what_the_queue_leaves_out_would_have_changed_nothing(
    case: tuple[World, list[Json], datetime], random: Random
) -> None:
    world, rules, as_of = case
    world = replace(world, hand=(), revocations=())
    slugs = [rule["id"] for rule in rules]
    ledger = list(world.activities)
    random.shuffle(ledger)
    with loaded(replace(world, activities=()), slugs) as there:
        put_in_force(there, rules)
        clock = as_of - timedelta(days=60)
        ask(there, clock)
        while ledger:
            batch, ledger = ledger[:3], ledger[3:]
            deliver(world, there, [replace(activity, voided=False) for activity in batch])
            clock += (as_of - clock) / random.choice([2, 5, 20])
            work_off(there, clock)
        void(there, [activity.external_id for activity in world.activities if activity.voided])
        work_off(there, as_of)
        assert stored(there, slugs, ended_at=None) == rows(evaluate(world, rules, as_of), as_of)
        assert ask(there, as_of) == Changes()


def deliver(world: World, there: Loaded, activities: Sequence[naive.Activity]) -> None:
    known = set(there.activities)
    load_more(world, there, activities)
    new = Activity.objects.filter(pk__in=there.activities.keys() - known)
    PendingEvaluation.objects.bulk_create(
        PendingEvaluation(organization=there.organization, person_id=person, kinds=[kind], since=at)
        for person, kind, at in new.values_list("person", "kind", "occurred_at")
    )


def void(there: Loaded, external_ids: Sequence[str]) -> None:
    for source in ("lapel", "import"):
        void_activities(
            organization=there.organization, source=source, external_ids=external_ids, at=there.moment
        )


def work_off(there: Loaded, clock: datetime) -> None:
    with telling(clock):
        evaluate_pending(organization=there.organization)
        end_and_start_due(organization=there.organization)
