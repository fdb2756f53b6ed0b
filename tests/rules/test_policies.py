"""Changed rules: what the versions before a change still say, against the naive reading and with a pencil."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activity.models import Activity, Kind, PendingEvaluation, Source
from badges.actions import revoke_award
from badges.models import Award, AwardEvent, Badge
from people.clock import telling
from people.models import Organization, Person
from people.tenancy import tenant
from rules import actions
from rules.criteria import Invalid, parse
from rules.dry_run import dry_run
from rules.engine import Saved, in_succession
from rules.explanations import why
from rules.models import Policy, RuleVersion
from rules.queries import rulebook
from tests.factories import BadgeFactory
from tests.rules import naive_editions, worlds
from tests.rules.loading import loaded
from tests.rules.naive import Json, World
from tests.rules.naive_editions import Version
from tests.rules.worlds import END_OF_WORLD, RULE_BADGES

EXAMPLES = int(os.environ.get("LAPEL_EXAMPLES", "60"))
compared = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 100,
    suppress_health_check=list(HealthCheck),
)
SUBMITTED = {"kinds": ["improvement.submitted"]}


# ---- against the naive reading
@st.composite
def changed_rules(
    draw: Callable[..., Any], slug: str, earlier: tuple[str, ...], at: list[datetime]
) -> list[Version]:
    instants = sorted(draw(st.lists(worlds.instants("UTC", at), min_size=1, max_size=3, unique=True)))
    policies = [draw(st.sampled_from(["keep", "new_only", "keep", "recheck"])) for _ in instants[1:]]
    return [
        Version(draw(worlds.rules(slug, earlier)), instant, policy)
        for instant, policy in zip(instants, ["recheck", *policies], strict=True)
    ]


@st.composite
def changed(draw: Callable[..., Any]) -> tuple[World, list[list[Version]], datetime]:
    count = draw(st.integers(1, 2))
    around = [datetime(2026, month, 4, 17, tzinfo=UTC) for month in (2, 3, 4)]
    rules = [draw(changed_rules(RULE_BADGES[i], RULE_BADGES[:i], around)) for i in range(count)]
    world = draw(worlds.worlds([version.rule for versions in rules for version in versions]))
    end = END_OF_WORLD + timedelta(days=30)
    return world, rules, draw(st.sampled_from([end, end, around[1]]))


RULE_BADGES = tuple(RULE_BADGES)


@pytest.mark.django_db
@compared
@given(changed())
def test_timelines_of_changed_rules_are_those_of_the_naive_reading(
    case: tuple[World, list[list[Version]], datetime],
) -> None:
    world, rules, as_of = case
    expected = naive_editions.evaluate(world, rules, as_of)
    in_force = [versions[-1].rule for versions in rules]
    editions = {versions[0].rule["id"]: in_succession(saved(versions)) for versions in rules}
    with loaded(world, [rule["id"] for rule in in_force]) as there:
        assert there.timelines(in_force, as_of, editions=editions) == expected
        for name in world.people:
            alone = {slug: [s for s in stands if s.person == name] for slug, stands in expected.items()}
            assert there.timelines(in_force, as_of, [name], editions=editions) == alone


def saved(versions: list[Version]) -> list[Saved]:
    return [
        Saved(number, parse(one.rule), one.at, one.policy == "recheck", one.policy == "new_only")
        for number, one in enumerate(versions, start=1)
    ]


# ---- with a pencil, through the actions
def count(n: int, retention: Json | None = None, **others: Any) -> Json:
    return {
        "criterion": {"type": "count", "at_least": n, "select": SUBMITTED, **others},
        "retention": retention or {"type": "permanent"},
    }


MONTHLY = {"type": "while", "at_least": 1, "within": "1 month"}
YEARLY = {"type": "expires", "after": "1 year"}


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"2026-{day}T17:00:00+00:00")


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, slug="b", name="B", mode="rule")


def did(person: Person, *days: str) -> None:
    source, _ = Source.objects.get_or_create(organization=person.organization, name="lapel")
    kind, _ = Kind.objects.get_or_create(organization=person.organization, name=SUBMITTED["kinds"][0])
    for day in days:
        Activity.objects.create(
            organization=person.organization, person=person, kind=kind, source=source,
            external_id=f"{person.pk}/{day}", occurred_at=at(day), recorded_at=at(day),
        )  # fmt: skip
        PendingEvaluation.objects.create(organization=person.organization, person=person, kinds=[kind.pk])


def save(badge: Badge, day: str, definition: Json, policy: str = Policy.RECHECK) -> None:
    with telling(at(day)):
        rule = actions.save_rule(badge=badge, definition=definition, by=None, policy=policy)
        actions.reconcile_rule(rule=rule)


def awards(person: Person) -> list[tuple[str, str | None, int | None]]:
    """(start, end, version) of those that are recorded, in order."""
    return [
        (f"{award.starts_at:%m-%d}", over and f"{over:%m-%d}", award.rule_version)
        for award in Award.objects.filter(person=person).order_by("starts_at", "key")
        for over in [award.ended_at or award.expires_at]
    ]


def look(badge: Badge, day: str) -> None:
    with telling(at(day)):
        actions.evaluate_pending(organization=badge.organization)
        actions.end_and_start_due(organization=badge.organization)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy.RECHECK, [("03-03", "03-20", 1)]),  # the record no longer supports it
        (Policy.KEEP, [("03-03", None, 1)]),
        (Policy.NEW_ONLY, [("03-03", None, 1)]),
    ],
)
def test_a_stricter_rule_takes_from_present_holders_only_if_all_are_rechecked(
    inside: Organization, badge: Badge, bob: Person, policy: str, expected: list[Any]
) -> None:
    save(badge, "03-01", count(1))
    did(bob, "03-03")
    look(badge, "03-04")
    save(badge, "03-20", count(2), policy)
    assert awards(bob) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Policy.RECHECK, [("03-04", None, 2)]),  # it was reached long ago
        (Policy.KEEP, [("03-25", None, 2)]),  # the next one counts with those before
        (Policy.NEW_ONLY, [("03-26", None, 2)]),  # two new ones are needed
    ],
)
def test_what_was_done_before_counts_as_the_policy_says(
    inside: Organization, badge: Badge, bob: Person, policy: str, expected: list[Any]
) -> None:
    save(badge, "03-01", count(9))
    did(bob, "03-03", "03-04")
    look(badge, "03-05")
    save(badge, "03-20", count(2), policy)
    did(bob, "03-25", "03-26")
    look(badge, "03-27")
    assert awards(bob) == expected


def test_an_award_keeps_the_retention_of_its_version_until_it_ends(
    inside: Organization, badge: Badge, bob: Person
) -> None:
    save(badge, "03-01", count(1, MONTHLY))
    did(bob, "03-03")
    look(badge, "03-04")
    save(badge, "03-20", count(9, {"type": "permanent"}), Policy.KEEP)
    did(bob, "03-25")
    look(badge, "03-26")
    assert awards(bob) == [("03-03", "04-25", 1)]  # kept up as its version said
    look(badge, "05-01")
    did(bob, "05-02")
    look(badge, "05-03")
    assert awards(bob) == [("03-03", "04-25", 1)]  # it has ended, and what comes now is the new version's


def test_a_renewal_gives_it_the_new_versions_time_and_never_less(
    inside: Organization, badge: Badge, bob: Person
) -> None:
    save(badge, "03-01", count(1, YEARLY))
    did(bob, "03-03")
    look(badge, "03-04")
    save(badge, "03-20", count(1, {"type": "expires", "after": "1 month"}), Policy.KEEP)
    did(bob, "03-25")
    look(badge, "03-26")
    assert [(start, version) for start, _, version in awards(bob)] == [("03-03", 1)]
    assert Award.objects.get().expires_at == at("03-03").replace(year=2027, hour=17)


def test_why_is_answered_by_the_version_that_gave_it(inside: Organization, badge: Badge, bob: Person) -> None:
    save(badge, "03-01", count(1))
    did(bob, "03-03")
    look(badge, "03-04")
    save(badge, "03-20", count(2), Policy.KEEP)
    reason = why(Award.objects.get())
    assert (reason.version, "at least 1 improvement" in reason.sentence) == (1, True)


def test_rechecking_ends_what_the_versions_before_have_to_say(
    inside: Organization, badge: Badge, bob: Person
) -> None:
    save(badge, "03-01", count(1))
    did(bob, "03-03")
    save(badge, "03-10", count(2), Policy.KEEP)
    save(badge, "03-20", count(3), Policy.RECHECK)
    look(badge, "03-21")
    assert Award.objects.filter(ended_at=None).count() == 0
    assert rulebook(inside).ground.editions == {}


def test_a_repeatable_badge_goes_on_counting_apart(inside: Organization, badge: Badge, bob: Person) -> None:
    save(badge, "03-01", {**count(1), "repeatable": True})
    did(bob, "03-03", "03-04")
    look(badge, "03-05")
    save(badge, "03-20", {**count(2), "repeatable": True}, Policy.NEW_ONLY)
    did(bob, "03-25", "03-26", "03-27")
    look(badge, "03-28")
    assert list(Award.objects.order_by("starts_at").values_list("key", flat=True)) == ["1", "2", "v2.1"]


def test_one_of_a_later_version_can_be_taken_back(
    inside: Organization, badge: Badge, bob: Person, alice: Person
) -> None:
    save(badge, "03-01", {**count(1), "repeatable": True})
    did(bob, "03-03")
    save(badge, "03-20", {**count(1), "repeatable": True, "name": "other"}, Policy.NEW_ONLY)
    save(badge, "03-21", {**count(2), "repeatable": True}, Policy.NEW_ONLY)
    did(bob, "03-25", "03-26")
    look(badge, "03-28")
    with telling(at("03-29")):
        revoke_award(award=Award.objects.get(key="v2.1"), by=alice, reason="A mistake")
    actions.reconcile_everything(organization=inside)
    assert [award.key for award in Award.objects.filter(ended_at=None)] == ["1"]


def test_a_badge_that_an_earlier_version_looks_at_cannot_look_back(
    inside: Organization, badge: Badge, alice: Person
) -> None:
    other = BadgeFactory(organization=inside, slug="other", name="Other", mode="rule")
    holding = {
        "criterion": {"type": "holds", "at_least": 1, "badges": ["other"]},
        "retention": {"type": "satisfied"},
    }
    save(badge, "03-01", holding)
    save(badge, "03-02", count(1), Policy.KEEP)
    back = {
        "criterion": {"type": "holds", "at_least": 1, "badges": ["b"]},
        "retention": {"type": "satisfied"},
    }
    with pytest.raises(Invalid, match="in a circle"):
        actions.save_rule(badge=other, definition=back, by=alice)
    save(badge, "03-03", count(2), Policy.RECHECK)
    assert actions.save_rule(badge=other, definition=back, by=alice).current == 1


def test_what_would_be_is_shown_for_each_policy(
    inside: Organization, badge: Badge, bob: Person, mary: Person
) -> None:
    save(badge, "03-01", count(2))
    did(bob, "03-03", "03-04")
    did(mary, "03-03")
    look(badge, "03-05")
    definition, asked = {"id": "b", **count(1)}, at("03-20")
    runs = {
        policy: dry_run(badge=badge, definition=definition, at=asked, policy=policy)
        for policy in Policy.values
    }
    found = {policy: sorted(row.person.name for row in run.rows) for policy, run in runs.items()}
    assert found == {"recheck": ["Bob Brown", "Mary Moss"], "keep": ["Bob Brown"], "new_only": ["Bob Brown"]}


def test_the_policy_is_on_record(inside: Organization, badge: Badge) -> None:
    save(badge, "03-01", count(1), Policy.KEEP)
    save(badge, "03-02", count(2), Policy.NEW_ONLY)
    # A first version has no past to keep.
    assert [*RuleVersion.objects.order_by("number").values_list("policy", flat=True)] == [
        "recheck",
        "new_only",
    ]


@pytest.mark.parametrize("seed", range(6))
def test_in_any_order_of_arrival_the_awards_are_those_from_scratch(
    inside: Organization, badge: Badge, bob: Person, seed: int
) -> None:
    """Some of what happened is told late, after the changes; a reconciliation of everything changes nothing then."""
    random = Random(seed)
    policies = [random.choice([Policy.KEEP, Policy.NEW_ONLY]) for _ in range(2)]
    retentions = [{"type": "permanent"}, MONTHLY, {"type": "expires", "after": "10 days"}]
    definitions = [count(random.choice([1, 2, 3]), random.choice(retentions)) for _ in range(3)]
    days = [f"{month:02}-{day:02}" for month in (3, 4) for day in random.sample(range(1, 29), 5)]
    random.shuffle(days)
    save(badge, "03-01", definitions[0])
    for saving, definition, policy in zip(["03-15", "04-10"], definitions[1:], policies, strict=True):
        did(bob, *[days.pop() for _ in range(3)])
        look(badge, saving)
        save(badge, saving, definition, policy)
    did(bob, *days)
    look(badge, "05-01")
    came_so = stored(bob)
    events = AwardEvent.objects.count()
    with telling(at("05-01")):
        actions.reconcile_everything(organization=inside)
    assert (stored(bob), AwardEvent.objects.count()) == (came_so, events)
    assert came_so == from_scratch(badge, bob)


def stored(person: Person) -> list[tuple[Any, ...]]:
    """Those by the timeline: awards that lost their support stay on record, and are no part of it."""
    rows = Award.objects.filter(person=person).exclude(ended_why="no_longer_supported").order_by("starts_at")
    return [(row.starts_at, row.ended_at or row.expires_at, tuple(row.evidence)) for row in rows]


def from_scratch(badge: Badge, person: Person) -> list[tuple[Any, ...]]:
    from rules.engine import Question, stands

    book = rulebook(badge.organization)
    with tenant(badge.organization):
        found = stands(book.rules["b"], book.rules, Question(book.ground, at("05-01"), (person.pk,)))
    return [(stand.starts, stand.ends, stand.evidence) for stand in found]
