"""Criteria: when is a badge earned, and by which activities?"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StrictInt, model_validator

from rules.criteria.values import (
    Attributes,
    Duration,
    Number,
    Period,
    Positive,
    Slug,
    Some,
    Text,
    Value,
    attributes_json,
    once_each,
    read_attributes,
)


class Selector(Value):
    """Which activities match. What is left out does not narrow it."""

    kinds: Some | None = None
    roles: Some | None = None
    attributes: (
        Annotated[Attributes, BeforeValidator(read_attributes), PlainSerializer(attributes_json)] | None
    ) = None
    min_value: Number | None = None
    location: Text | None = None
    per_day: Positive | None = None


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
    badges: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=100), AfterValidator(once_each)]

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
            raise ValueError("It asks for more conditions than it has.")
        return self

    @property
    def needed(self) -> int:
        return self.k or (1 if self.type == "any_of" else len(self.parts))


type Criterion = Annotated[
    Count | Sum | Average | Streak | Tenure | Holds | Combination, Field(discriminator="type")
]
