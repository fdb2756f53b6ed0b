"""The closed algebra of rules: what earns a badge and what keeps it, as frozen values.

`parse` reads the JSON that is stored, exported and described in docs/rules.md and refuses everything else;
`to_json` writes it back. Values are compared and hashed by content. Durations stay as their text, such as
"7 days", because local calendars decide how long they are; numbers are exact decimals.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

MAX_DEPTH = 60
LONGEST = {"day": 36_600, "week": 5_200, "month": 1_200, "year": 100}
DURATION = re.compile(r"([1-9][0-9]{0,4}) (day|week|month|year)s?")
PERIODS = ("day", "week", "month", "quarter", "year")


class Invalid(ValueError):
    """A definition that is no rule. `path` leads to the offending place, such as `criterion.select.kinds`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path, self.message = path, message


# ---- the values that parts are made of
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


def _once_each(items: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(items)) < len(items):
        raise ValueError("Something is named twice here.")
    return items


def _text(value: str) -> str:
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("This holds a character that cannot be stored.")
    return value


type Attributes = tuple[tuple[str, tuple[str, ...]], ...]


def _attributes(value: Any) -> Attributes:
    """{"area": ["docs"]} as (("area", ('"docs"',)),): names in order, each with its choices as JSON."""
    if not isinstance(value, dict) or not value:
        raise ValueError("Name at least one attribute with its value or a list of values.")
    return tuple(sorted((_text(str(name)), _choices(choices)) for name, choices in value.items()))


def _choices(value: Any) -> tuple[str, ...]:
    choices = value if isinstance(value, list) else [value]
    if not choices:
        raise ValueError("An empty list of values matches nothing; leave the attribute out instead.")
    texts = [json.dumps(choice, sort_keys=True, ensure_ascii=False, allow_nan=False) for choice in choices]
    if any("\\u0000" in text for text in texts):
        raise ValueError("This holds a character that cannot be stored.")
    return tuple(dict.fromkeys(map(_text, texts)))


def _attributes_json(attributes: Attributes) -> dict[str, Any]:
    return {name: [json.loads(choice) for choice in choices] for name, choices in attributes}


def _written(value: Any) -> Any:
    if not isinstance(value, str | date):
        raise ValueError("Write it as text, such as 2026-05-01 or 2026-05-01T04:00:00Z.")
    return value


def _instant_json(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


type Duration = Annotated[StrictStr, AfterValidator(_duration)]
type Number = Annotated[
    Decimal, BeforeValidator(_exact), Field(allow_inf_nan=False, max_digits=30), PlainSerializer(_plain)
]
type Text = Annotated[StrictStr, Field(min_length=1, max_length=200), AfterValidator(_text)]
type Some = Annotated[tuple[Text, ...], Field(min_length=1, max_length=500), AfterValidator(_once_each)]
type Positive = Annotated[StrictInt, Field(ge=1, le=1_000_000)]
type Period = Literal["day", "week", "month", "quarter", "year"]
type Slug = Annotated[StrictStr, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*\z", max_length=60)]
type Instant = Annotated[AwareDatetime, BeforeValidator(_written), PlainSerializer(_instant_json)]
type Day = Annotated[date, BeforeValidator(_written)]


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Selector(Value):
    """Which activities match. What is left out does not narrow it."""

    kinds: Some | None = None
    roles: Some | None = None
    attributes: (
        Annotated[Attributes, BeforeValidator(_attributes), PlainSerializer(_attributes_json)] | None
    ) = None
    min_value: Number | None = None
    location: Text | None = None
    per_day: Positive | None = None


# ---- criteria: when is it earned?
class Windowed(Value):
    """Looks at all that match so far, within a duration, or in a calendar period."""

    within: Duration | None = None
    per: Period | None = None
    select: Selector

    @model_validator(mode="after")
    def one_window(self) -> Self:
        if self.within and self.per:
            raise ValueError("Say either “within” or “per”, not both.")
        return self


class Count(Windowed):
    type: Literal["count"] = "count"
    at_least: Positive


class Sum(Windowed):
    type: Literal["sum"] = "sum"
    at_least: Number


class Average(Value):
    type: Literal["average"] = "average"
    at_least: Number
    over: Positive
    within: Duration | None = None
    select: Selector


class Streak(Value):
    type: Literal["streak"] = "streak"
    length: Annotated[StrictInt, Field(ge=1, le=1_000)]
    per: Period
    each: Positive = 1
    select: Selector


class Tenure(Value):
    type: Literal["tenure"] = "tenure"
    of: Duration


class Holds(Value):
    type: Literal["holds"] = "holds"
    at_least: Positive
    badges: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=100), AfterValidator(_once_each)]

    @model_validator(mode="after")
    def enough_badges(self) -> Self:
        if self.at_least > len(self.badges):
            raise ValueError("It asks for more badges than it names.")
        return self


class Combination(Value):
    """Enough of its parts: all of them, any one, or at least k."""

    type: Literal["all_of", "any_of", "at_least"]
    k: Positive | None = None
    parts: "Annotated[tuple[Criterion, ...], Field(min_length=1, max_length=50)]"
    within: Duration | None = None

    @model_validator(mode="after")
    def sensible_k(self) -> Self:
        if (self.k is None) == (self.type == "at_least"):
            raise ValueError("“at_least” needs “k”; “all_of” and “any_of” take none.")
        if self.needed > len(self.parts):
            raise ValueError("It asks for more parts than it has.")
        return self

    @property
    def needed(self) -> int:
        return self.k or (1 if self.type == "any_of" else len(self.parts))


type Criterion = Annotated[
    Count | Sum | Average | Streak | Tenure | Holds | Combination, Field(discriminator="type")
]


# ---- retention: how long is it kept?
class Permanent(Value):
    type: Literal["permanent"] = "permanent"


class Expires(Value):
    type: Literal["expires"] = "expires"
    after: Duration


class While(Value):
    type: Literal["while"] = "while"
    at_least: Positive
    within: Duration
    select: Selector | None = None


class Satisfied(Value):
    type: Literal["satisfied"] = "satisfied"


type Retention = Annotated[Permanent | Expires | While | Satisfied, Field(discriminator="type")]


# ---- the rule
class Audience(Value):
    """Whom a rule is for, as they were on the day of a hit."""

    locations: Some | None = None
    titles: Some | None = None
    joined_from: Day | None = None


class Campaign(Value):
    """Only activities from one instant up to, not including, another count."""

    from_: Instant | None = Field(None, alias="from")
    until: Instant | None = None

    @model_validator(mode="after")
    def in_order(self) -> Self:
        if self.from_ and self.until and self.from_ >= self.until:
            raise ValueError("It ends before it begins.")
        return self


class Rule(Value):
    """What earns the badge whose slug is `id`, and what keeps it. `version` is the text's number where stored."""

    id: Slug
    name: Annotated[StrictStr, Field(max_length=200), AfterValidator(_text)] = ""
    version: Positive | None = None
    repeatable: StrictBool = False
    criterion: Criterion
    retention: Retention
    for_: Audience | None = Field(None, alias="for")
    counts: Campaign | None = None

    @model_validator(mode="after")
    def sound(self) -> Self:
        for test in (_sound_while, _sound_satisfied, _sound_repeatable, _sound_holds):
            test(self)
        return self

    @property
    def cover(self) -> Selector:
        """The selector of a `while`: its own, else the only one of the criterion."""
        assert isinstance(self.retention, While)
        return self.retention.select or next(selectors(self.criterion))


Combination.model_rebuild()
Rule.model_rebuild()


def _sound_while(rule: Rule) -> None:
    if not isinstance(rule.retention, While):
        return
    if isinstance(rule.criterion, Tenure | Holds):
        raise ValueError("“while” is not for a bare “tenure” or “holds”: say “all_of” with a count.")
    if rule.retention.select is None and len(list(selectors(rule.criterion))) != 1:
        raise ValueError("“while” needs its own “select” unless the criterion has exactly one.")


def _sound_satisfied(rule: Rule) -> None:
    if isinstance(rule.retention, Satisfied) and not isinstance(rule.criterion, Holds | Streak):
        raise ValueError("“satisfied” is for “holds” and “streak” alone.")


def _sound_repeatable(rule: Rule) -> None:
    if not rule.repeatable:
        return
    if not may_repeat(rule.criterion):
        raise ValueError("Only a count or sum per period, a count ever and a streak can be repeatable.")
    if not isinstance(rule.retention, Permanent | Expires):
        raise ValueError("What is repeatable is kept for good, or expires after a time.")


def _sound_holds(rule: Rule) -> None:
    if rule.id in badges_named(rule.criterion):
        raise ValueError("A badge cannot be earned by holding itself.")


def may_repeat(criterion: Criterion) -> bool:
    if isinstance(criterion, Count | Sum) and criterion.per:
        return True
    return isinstance(criterion, Streak) or (isinstance(criterion, Count) and not criterion.within)


# ---- reading and writing
def parse(definition: Any) -> Rule:
    """The rule that a JSON object means; raises `Invalid` for everything that is none."""
    if not isinstance(definition, dict):
        raise Invalid("", "A rule is a JSON object.")
    if too_deep(definition):
        raise Invalid("criterion", "The parts are nested too deep.")
    try:
        return Rule.model_validate(definition)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise Invalid(_path(first["loc"], definition), _words(first["type"], first["msg"])) from None


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
}


def _words(kind: str, message: str) -> str:
    return WORDS.get(kind) or message.removeprefix("Value error, ")


# ---- looking into rules
def selectors(criterion: Criterion) -> Iterator[Selector]:
    if isinstance(criterion, Combination):
        for part in criterion.parts:
            yield from selectors(part)
    elif isinstance(criterion, Count | Sum | Average | Streak):
        yield criterion.select


@dataclass(frozen=True)
class Named:
    """What a rule names, which an organization may know or not."""

    kinds: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    badges: frozenset[str] = frozenset()


def named_in(rule: Rule) -> Named:
    found = list(selectors(rule.criterion))
    if isinstance(rule.retention, While):
        found.append(rule.cover)
    places = {select.location for select in found if select.location is not None}
    places |= set((rule.for_ and rule.for_.locations) or ())
    kinds = {kind for select in found for kind in select.kinds or ()}
    return Named(frozenset(kinds), frozenset(places), frozenset(badges_named(rule.criterion)))


def badges_named(criterion: Criterion) -> set[str]:
    """Slugs of the badges that a criterion looks at."""
    if isinstance(criterion, Combination):
        return set().union(*map(badges_named, criterion.parts))
    return set(criterion.badges) if isinstance(criterion, Holds) else set()


def kinds_named(rule: Rule) -> set[str] | None:
    """Names of the kinds that a rule counts, not those of badges it looks at; None where it counts every kind."""
    found = list(selectors(rule.criterion))
    if isinstance(rule.retention, While):
        found.append(rule.cover)
    if any(select.kinds is None for select in found):
        return None
    return {kind for select in found for kind in select.kinds or ()}


def in_order(rulebook: Mapping[str, Rule], named: Callable[[Rule], set[str]] | None = None) -> list[Rule]:
    """The rules, held badges before those that look at them; raises `Invalid` for a circle.

    `named` says which badges a rule looks at, where its criterion is not all that does.
    """
    named = named or (lambda rule: badges_named(rule.criterion))
    done: dict[str, Rule] = {}
    waiting = dict(rulebook)
    while waiting:
        ready = [rule for rule in waiting.values() if not named(rule) & waiting.keys()]
        if not ready:
            raise Invalid(
                "criterion", f"These badges hold each other in a circle: {', '.join(sorted(waiting))}."
            )
        for rule in ready:
            done[rule.id] = waiting.pop(rule.id)
    return list(done.values())
