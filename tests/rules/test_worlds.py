"""The random worlds are worth comparing in: rules are hit in them, and the naive evaluator behaves."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.rules import worlds
from tests.rules.naive import Json, World, evaluate
from tests.rules.worlds import END_OF_WORLD, cases

EARLIER = ("b0",)
ALLOWED_RETENTIONS = {
    "tenure": {"permanent", "expires"},
    "holds": {"permanent", "expires", "satisfied"},
    "streak": {"permanent", "expires", "while", "satisfied"},
}
fixed = settings(
    max_examples=200,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
one_of_each: dict[str, st.SearchStrategy[Any]] = {
    "count": worlds.counts(),
    "sum": worlds.sums(),
    "average": worlds.averages(),
    "streak": worlds.streaks(),
    "tenure": worlds.tenures(),
    "holds": worlds.holdings(EARLIER),
    **{kind: worlds.combinations(EARLIER, 2, (kind,)) for kind in worlds.COMBINING},
}


def rule_of(criterion: Json) -> Json:
    return {
        "id": criterion["type"],
        "name": "",
        "repeatable": False,
        "criterion": criterion,
        "retention": {"type": "permanent"},
    }


def test_every_kind_of_criterion_is_hit_in_many_worlds() -> None:
    hit: Counter[str] = Counter()

    @seed(2026)
    @fixed
    @given(worlds.worlds(), worlds.rules(), st.fixed_dictionaries(one_of_each))
    def count_hits(world: World, first: Json, criteria: dict[str, Json]) -> None:
        rules = [first, *(rule_of(criterion) for criterion in criteria.values())]
        timelines = evaluate(world, rules, END_OF_WORLD)
        hit.update(name for name, stands in timelines.items() if stands)

    count_hits()
    assert {kind for kind in one_of_each if hit[kind] >= 30} == set(one_of_each), hit


def test_every_retention_and_repetition_stands_in_many_worlds() -> None:
    seen: Counter[tuple[bool, str]] = Counter()

    @seed(2026)
    @fixed
    @given(worlds.worlds(), st.tuples(*(worlds.rules(f"r{number}") for number in range(8))))
    def count_stands(world: World, rules: tuple[Json, ...]) -> None:
        timelines = evaluate(world, [*rules], END_OF_WORLD)
        met = [rule for rule in rules if timelines[rule["id"]]]
        seen.update((rule["repeatable"], rule["retention"]["type"]) for rule in met)

    count_stands()
    plain = {(False, kind) for kind in ("permanent", "expires", "while", "satisfied")}
    repeated = {(True, kind) for kind in ("permanent", "expires")}
    assert {what for what, times in seen.items() if times >= 20} == plain | repeated, seen


@settings(max_examples=100)
@given(worlds.rule_sets())
def test_only_rules_that_the_page_allows_are_made(rules: list[Json]) -> None:
    for rule in rules:
        kind, retention = rule["criterion"]["type"], rule["retention"]["type"]
        usual = {"permanent", "expires", "while"}
        allowed = {"permanent", "expires"} if rule["repeatable"] else ALLOWED_RETENTIONS.get(kind, usual)
        assert retention in allowed
        if rule["repeatable"]:
            assert kind in {"count", "sum", "streak"}
            assert "within" not in rule["criterion"]
            assert kind != "sum" or "per" in rule["criterion"]


@settings(max_examples=100)
@given(cases(), st.integers())
def test_neither_order_nor_what_comes_later_changes_the_answer(
    case: tuple[World, list[Json], datetime], shuffling: int
) -> None:
    world, rules, as_of = case
    known = [a for a in world.activities if a.occurred_at <= as_of and not a.voided]
    Random(shuffling).shuffle(known)
    later = evaluate(replace(world, activities=tuple(known)), rules[::-1], as_of)
    assert later == evaluate(world, rules, as_of)


@settings(max_examples=100)
@given(cases())
def test_awards_of_one_person_never_overlap_nor_are_empty(case: tuple[World, list[Json], datetime]) -> None:
    world, rules, as_of = case
    for rule in rules:
        last: dict[tuple[str, str | None], Any] = {}
        for stand in evaluate(world, rules, as_of)[rule["id"]]:
            assert stand.starts <= as_of
            assert stand.ends is None or stand.starts < stand.ends
            ended = last.get((stand.person, stand.key), stand.starts)
            assert ended is not None
            assert ended <= stand.starts
            last[stand.person, stand.key] = stand.ends
