"""A whole rule: what earns a badge and what keeps it, for whom and from when."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictBool, StrictStr, model_validator

from rules.criteria.earning import Combination, Count, Criterion, Holds, Selector, Streak, Sum, Tenure
from rules.criteria.keeping import Expires, Permanent, Retention, Satisfied, While
from rules.criteria.looking import badges_named, selectors
from rules.criteria.values import Day, Instant, Positive, Slug, Some, Value, plain_text


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
    name: Annotated[StrictStr, Field(max_length=200), AfterValidator(plain_text)] = ""
    version: Positive | None = None
    repeatable: StrictBool = False
    criterion: Criterion
    retention: Retention
    for_: Audience | None = Field(None, alias="for")
    counts: Campaign | None = None

    @model_validator(mode="after")
    def sound(self) -> Self:
        tests = (_sound_while, _sound_satisfied, _sound_repeatable, _sound_holds)
        wrong = [message for test in tests for message in test(self)]
        if wrong:
            raise ValueError("\n".join(wrong))
        return self

    @property
    def cover(self) -> Selector:
        """The selector of a `while`: its own, else the only one of the criterion."""
        assert isinstance(self.retention, While)
        return self.retention.select or next(selectors(self.criterion))


# Both together: only so do errors within parts lead to their place.
Combination.model_rebuild()
Rule.model_rebuild()


# ---- what contradicts itself, in words
def _sound_while(rule: Rule) -> Iterator[str]:
    if not isinstance(rule.retention, While):
        return
    if isinstance(rule.criterion, Tenure | Holds):
        yield "“while” is not for a bare “tenure” or “holds”: say “all_of” with a count."
    elif rule.retention.select is None and len(list(selectors(rule.criterion))) != 1:
        yield "“while” needs its own “select” unless the criterion has exactly one."


def _sound_satisfied(rule: Rule) -> Iterator[str]:
    if isinstance(rule.retention, Satisfied) and not isinstance(rule.criterion, Holds | Streak):
        yield "“satisfied” is for “holds” and “streak” alone."


def _sound_repeatable(rule: Rule) -> Iterator[str]:
    if rule.repeatable and not may_repeat(rule.criterion):
        yield "Only a count or sum per period, a count ever and a streak can be repeatable."
    if rule.repeatable and not isinstance(rule.retention, Permanent | Expires):
        yield "What is repeatable is kept for good, or expires after a time."


def _sound_holds(rule: Rule) -> Iterator[str]:
    if rule.id in badges_named(rule.criterion):
        yield "A badge cannot be earned by holding itself."


def may_repeat(criterion: Criterion) -> bool:
    if isinstance(criterion, Count | Sum) and criterion.per:
        return True
    return isinstance(criterion, Streak) or (isinstance(criterion, Count) and not criterion.within)
