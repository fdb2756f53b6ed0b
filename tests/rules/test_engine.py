"""The engine answers as the naive evaluator does, over random worlds in real PostgreSQL."""

import os
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings

from tests.rules.loading import loaded
from tests.rules.naive import Json, World, evaluate
from tests.rules.worlds import cases

EXAMPLES = int(os.environ.get("LAPEL_EXAMPLES", "60"))
compared = settings(
    max_examples=EXAMPLES,
    derandomize=EXAMPLES <= 100,
    database=None,
    deadline=None,
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


def slugs(rules: Sequence[Json]) -> list[str]:
    return [rule["id"] for rule in rules]
