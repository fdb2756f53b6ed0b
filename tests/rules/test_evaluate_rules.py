"""`manage.py evaluate_rules` prints timelines and stores nothing."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from badges.models import Award
from rules.models import Rule
from tests.rules.loading import Loaded, loaded
from tests.rules.naive import Activity, HandAward, Json, Person, Revocation, World

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
DAY = timedelta(days=1)
COUNT = {"type": "count", "at_least": 2, "within": "7 days", "select": {"kinds": ["improvement.submitted"]}}
HOLDS = {"type": "holds", "at_least": 1, "badges": ["both"]}
MONTHLY = {"type": "while", "at_least": 1, "within": "1 month"}
RULES: list[Json] = [
    {"id": "both", "criterion": {"type": "holds", "at_least": 2, "badges": ["burst", "by-hand"]},
     "retention": {"type": "satisfied"}},
    {"id": "burst", "criterion": COUNT, "retention": MONTHLY},
    {"id": "each", "repeatable": True, "criterion": {"type": "count", "at_least": 2, "select": {}},
     "retention": {"type": "permanent"}},
]  # fmt: skip


def activity(person: str, at: datetime, external_id: str) -> Activity:
    return Activity(person, "improvement.submitted", "author", at, None, {}, None, "lapel", external_id)


WORLD = World(
    zone="America/New_York",
    first_weekday=1,
    people={"zoe": Person("zoe"), "ann": Person("ann")},
    activities=(
        activity("zoe", AT, "z1"),
        activity("zoe", AT + timedelta(microseconds=5), "z2"),
        activity("ann", AT + DAY, "a1"),
        activity("ann", AT, "a2"),
    ),
    hand=(HandAward("by-hand", "ann", AT + 2 * DAY),),
    revocations=(Revocation("burst", "zoe", AT + DAY),),
)
END = "2026-04-02T14:00:00Z"
EXPECTED = [
    {"rule": "both", "person": "ann", "start": "2026-03-04T15:00:00Z", "end": "2026-04-03T14:00:00Z", "evidence": []},
    {"rule": "burst", "person": "ann", "start": "2026-03-03T15:00:00Z", "end": "2026-04-03T14:00:00Z",
     "evidence": ["a2", "a1"]},
    {"rule": "burst", "person": "zoe", "start": "2026-03-02T15:00:00.000005Z", "end": "2026-03-03T15:00:00Z",
     "evidence": ["z1", "z2"]},
    {"rule": "each", "person": "ann", "key": "1", "start": "2026-03-03T15:00:00Z", "end": None,
     "evidence": ["a2", "a1"]},
    {"rule": "each", "person": "zoe", "key": "1", "start": "2026-03-02T15:00:00.000005Z", "end": None,
     "evidence": ["z1", "z2"]},
]  # fmt: skip


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(RULES))
    return file


def run(there: Loaded, rules: Path, **options: Any) -> str:
    out = StringIO()
    call_command("evaluate_rules", str(rules), organization=there.organization.slug, stdout=out, **options)
    return out.getvalue()


@pytest.mark.django_db
def test_timelines_are_printed_and_nothing_is_stored(rules: Path) -> None:
    with loaded(WORLD, ["burst"]) as there:
        printed = run(there, rules, as_of="2026-06-30")
        assert [json.loads(line) for line in printed.splitlines()] == EXPECTED
        assert (Rule.objects.count(), Award.objects.filter(origin="rule").count()) == (0, 0)


@pytest.mark.django_db
def test_the_output_may_be_a_file(rules: Path, tmp_path: Path) -> None:
    with loaded(WORLD, ["burst"]) as there:
        assert run(there, rules, as_of="2026-06", output=str(tmp_path / "out")) == ""
        assert [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()] == EXPECTED


@pytest.mark.django_db
def test_badges_that_an_award_rests_on_are_named_where_asked(rules: Path) -> None:
    by_rule, by_hand = "2026-03-03T15:00:00Z", "2026-03-04T15:00:00Z"
    held = [{"rule": "burst", "start": by_rule}, {"rule": "by-hand", "start": by_hand}]
    with loaded(WORLD, ["burst"]) as there:
        printed = run(there, rules, as_of="2026-06-30", held=True)
    assert [json.loads(line) for line in printed.splitlines()] == [
        {**EXPECTED[0], "held": held},
        *EXPECTED[1:],
    ]


@pytest.mark.django_db
def test_a_day_is_asked_at_its_last_microsecond(rules: Path) -> None:
    midnight = World("America/New_York", 1, {"ann": Person("ann")}, activities=(
        activity("ann", datetime(2026, 3, 3, 4, 59, 59, 999999, UTC), "1"),
        activity("ann", datetime(2026, 3, 3, 5, tzinfo=UTC), "2"),
    ))  # fmt: skip
    with loaded(midnight, []) as there:
        assert run(there, rules, as_of="2026-03-02") == ""
        assert len(run(there, rules, as_of="2026-03-03").splitlines()) == 2
        assert run(there, rules, as_of="2026-03-03T04:59:59.999999Z") == ""


WRONG: list[tuple[Any, str]] = [
    ({}, "a list of rules"),
    (
        [RULES[1], {**RULES[1], "id": "two", "criterion": {**COUNT, "at_least": 0}}],
        r"\[1\].criterion.at_least: ",
    ),
    ([RULES[1], RULES[1]], r"\[1\].id: "),
    (
        [
            {**RULES[0], "id": "burst", "criterion": HOLDS},
            RULES[0],
        ],
        "circle",
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("content", "message"), WRONG)
def test_what_is_no_rule_is_refused_and_nothing_written(
    rules: Path, tmp_path: Path, content: Any, message: str
) -> None:
    rules.write_text(json.dumps(content))
    with loaded(WORLD, []) as there, pytest.raises(CommandError, match=message):
        run(there, rules, output=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("as_of", ["soon", "2026-13", "2026-03-02T15:00:00", "0000-01-01"])
def test_what_is_no_instant_is_refused(rules: Path, as_of: str) -> None:
    with loaded(WORLD, []) as there, pytest.raises(CommandError, match="--as-of"):
        run(there, rules, as_of=as_of)


@pytest.mark.django_db
def test_files_and_organizations_that_are_not_there(rules: Path, tmp_path: Path) -> None:
    with loaded(WORLD, []) as there:
        with pytest.raises(CommandError, match="No such file"):
            run(there, tmp_path / "none.json")
        with pytest.raises(CommandError, match="no organization"):
            call_command("evaluate_rules", str(rules), organization="elsewhere")
        rules.write_text("[" * 100_000)
        with pytest.raises(CommandError, match="not JSON"):
            run(there, rules)
