"""The values that rules are made of: durations, exact numbers, instants, names. What is none is refused in words."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictInt,
    StrictStr,
)

LONGEST = {"day": 36_600, "week": 5_200, "month": 1_200, "year": 100}
DURATION = re.compile(r"([1-9][0-9]{0,4}) (day|week|month|year)s?")


class Invalid(ValueError):
    """A definition that is no rule. `path` leads to the offending place, such as `criterion.select.kinds`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path, self.message = path, message


def _duration(text: str) -> str:
    found = DURATION.fullmatch(text)
    if found is None:
        raise ValueError("Say how long as “7 days”, “2 weeks”, “1 month” or “1 year”.")
    number, unit = int(found[1]), found[2]
    if number > LONGEST[unit]:
        raise ValueError("This is longer than a hundred years.")
    return f"{number} {unit}" + ("s" if number > 1 else "")


def _exact(number: Any) -> Any:
    if isinstance(number, bool) or not isinstance(number, int | float | str | Decimal):
        raise ValueError("This is not a number.")
    return str(number) if isinstance(number, float) else number


def _plain(number: Decimal) -> int | float | str:
    """A JSON number where it says the same, else its digits as text."""
    if number == number.to_integral_value() and abs(number) < 10**15:
        return int(number)
    return float(number) if Decimal(repr(float(number))) == number else str(number)


def once_each(items: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(items)) < len(items):
        raise ValueError("Something is named twice here.")
    return items


def plain_text(value: str) -> str:
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("This holds a character that cannot be stored.")
    return value


type Attributes = tuple[tuple[str, tuple[str, ...]], ...]


def read_attributes(value: Any) -> Attributes:
    """{"area": ["docs"]} as (("area", ('"docs"',)),): names in order, each with its choices as JSON."""
    if not isinstance(value, dict) or not value:
        raise ValueError("Name at least one attribute with its value or a list of values.")
    return tuple(sorted((plain_text(str(name)), _choices(choices)) for name, choices in value.items()))


def _choices(value: Any) -> tuple[str, ...]:
    choices = value if isinstance(value, list) else [value]
    if not choices:
        raise ValueError("An empty list of values matches nothing; leave the attribute out instead.")
    texts = [json.dumps(choice, sort_keys=True, ensure_ascii=False, allow_nan=False) for choice in choices]
    if any("\\u0000" in text for text in texts):
        raise ValueError("This holds a character that cannot be stored.")
    return tuple(dict.fromkeys(map(plain_text, texts)))


def attributes_json(attributes: Attributes) -> dict[str, Any]:
    return {name: [json.loads(choice) for choice in choices] for name, choices in attributes}


def _written(value: Any) -> Any:
    if not isinstance(value, str | date):
        raise ValueError("Write it as text, such as 2026-05-01 or 2026-05-01T04:00:00Z.")
    return value


def _of_our_times(at: datetime) -> datetime:
    """Clocks anywhere can say it."""
    if not 1900 <= at.year <= 9000:
        raise ValueError("Write a year from 1900 to 9000.")
    return at


def _instant_json(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


type Duration = Annotated[StrictStr, AfterValidator(_duration)]
type Number = Annotated[
    Decimal, BeforeValidator(_exact), Field(allow_inf_nan=False, max_digits=30), PlainSerializer(_plain)
]
type Text = Annotated[StrictStr, Field(min_length=1, max_length=200), AfterValidator(plain_text)]
type Some = Annotated[tuple[Text, ...], Field(min_length=1, max_length=500), AfterValidator(once_each)]
type Positive = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
type Period = Literal["day", "week", "month", "quarter", "year"]
type Slug = Annotated[StrictStr, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\z", max_length=60)]
type Instant = Annotated[
    AwareDatetime, BeforeValidator(_written), AfterValidator(_of_our_times), PlainSerializer(_instant_json)
]
type Day = Annotated[date, BeforeValidator(_written)]


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
