"""The JSON of rules, in and out; what is none is refused with the path to the place."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from rules.criteria.rules import Rule
from rules.criteria.values import Invalid, Value

MAX_DEPTH = 60


def parse(definition: Any) -> Rule:
    """The rule that a JSON object means; raises `Invalid`, with the first mistake, for everything that is none."""
    rule, wrong = read(definition)
    if rule is None:
        raise wrong[0]
    return rule


def read(definition: Any) -> tuple[Rule | None, list[Invalid]]:
    """The rule that a JSON object means, or else all that is wrong with it."""
    if not isinstance(definition, dict):
        return None, [Invalid("", "A rule is a JSON object.")]
    if too_deep(definition):
        return None, [Invalid("criterion", "The parts are nested too deep.")]
    try:
        return Rule.model_validate(definition), []
    except ValidationError as error:
        found = _apart(error.errors(include_url=False, include_input=False))
    return None, [
        Invalid(_path(one["loc"], definition), message)
        for one in found
        for message in _words(one).split("\n")
    ]


def _apart(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without lists that are called too short because something in them is wrong."""
    places = [one["loc"] for one in errors]
    return [
        one
        for one in errors
        if one["type"] != "too_short"
        or not any(place != one["loc"] and place[: len(one["loc"])] == one["loc"] for place in places)
    ]


def to_json(rule: Value) -> dict[str, Any]:
    """Of a rule, or of a part of one."""
    found: dict[str, Any] = rule.model_dump(mode="json", by_alias=True, exclude_none=True)
    return found


def too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [below for one in level if isinstance(one, dict | list) for below in _inside(one)]
    return bool(level)


def _inside(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _path(location: tuple[int | str, ...], definition: Any) -> str:
    """`criterion.parts[1].select`, without the names of types that lead nowhere in the JSON."""
    path, here = "", definition
    for step in location:
        if isinstance(here, list) and isinstance(step, int) and step < len(here):
            path, here = f"{path}[{step}]", here[step]
        elif isinstance(here, dict) and step not in TYPES - here.keys():
            path, here = f"{path}.{step}" if path else str(step), here.get(step)
    return path


TYPES = {"count", "sum", "average", "streak", "tenure", "holds", "all_of", "any_of", "at_least"}
TYPES |= {"permanent", "expires", "while", "satisfied"}
WORDS = {
    "extra_forbidden": "This is not known here.",
    "missing": "This is missing.",
    "too_short": "An empty list is refused; leave it out instead.",
    "tuple_type": "This must be a list.",
    "int_type": "This must be a whole number.",
    "string_type": "This must be text.",
    "bool_type": "This must be true or false.",
    "union_tag_not_found": "Its “type” is missing.",
    "union_tag_invalid": "This “type” is not known.",
    "finite_number": "This is not a number.",
    "string_too_short": "This must not be empty.",
    "string_pattern_mismatch": "Write small letters, digits and hyphens only.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "timezone_aware": "An instant needs its offset, such as 2026-05-01T04:00:00Z.",
    "datetime_from_date_parsing": "Write an instant such as 2026-05-01T04:00:00Z.",
    "date_from_datetime_parsing": "Write a day such as 2026-05-01.",
    "date_from_datetime_inexact": "Write a day such as 2026-05-01.",
    "string_unicode": "This holds a character that cannot be stored.",
    "string_too_long": "This is too long. Write at most {max_length} characters.",
    "too_long": "This list is too long. Name at most {max_length}.",
    "greater_than_equal": "This must be {ge} or more.",
    "less_than_equal": "This must be {le} or less.",
    "decimal_parsing": "This is not a number.",
    "decimal_max_digits": "This number is too long. Write at most {max_digits} digits.",
    "literal_error": "This must be {expected}.",
}


def _words(error: ErrorDetails) -> str:
    known = WORDS.get(error["type"])
    return known.format(**error.get("ctx", {})) if known else error["msg"].removeprefix("Value error, ")
