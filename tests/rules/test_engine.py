"""The engine answers as the naive evaluator does, over random worlds in real PostgreSQL."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings

from tests.rules.loading import loaded
from tests.rules.naive import Json, World, evaluate
from tests.rules.test_naive import LATE, count, did, rule
from tests.rules.test_naive import world as one_world
from tests.rules.worlds import cases

EXAMPLES = int(os.environ.get("LAPEL_EXAMPLES", "60"))
compared = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 100,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.django_db
@compared
@given(cases())
def test_timelines_are_those_of_the_naive_reading(case: tuple[World, list[Json], datetime]) -> None:
    world, rules, as_of = case
    expected = evaluate(world, rules, as_of)
    with loaded(world, slugs(rules)) as there:
        assert there.timelines(rules, as_of) == expected
        for name in world.people:
            alone = {slug: [s for s in stands if s.person == name] for slug, stands in expected.items()}
            assert there.timelines(rules, as_of, [name]) == alone


@pytest.mark.django_db
@compared
@given(cases())
def test_activities_of_one_instant_are_told_apart(case: tuple[World, list[Json], datetime]) -> None:
    """Evidence is found by instants where it can be; here it mostly cannot."""
    world, rules, as_of = case
    ledger = [
        replace(one, occurred_at=one.occurred_at.replace(hour=12, minute=0, second=0, microsecond=0))
        for one in world.activities
    ]
    crowded = replace(world, activities=tuple(reversed(ledger)))
    with loaded(crowded, slugs(rules)) as there:
        assert there.timelines(rules, as_of) == evaluate(crowded, rules, as_of)


@pytest.mark.django_db
def test_parts_that_come_true_at_one_instant_rest_on_activities_in_their_order() -> None:
    parts = [count(1, select={"kinds": [kind]}) for kind in ("task.completed", "event.attended")]
    both = rule({"type": "all_of", "parts": parts}, badge="b0")
    instants = [did("b", "03-01", kind="task.completed"), did("a", "03-01", kind="event.attended")]
    crowded = one_world(instants)
    with loaded(crowded, ["b0"]) as there:
        [stand] = there.timelines([both], LATE)["b0"]
        assert stand.evidence == ("a", "b")
        assert there.timelines([both], LATE) == evaluate(crowded, [both], LATE)


def slugs(rules: Sequence[Json]) -> list[str]:
    return [rule["id"] for rule in rules]
