"""Rules saved, paused and evaluated in their tasks, and what time alone does."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError, connection
from django.test import Client
from psycopg.sql import SQL, Composable

from activity.models import Activity, Kind, PendingEvaluation, Source
from badges.actions import grant_by_hand, revoke_award
from badges.models import Award, AwardChange, AwardEvent, AwardTally, Badge, EndedWhy
from people.clock import now
from people.models import AuditEntry, Organization, Person, RecordChange
from people.tenancy import tenant
from rules import actions, asking, reconciling
from rules.criteria import Invalid
from rules.dry_run import dry_run
from rules.explanations import why
from rules.models import NextDue, Rule, RuleRun, RuleVersion
from rules.presets import STARTERS
from rules.progress import how_far
from rules.queries import rulebook
from rules.tasks import evaluate, recheck, reconcile, reconcile_organization, sweep_due, sweep_pending
from tests.factories import BadgeFactory, KindFactory, OrganizationFactory, PersonFactory

DAY = timedelta(days=1)
SUBMITTED = {"kinds": ["improvement.submitted"]}
THREE = {
    "criterion": {"type": "count", "at_least": 3, "select": SUBMITTED},
    "retention": {"type": "permanent"},
}
MONTHLY = {
    "criterion": {"type": "count", "at_least": 1, "select": SUBMITTED},
    "retention": {"type": "while", "at_least": 1, "within": "1 month"},
}


@pytest.fixture
def submitted(organization: Organization) -> Kind:
    return KindFactory(organization=organization)


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="three", name="Three", mode="both")


@pytest.fixture
def clock(settings: Any, tmp_path: Path) -> Callable[[timedelta], None]:
    """Moves the clock ahead by so much."""
    file = tmp_path / "clock"
    settings.CLOCK_FILE = str(file)
    return lambda ahead: (file.write_text(str(ahead.total_seconds())), None)[1]


def record(person: Person, *instants: datetime, kind: str = "improvement.submitted") -> list[Activity]:
    """Activities as an action would write them, with the row that has their person evaluated."""
    source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
    its_kind, _ = Kind.objects.get_or_create(organization=person.organization, name=kind)
    start = Activity.objects.count()
    rows = [
        Activity(
            organization=person.organization,
            person=person,
            kind=its_kind,
            occurred_at=at,
            recorded_at=now(),
            source=source,
            external_id=f"{start + number}",
        )
        for number, at in enumerate(instants)
    ]
    PendingEvaluation.objects.create(organization=person.organization, person=person, kinds=[its_kind.pk])
    return Activity.objects.bulk_create(rows)


def standing(person: Person) -> set[str]:
    return set(Award.objects.filter(person=person, ended_at=None).values_list("badge__slug", flat=True))


def changes() -> list[tuple[str, bool]]:
    return list(AwardEvent.objects.order_by("id").values_list("change", "to_tell"))


def test_saving_makes_versions_and_keeps_the_earlier_ones(
    inside: Organization, badge: Badge, alice: Person
) -> None:
    rule = actions.save_rule(badge=badge, definition=THREE, by=alice)
    assert actions.save_rule(badge=badge, definition=dict(THREE), by=alice).current == 1
    actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    versions = RuleVersion.objects.filter(rule=rule).order_by("number")
    assert [version.definition["criterion"]["at_least"] for version in versions] == [3, 1]
    assert [version.definition["version"] for version in versions] == [1, 2]
    assert {version.definition["id"] for version in versions} == {"three"}
    assert AuditEntry.objects.filter(action="rule.saved").count() == 2


def test_an_invalid_rule_is_refused_and_nothing_is_stored(
    inside: Organization, badge: Badge, alice: Person
) -> None:
    wrong: dict[str, Any] = {**THREE, "criterion": {"type": "count", "at_least": 0, "select": {}}}
    with pytest.raises(Invalid) as refused:
        actions.save_rule(badge=badge, definition=wrong, by=alice)
    assert refused.value.path == "criterion.at_least"
    assert Rule.objects.count() == 0


def test_badges_cannot_hold_each_other_in_a_circle(inside: Organization, badge: Badge, alice: Person) -> None:
    other = BadgeFactory(organization=inside, slug="other", mode="rule")
    looks = {"retention": {"type": "satisfied"}}
    holds = {"type": "holds", "at_least": 1}
    actions.save_rule(
        badge=badge, definition={**looks, "criterion": {**holds, "badges": ["other"]}}, by=alice
    )
    actions.set_rule_state(rule=Rule.objects.get(), state="paused", by=alice)
    with pytest.raises(Invalid, match="circle"):
        actions.save_rule(
            badge=other, definition={**looks, "criterion": {**holds, "badges": ["three"]}}, by=alice
        )


def test_what_is_recorded_is_evaluated_by_the_task(
    inside: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    actions.save_rule(badge=badge, definition=THREE, by=alice)
    done = record(bob, now() - 3 * DAY, now() - 2 * DAY, now() - DAY)
    evaluate(inside.pk)
    award = Award.objects.get(person=bob)
    assert (award.starts_at, award.expires_at, award.rule_version) == (done[2].occurred_at, None, 1)
    assert award.evidence == [activity.pk for activity in done]
    assert changes() == [(AwardChange.GRANTED, True)]
    assert PendingEvaluation.objects.count() == 0
    assert AwardTally.objects.get(person=bob).badge_count == 1
    told = why(award)
    assert told.sentence == "Given to anyone who has submitted at least 3 improvements. Kept for good."
    assert (told.activities, told.version) == (done, 1)


def test_only_rules_that_listen_are_asked(inside: Organization, badge: Badge, alice: Person) -> None:
    actions.save_rule(badge=badge, definition=THREE, by=alice)
    holder = BadgeFactory(organization=inside, slug="holder", mode="rule")
    held = {
        "criterion": {"type": "holds", "at_least": 1, "badges": ["three"]},
        "retention": {"type": "satisfied"},
    }
    actions.save_rule(badge=holder, definition=held, by=alice)
    other = BadgeFactory(organization=inside, slug="other", mode="rule")
    trained = {"type": "count", "at_least": 1, "select": {"kinds": ["training.completed"]}}
    actions.save_rule(badge=other, definition={**THREE, "criterion": trained}, by=alice)
    book = rulebook(inside)
    assert book.listening(["improvement.submitted"]) == ["three", "holder"]
    assert book.listening(["training.completed"]) == ["other"]
    assert set(book.listening(None)) == {"three", "holder", "other"}
    assert book.dependents("three") == ["holder"]


def test_history_that_comes_late_is_told_to_nobody(
    inside: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    actions.save_rule(badge=badge, definition=THREE, by=alice)
    record(bob, *(now() - (400 - n) * DAY for n in range(3)))
    evaluate(inside.pk)
    assert changes() == [(AwardChange.GRANTED, False)]


def test_saving_rechecks_everybody_quietly(
    inside: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    record(bob, now() - DAY)
    rule = actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    reconcile(inside.pk, rule.pk)
    assert standing(bob) == {"three"}
    assert changes() == [(AwardChange.GRANTED, False)]
    actions.save_rule(badge=badge, definition=THREE, by=alice)
    reconcile(inside.pk, rule.pk)
    assert standing(bob) == set()
    assert Award.objects.get().ended_why == EndedWhy.UNSUPPORTED
    runs = RuleRun.objects.order_by("id").values_list("granted", "changed", "ended")
    assert list(runs) == [(1, 0, 0), (0, 0, 1)]


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Badges whose rules the database cannot answer: what asks for them divides by nothing."""
    broken: set[str] = set()
    timeline, timelines = reconciling.timeline, asking.timelines

    def divided(query: Composable, slugs: Iterable[str]) -> Composable:
        return SQL("SELECT * FROM ({}) q WHERE 1 / 0 = 1").format(query) if broken & {*slugs} else query

    monkeypatch.setattr(
        reconciling, "timeline", lambda rule, *others: divided(timeline(rule, *others), [rule.id])
    )
    monkeypatch.setattr(asking, "timelines", lambda rules, asked: divided(timelines(rules, asked), asked))
    asking._comparison.cache_clear()
    yield broken
    asking._comparison.cache_clear()


@pytest.fixture
def both(inside: Organization, badge: Badge, alice: Person) -> list[Rule]:
    """A rule of Three and one of Other, in force."""
    other = BadgeFactory(organization=inside, slug="other", name="Other", mode="rule")
    rules = [actions.save_rule(badge=one, definition=MONTHLY, by=alice) for one in (badge, other)]
    for rule in rules:
        reconcile(inside.pk, rule.pk)
    RuleRun.objects.all().delete()
    return rules


def failures() -> list[tuple[str, str]]:
    runs = RuleRun.objects.exclude(error="").order_by("id")
    return list(runs.values_list("rule__badge__slug", "error"))


DIVIDED = ("three", "DataError: division by zero")


def test_a_rule_that_cannot_be_answered_leaves_the_others_alone(
    inside: Organization, both: list[Rule], bob: Person, breaks: set[str]
) -> None:
    record(bob, now() - DAY)
    breaks.add("three")
    actions.reconcile_everything(organization=inside)
    assert standing(bob) == {"other"}
    assert failures() == [DIVIDED]
    with pytest.raises(DataError):
        actions.reconcile_rule(rule=both[0])


def test_where_one_fails_as_activities_arrive_it_is_set_aside_until_the_night(
    inside: Organization, both: list[Rule], alice: Person, bob: Person, breaks: set[str]
) -> None:
    breaks.add("three")
    record(bob, now() - DAY)
    evaluate(inside.pk)
    assert (standing(bob), PendingEvaluation.objects.count(), failures()) == ({"other"}, 0, [DIVIDED])
    record(alice, now() - DAY)
    asking._comparison.cache_clear()
    evaluate(inside.pk)
    assert (standing(alice), failures()) == ({"other"}, [DIVIDED])  # not asked again, and not noted again
    reconcile_organization(inside.pk)
    assert failures() == [DIVIDED] * 2
    breaks.clear()
    reconcile_organization(inside.pk)
    assert standing(alice) == standing(bob) == {"three", "other"}
    assert not Rule.objects.exclude(failing_since=None).exists()


def test_while_it_fails_time_neither_gives_nor_ends(
    inside: Organization, both: list[Rule], bob: Person, breaks: set[str], clock: Callable[[timedelta], None]
) -> None:
    record(bob, now() - DAY)
    evaluate(inside.pk)
    breaks.add("three")
    record(bob, now() - DAY / 2)
    asking._comparison.cache_clear()
    evaluate(inside.pk)
    NextDue.objects.create(organization=inside, rule=both[0], person=bob, due_at=now())
    clock(40 * DAY)
    sweep_due()
    assert (standing(bob), NextDue.objects.count()) == ({"three"}, 0)


def test_where_every_rule_fails_it_is_none_of_theirs(
    inside: Organization, both: list[Rule], bob: Person, breaks: set[str]
) -> None:
    """As where the tables are not what this Lapel expects: people wait, and nothing is set aside."""
    breaks |= {"three", "other"}
    record(bob, now() - DAY)
    with pytest.raises(DataError):
        evaluate(inside.pk)
    assert (PendingEvaluation.objects.count(), failures()) == (1, [])


def test_pages_say_that_a_rule_is_set_aside(
    inside: Organization, both: list[Rule], bob: Person, as_alice: Client, breaks: set[str]
) -> None:
    breaks.add("three")
    record(bob, now() - DAY)
    evaluate(inside.pk)
    page = as_alice.get("/riverside/badges/three/rule/history/").content.decode()
    assert "The rule cannot be worked out" in page
    assert "division by zero" in page
    assert "cannot be worked out" not in as_alice.get("/riverside/badges/other/rule/").content.decode()


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Each pass stops after one person; who carries on is kept here."""
    waiting: list[tuple[Any, ...]] = []
    monkeypatch.setattr(reconciling, "BATCH", 1)
    monkeypatch.setattr(reconciling, "PART", timedelta(0))
    for task in (reconcile, reconcile_organization, recheck):
        monkeypatch.setattr(task, "delay", lambda *args, task=task: waiting.append((task, *args)))
        monkeypatch.setattr(task, "apply_async", lambda args, task=task, **_: waiting.append((task, *args)))
    return waiting


def carry_on(waiting: list[tuple[Any, ...]]) -> int:
    parts = 0
    while waiting:
        task, *args = waiting.pop()
        task(*args)
        parts += 1
    return parts


def test_a_long_recheck_is_done_in_parts(
    inside: Organization, badge: Badge, alice: Person, bob: Person, in_parts: list[tuple[Any, ...]]
) -> None:
    for person in (alice, bob):
        record(person, now() - DAY)
    rule = actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    in_parts.clear()
    reconcile(inside.pk, rule.pk)
    assert [len(standing(person)) for person in (alice, bob)] == [1, 0]
    rest = list(in_parts)
    reconcile(inside.pk, rule.pk)  # a twin finds it held
    assert (in_parts, Rule.objects.get().recheck_asked_at is not None) == (rest, True)
    assert carry_on(in_parts) == 1
    assert [len(standing(person)) for person in (alice, bob)] == [1, 1]
    assert Rule.objects.get().recheck_asked_at is None
    assert list(RuleRun.objects.order_by("id").values_list("people", "granted")) == [(1, 1), (1, 1)]
    in_parts += rest  # the same message again
    carry_on(in_parts)
    assert RuleRun.objects.count() == 2


def test_a_recheck_asked_for_anew_ends_the_one_in_parts(
    inside: Organization, badge: Badge, alice: Person, bob: Person, in_parts: list[tuple[Any, ...]]
) -> None:
    rule = actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    in_parts.clear()
    reconcile(inside.pk, rule.pk)
    actions.save_rule(badge=badge, definition=THREE, by=alice)
    carry_on(in_parts)
    assert Rule.objects.get().recheck_asked_at is not None
    assert RuleRun.objects.count() == 1


def test_the_nightly_pass_and_changed_settings_go_through_everybody_in_parts(
    inside: Organization, badge: Badge, alice: Person, bob: Person, in_parts: list[tuple[Any, ...]]
) -> None:
    for person in (alice, bob):
        record(person, now() - DAY)
    actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    PendingEvaluation.objects.all().delete()
    in_parts[:] = [(reconcile_organization, inside.pk)]
    assert carry_on(in_parts) == 2
    assert [len(standing(person)) for person in (alice, bob)] == [1, 1]
    Activity.objects.update(voided_at=now())
    RecordChange.objects.create(organization=inside, changed_at=now())
    recheck(inside.pk)
    assert [len(standing(person)) for person in (alice, bob)] == [0, 1]
    recheck(inside.pk)  # a twin finds it claimed
    assert (carry_on(in_parts), RecordChange.objects.count()) == (1, 0)
    assert [len(standing(person)) for person in (alice, bob)] == [0, 0]


def test_a_pass_that_is_cut_off_says_how_far_it_came(
    inside: Organization, badge: Badge, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for person in (alice, bob):
        record(person, now() - DAY)
    actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    monkeypatch.setattr(reconciling, "BATCH", 1)
    conclude = reconciling.conclude

    def cut_off(organization_id: int, changes: reconciling.Changes) -> None:
        conclude(organization_id, changes)
        if standing(bob):
            raise TimeoutError("Too long.")

    monkeypatch.setattr(reconciling, "conclude", cut_off)
    with pytest.raises(TimeoutError):
        actions.reconcile_everything(organization=inside)
    [run] = RuleRun.objects.all()
    assert (run.people, run.granted, run.error) == (1, 1, "TimeoutError: Too long.")


def test_a_rule_whose_bell_was_lost_is_swept_up(
    inside: Organization,
    badge: Badge,
    alice: Person,
    bob: Person,
    clock: Callable[[timedelta], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rules.tasks.reconcile.delay", reconcile)
    record(bob, now() - DAY)
    actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    PendingEvaluation.objects.all().delete()
    sweep_pending()
    assert standing(bob) == set()
    clock(timedelta(minutes=3))
    sweep_pending()
    assert standing(bob) == {"three"}
    sweep_pending()
    assert RuleRun.objects.count() == 1


def test_a_paused_rule_is_not_evaluated_and_its_awards_stay(
    inside: Organization,
    badge: Badge,
    alice: Person,
    bob: Person,
    clock: Callable[[timedelta], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rules.tasks.reconcile.delay", reconcile)
    rule = actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    [done] = record(bob, now() - DAY)
    evaluate(inside.pk)
    actions.set_rule_state(rule=rule, state="paused", by=alice)
    Activity.objects.filter(pk=done.pk).update(voided_at=now())
    PendingEvaluation.objects.create(organization=inside, person=bob)
    evaluate(inside.pk)
    reconcile_organization(inside.pk)
    assert standing(bob) == {"three"}
    actions.set_rule_state(rule=rule, state="active", by=alice)
    clock(timedelta(minutes=3))
    sweep_pending()  # its bell is lost
    assert standing(bob) == set()
    assert changes()[-1] == (AwardChange.ENDED, False)


def test_an_award_lapses_when_its_time_has_come(
    inside: Organization, badge: Badge, alice: Person, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    record(bob, now() - DAY)
    evaluate(inside.pk)
    clock(40 * DAY)
    sweep_due()
    award = Award.objects.get()
    assert (award.ended_at, award.ended_why) == (award.expires_at, EndedWhy.LAPSED)
    assert (award.ended_in_time, changes()) == (True, [(AwardChange.GRANTED, True)])
    assert AwardTally.objects.get(person=bob).badge_count == 0
    sweep_due()
    reconcile_organization(inside.pk)
    assert (Award.objects.get().ended_in_time, len(changes())) == (True, 1)


def test_who_has_something_unseen_is_not_ended_before_it_is_seen(
    inside: Organization, badge: Badge, alice: Person, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    record(bob, now() - DAY)
    evaluate(inside.pk)
    clock(40 * DAY)
    record(bob, now() - 20 * DAY)
    sweep_due()
    assert standing(bob) == {"three"}
    sweep_pending()
    assert standing(bob) == {"three"}
    assert changes() == [(AwardChange.GRANTED, True), (AwardChange.RENEWED, False)]


def test_an_award_by_hand_expires(
    inside: Organization, badge: Badge, alice: Person, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    badge.ends_after = "1 year"
    badge.save()
    grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed")
    evaluate(inside.pk)
    clock(367 * DAY)
    sweep_due()
    award = Award.objects.get()
    assert (award.ended_at, award.ended_why) == (award.expires_at, EndedWhy.EXPIRED)


def test_tenure_starts_by_itself_on_its_day(
    inside: Organization, badge: Badge, alice: Person, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    Person.objects.filter(pk=bob.pk).update(joined_on=now().date() - timedelta(days=360))
    rule = actions.save_rule(
        badge=badge,
        definition={"criterion": {"type": "tenure", "of": "1 year"}, "retention": {"type": "permanent"}},
        by=alice,
    )
    reconcile(inside.pk, rule.pk)
    assert (standing(bob), NextDue.objects.count()) == (set(), 1)
    clock(10 * DAY)
    sweep_due()
    assert (standing(bob), NextDue.objects.count()) == ({"three"}, 0)
    assert changes() == [(AwardChange.GRANTED, True)]


def test_an_activity_dated_ahead_counts_when_its_time_has_come(
    inside: Organization, badge: Badge, alice: Person, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    actions.save_rule(badge=badge, definition=MONTHLY, by=alice)
    record(bob, now() + timedelta(hours=2))
    evaluate(inside.pk)
    assert standing(bob) == set()
    clock(timedelta(hours=3))
    sweep_due()
    assert standing(bob) == {"three"}


def test_a_badge_given_by_hand_is_seen_by_rules_that_hold_it(
    inside: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    holder = BadgeFactory(organization=inside, slug="holder", mode="rule")
    held = {
        "criterion": {"type": "holds", "at_least": 1, "badges": ["three"]},
        "retention": {"type": "satisfied"},
    }
    actions.save_rule(badge=holder, definition=held, by=alice)
    award = grant_by_hand(badge=badge, person=bob, by=alice, reason="Well done")
    evaluate(inside.pk)
    assert standing(bob) == {"three", "holder"}
    revoke_award(award=award, by=alice, reason="A mistake")
    evaluate(inside.pk)
    assert standing(bob) == set()


def test_after_a_revocation_only_later_activities_count(
    inside: Organization, badge: Badge, alice: Person, bob: Person, clock: Callable[[timedelta], None]
) -> None:
    actions.save_rule(badge=badge, definition=THREE, by=alice)
    record(bob, *(now() - n * DAY for n in range(3)))
    evaluate(inside.pk)
    revoke_award(award=Award.objects.get(), by=alice, reason="A mistake")
    evaluate(inside.pk)
    reconcile_organization(inside.pk)
    assert standing(bob) == set()
    assert Award.objects.get().ended_why == EndedWhy.REVOKED
    clock(5 * DAY)
    record(bob, now() - 2 * DAY, now() - DAY)
    evaluate(inside.pk)
    Rule.objects.update(recheck_asked_at=None)  # everybody was looked at
    assert [one.told for one in how_far(bob)] == ["2 of 3"]
    record(bob, now() - timedelta(hours=1))
    evaluate(inside.pk)
    assert standing(bob) == {"three"}


def test_who_left_keeps_what_they_hold_and_gets_nothing_new(
    inside: Organization, badge: Badge, alice: Person, bob: Person
) -> None:
    actions.save_rule(badge=badge, definition=THREE, by=alice)
    monthly = BadgeFactory(organization=inside, slug="monthly", mode="rule")
    actions.save_rule(badge=monthly, definition={**MONTHLY, "retention": {"type": "permanent"}}, by=alice)
    record(bob, now() - 3 * DAY)
    Person.objects.filter(pk=bob.pk).update(left_on=(now() - 2 * DAY).date())
    record(bob, now() - timedelta(hours=2), now() - timedelta(hours=1))
    evaluate(inside.pk)
    assert standing(bob) == {"monthly"}


def test_the_four_starters(inside: Organization, alice: Person, bob: Person, submitted: Kind) -> None:
    badges = [actions.take_preset(organization=inside, preset=preset, by=alice) for preset in STARTERS]
    assert [badge.name for badge in badges] == [
        "Submitted First Improvement",
        "Kaizen Burst",
        "1 Improvement per Month",
        "HIPAA Certified",
    ]
    at = datetime(2026, 1, 31, 17, tzinfo=UTC)
    record(bob, at, at + 7 * DAY, at + 7 * DAY - timedelta(microseconds=1), at + DAY)
    evaluate(inside.pk)
    found = {
        award.badge.name: (award.starts_at, award.expires_at, award.ended_why)
        for award in Award.objects.select_related("badge")
    }
    new_york = datetime(2026, 3, 7, 17, tzinfo=UTC)
    assert found == {
        "Submitted First Improvement": (at, None, ""),
        "Kaizen Burst": (at + 7 * DAY - timedelta(microseconds=1), None, ""),
        "1 Improvement per Month": (at, new_york, EndedWhy.LAPSED),
    }
    assert changes() == [(AwardChange.GRANTED, False)] * 3


def test_how_far(inside: Organization, badge: Badge, alice: Person, bob: Person, submitted: Kind) -> None:
    burst = BadgeFactory(organization=inside, slug="burst", name="Burst", mode="rule")
    within = {"type": "count", "at_least": 4, "within": "7 days", "select": SUBMITTED}
    actions.save_rule(badge=badge, definition=THREE, by=alice)
    actions.save_rule(badge=burst, definition={**THREE, "criterion": within}, by=alice)
    record(bob, now() - 20 * DAY, now() - DAY)
    Rule.objects.update(recheck_asked_at=None)  # everybody was looked at
    found = [(one.badge.name, one.told) for one in how_far(bob)]
    assert found == [("Three", "2 of 3"), ("Burst", "1 of 4")]


def test_a_dry_run_asks_without_saving(inside: Organization, badge: Badge, bob: Person) -> None:
    done = record(bob, now() - DAY)
    found = dry_run(badge=badge, definition=MONTHLY, at=now()).rows
    assert [(one.person, one.starts_at, one.evidence) for one in found] == [(bob, done[0].occurred_at, done)]
    assert (Rule.objects.count(), Award.objects.count()) == (0, 0)


def test_the_session_reckons_in_utc_again(inside: Organization, badge: Badge, alice: Person) -> None:
    dry_run(badge=badge, definition=MONTHLY, at=now())
    with connection.cursor() as cursor:
        cursor.execute("SHOW TimeZone")
        assert cursor.fetchall() == [("UTC",)]


def test_one_organization_in_trouble_does_not_stop_the_others(
    committed_db: None, clock: Callable[[timedelta], None]
) -> None:
    clock(DAY)
    broken, sound = OrganizationFactory(slug="broken"), OrganizationFactory(slug="sound")
    Organization.objects.filter(pk=broken.pk).update(zone="Nowhere/Land")
    people = []
    for organization in (broken, sound):
        person = PersonFactory(organization=organization, joined_on=date(2026, 1, 1))
        badge = BadgeFactory(organization=organization, mode="rule")
        with tenant(organization):
            actions.save_rule(badge=badge, definition=MONTHLY, by=None)
            record(person, now() - DAY)
        people.append(person)
    sweep_pending()
    with tenant(sound):
        assert Award.objects.filter(person=people[1]).count() == 1
    Organization.objects.filter(pk=broken.pk).update(zone="UTC")
    sweep_pending()
    with tenant(Organization.objects.get(pk=broken.pk)):
        assert Award.objects.filter(person=people[0]).count() == 1
