"""Retention: how long is a badge kept, once it is earned?"""

from typing import Annotated, Literal

from pydantic import Field

from rules.criteria.earning import Selector
from rules.criteria.values import Duration, Positive, Value


class Permanent(Value):
    type: Literal["permanent"] = "permanent"


class Ending(Value):
    """Ends by itself, and is over then; for as long as `grace` its person still sees it, and may keep it by a hit."""

    grace: Duration | None = None


class Expires(Ending):
    type: Literal["expires"] = "expires"
    after: Duration


class While(Ending):
    type: Literal["while"] = "while"
    at_least: Positive
    within: Duration
    select: Selector | None = None


class Satisfied(Ending):
    type: Literal["satisfied"] = "satisfied"


type Retention = Annotated[Permanent | Expires | While | Satisfied, Field(discriminator="type")]
