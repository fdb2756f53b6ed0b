"""Definitions are read strictly, and written back as they were."""

import copy
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from rules.criteria import Count, Invalid, Sum, in_order, kinds_named, parse, to_json
from tests.rules import worlds
from tests.rules.naive import Json

COUNT: Json = {
    "type": "count",
    "at_least": 3,
    "within": "7 days",
    "select": {"kinds": ["improvement.submitted"]},
}
RULE: Json = {"id": "burst", "criterion": COUNT, "retention": {"type": "permanent"}}
WHILE = {"type": "while", "at_least": 1, "within": "1 month"}


def changed(**values: Any) -> Json:
    return copy.deepcopy(RULE) | values


def criterion(**values: Any) -> Json:
    return changed(criterion=COUNT | values)


def select(**values: Any) -> Json:
    return criterion(select=values)


@settings(max_examples=200)
@given(worlds.rules("b1", ("b0",)))
def test_what_is_read_is_written_back(rule: Json) -> None:
    parsed = parse(rule)
    assert parse(to_json(parsed)) == parsed
    assert parse(json.loads(json.dumps(to_json(parsed)))) == parsed


def test_numbers_are_exact_however_they_are_written() -> None:
    for written in (4.1, "4.1", "4.10"):
        rule = parse(changed(criterion={"type": "sum", "at_least": written, "select": {}}))
        assert isinstance(rule.criterion, Sum)
        assert rule.criterion.at_least == Decimal("4.1")
    long = "0.12345678901234567890"
    again = parse(to_json(parse(select(min_value=long))))
    assert isinstance(again.criterion, Count)
    assert again.criterion.select.min_value == Decimal(long)


def test_every_example_of_the_documentation_is_read() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "rules.md").read_text()
    decoder = json.JSONDecoder()
    found = []
    for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL):
        rest = block.strip()
        while rest.startswith("{"):
            value, end = decoder.raw_decode(rest)
            found.append(value)
            rest = rest[end:].strip()
    kinds = {one["type"]: one for one in found if "type" in one}
    retentions = {"permanent", "expires", "while", "satisfied"}
    assert kinds.keys() - retentions == {
        "count", "sum", "average", "streak", "tenure", "holds", "all_of", "any_of", "at_least",
    }  # fmt: skip
    for example in found:
        if "criterion" in example:
            parse(example)
        elif example.get("type") in retentions:
            fitting = kinds["streak"] if example["type"] == "satisfied" else COUNT
            parse(changed(criterion=fitting, retention=example))
        elif "type" in example:
            parse(changed(criterion=example))
        elif "kinds" in example:
            parse(criterion(select=example))


HOLDS = {"type": "holds", "at_least": 1, "badges": ["belt"]}
TENURE = {"type": "tenure", "of": "1 year"}
STREAK = {"type": "streak", "length": 2, "per": "week", "select": {}}
AVERAGE = {"type": "average", "at_least": 1, "over": 1, "select": {}}
EVER = {"type": "count", "at_least": 1, "select": {}}
SOON = {"type": "tenure", "of": "soon"}
MAY, APRIL = "2026-05-01T00:00:00Z", "2026-04-01T00:00:00Z"
REFUSED: list[tuple[str, Any, str]] = [
    ("no object", [], ""),
    ("unknown name", changed(grace="1 day"), "grace"),
    ("name of the code's own", changed(for_={}), "for_"),
    ("no criterion", {"id": "x", "retention": {"type": "permanent"}}, "criterion"),
    ("unknown type", changed(criterion={"type": "median"}), "criterion"),
    ("no type", changed(criterion={"at_least": 3}), "criterion"),
    ("unknown in a selector", select(kind="x"), "criterion.select.kind"),
    ("empty kinds", select(kinds=[]), "criterion.select.kinds"),
    ("a kind twice", select(kinds=["a.b", "a.b"]), "criterion.select.kinds"),
    ("kinds as text", select(kinds="a.b"), "criterion.select.kinds"),
    ("NUL in a kind", select(kinds=["a.\0"]), "criterion.select.kinds[0]"),
    ("half a character", select(roles=["\ud800"]), "criterion.select.roles[0]"),
    ("no attributes", select(attributes={}), "criterion.select.attributes"),
    ("no values of an attribute", select(attributes={"area": []}), "criterion.select.attributes"),
    ("NUL in an attribute", select(attributes={"area": ["\0"]}), "criterion.select.attributes"),
    ("NaN in an attribute", select(attributes={"area": float("nan")}), "criterion.select.attributes"),
    ("none a day", select(per_day=0), "criterion.select.per_day"),
    ("infinite value", select(min_value="Infinity"), "criterion.select.min_value"),
    ("true as a number", select(min_value=True), "criterion.select.min_value"),
    ("none at least", criterion(at_least=0), "criterion.at_least"),
    ("a number as text", criterion(at_least="3"), "criterion.at_least"),
    ("two windows", criterion(per="month"), "criterion"),
    ("no such period", changed(criterion=STREAK | {"per": "fortnight"}), "criterion.per"),
    ("hours", criterion(within="7 hours"), "criterion.within"),
    ("no days", criterion(within="0 days"), "criterion.within"),
    ("a thousand years", criterion(within="1000 years"), "criterion.within"),
    ("an average per month", changed(criterion=AVERAGE | {"per": "month"}), "criterion.per"),
    ("no parts", changed(criterion={"type": "all_of", "parts": []}), "criterion.parts"),
    ("a wrong part", changed(criterion={"type": "any_of", "parts": [COUNT, SOON]}), "criterion.parts[1].of"),
    ("k of all", changed(criterion={"type": "all_of", "k": 1, "parts": [COUNT]}), "criterion"),
    ("no k", changed(criterion={"type": "at_least", "parts": [COUNT]}), "criterion"),
    ("more than there are", changed(criterion={"type": "at_least", "k": 2, "parts": [COUNT]}), "criterion"),
    ("more badges than named", changed(criterion=HOLDS | {"at_least": 2}), "criterion"),
    ("its own badge", changed(criterion=HOLDS | {"badges": ["burst"]}), ""),
    ("while, bare tenure", changed(criterion=TENURE, retention=WHILE | {"select": {}}), ""),
    ("while, bare holds", changed(criterion=HOLDS, retention=WHILE | {"select": {}}), ""),
    ("while, two selectors", changed(criterion={"type": "all_of", "parts": [COUNT, COUNT]}, retention=WHILE), ""),
    ("satisfied count", changed(retention={"type": "satisfied"}), ""),
    ("repeatable within", changed(repeatable=True), ""),
    ("repeatable while", changed(repeatable=True, criterion=EVER, retention=WHILE), ""),
    ("repeatable tenure", changed(repeatable=True, criterion=TENURE), ""),
    ("for no location", changed(**{"for": {"locations": []}}), "for.locations"),
    ("joined at some time", changed(**{"for": {"joined_from": 1767225600}}), "for.joined_from"),
    ("an instant without offset", changed(counts={"from": "2026-05-01T00:00:00"}), "counts.from"),
    ("a campaign backwards", changed(counts={"from": MAY, "until": APRIL}), "counts"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "path"), [pytest.param(*rest, id=name) for name, *rest in REFUSED])
def test_what_is_no_rule_is_refused_with_its_place(definition: Any, path: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(definition)
    assert refused.value.path == path
    assert refused.value.message


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        (changed(id="\ud800"), "This holds a character that cannot be stored."),
        (select(roles=["\ud800"]), "This holds a character that cannot be stored."),
        (changed(name="x" * 201), "This is too long. Write at most 200 characters."),
        (select(kinds=[f"a.b{n}" for n in range(501)]), "This list is too long. Name at most 500."),
        (criterion(at_least=0), "This must be 1 or more."),
        (criterion(at_least=1_000_001), "This must be 1000000 or less."),
        (select(min_value="much"), "This is not a number."),
        (select(min_value="1" * 31), "This number is too long. Write at most 30 digits."),
        (
            criterion(within=None, per="fortnight"),
            "This must be 'day', 'week', 'month', 'quarter' or 'year'.",
        ),
        (changed(**{"for": {"joined_from": "soon"}}), "Write a day such as 2026-05-01."),
        (changed(**{"for": {"joined_from": "2026-05-01T04:00:00"}}), "Write a day such as 2026-05-01."),
        (changed(counts={"from": "soon"}), "Write an instant such as 2026-05-01T04:00:00Z."),
    ],
)
def test_what_is_wrong_is_said_in_lapel_s_words(definition: Any, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(definition)
    assert refused.value.message == said


def test_endless_nesting_is_refused() -> None:
    nested: Json = COUNT
    for _ in range(5_000):
        nested = {"type": "all_of", "parts": [nested]}
    with pytest.raises(Invalid, match="nested"):
        parse(changed(criterion=nested))


def test_held_badges_come_before_those_that_look_at_them() -> None:
    book = {
        "gold": parse(changed(id="gold", criterion=HOLDS | {"badges": ["silver", "by-hand"]})),
        "silver": parse(changed(id="silver", criterion=HOLDS | {"badges": ["burst"]})),
        "burst": parse(RULE),
    }
    assert [rule.id for rule in in_order(book)] == ["burst", "silver", "gold"]
    book["burst"] = parse(changed(criterion=HOLDS | {"badges": ["gold"]}))
    with pytest.raises(Invalid, match="circle"):
        in_order(book)


def test_kinds_named() -> None:
    two = {
        "type": "any_of",
        "parts": [COUNT, TENURE, {"type": "sum", "at_least": 1, "select": {"kinds": ["a.b"]}}],
    }
    assert kinds_named(parse(changed(criterion=two))) == {"improvement.submitted", "a.b"}
    assert kinds_named(parse(changed(criterion=HOLDS))) == set()
    assert kinds_named(parse(select(roles=["leader"]))) is None
    assert kinds_named(parse(changed(retention=WHILE | {"select": {"kinds": ["a.c"]}}))) == {
        "improvement.submitted",
        "a.c",
    }
