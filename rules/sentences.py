"""A rule as English sentences, in the organization's words.

`sentence(rule, names)` is whole: "Given to anyone who has submitted at least 3 improvements within 7 days. Kept
for good." Its pieces are of use too: `earned` (after "anyone who"), `deed` and `kept`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rules.criteria import (
    Average,
    Combination,
    Count,
    Criterion,
    Expires,
    Holds,
    Permanent,
    Rule,
    Selector,
    Streak,
    Sum,
    Tenure,
    While,
    parse,
)

UNUSUAL_PLURALS = {"feedback": "pieces of feedback", "person": "people"}
UNUSUAL_SINGULARS = {"feedback": "piece of feedback"}
PARTICIPLES = {
    "led",
    "held",
    "given",
    "taken",
    "won",
    "made",
    "done",
    "taught",
    "written",
    "run",
    "read",
    "met",
}


@dataclass(frozen=True)
class Names:
    """The organization's words: labels by kind, names by badge slug, names by a location's external id."""

    kinds: Mapping[str, str] = field(default_factory=dict)
    badges: Mapping[str, str] = field(default_factory=dict)
    locations: Mapping[str, str] = field(default_factory=dict)


def sentence(rule: Rule | Mapping[str, Any], names: Names | None = None) -> str:
    rule = rule if isinstance(rule, Rule) else parse(rule)
    names = names or Names()
    said = [f"Given to anyone who {earned(rule.criterion, names)}.", again(rule), kept(rule, names)]
    return " ".join(part for part in [*said, grace(rule), audience(rule, names), campaign(rule)] if part)


# ---- criteria
def earned(criterion: Criterion, names: Names) -> str:
    """What goes after "anyone who"."""
    words: dict[type, Callable[[Any, Names], str]] = {
        Count: _count,
        Sum: _sum,
        Average: _average,
        Streak: _streak,
        Tenure: lambda one, _: f"has been here for {one.of}",
        Holds: _holds,
        Combination: _combination,
    }
    return words[type(criterion)](criterion, names)


def _count(criterion: Count, names: Names) -> str:
    return (
        f"has {deed(criterion.select, criterion.at_least, names)}{_window(criterion.within, criterion.per)}"
    )


def _sum(criterion: Sum, names: Names) -> str:
    what = things(criterion.select, names) + _window(criterion.within, criterion.per)
    return f"has reached a total of at least {number(criterion.at_least)} with {what}"


def _average(criterion: Average, names: Names) -> str:
    what = f"at least {number(criterion.over)} {things(criterion.select, names)}{_window(criterion.within, None)}"
    return f"has reached an average of at least {number(criterion.at_least)} over {what}"


def _streak(criterion: Streak, names: Names) -> str:
    what = deed(criterion.select, criterion.each, names)
    if criterion.length == 1:
        return f"has {what} in one {criterion.per}"
    return f"has {what} in each of {criterion.length} {criterion.per}s in a row"


def _holds(criterion: Holds, names: Names) -> str:
    badges = [names.badges.get(slug, slug) for slug in criterion.badges]
    if criterion.at_least == len(badges):
        return f"holds {listed(badges, 'and')}"
    if criterion.at_least == 1:
        return f"holds {listed(badges, 'or')}"
    return f"holds at least {criterion.at_least} of {listed(badges, 'and')}"


def _combination(criterion: Combination, names: Names) -> str:
    parts = [_part(part, names) for part in criterion.parts]
    within = f", within {criterion.within}" if criterion.within else ""
    if len(parts) == 1:
        return f"{parts[0]}{within}"
    if criterion.needed == len(parts):
        return f"{listed(parts, 'and', comma=True)}{within and f'{within} of each other'}"
    if criterion.needed == 1:
        return f"{listed(parts, 'or', comma=True)}{within}"
    return f"meets at least {criterion.needed} of these{within and f'{within} of each other'}: {'; '.join(parts)}"


def _part(part: Criterion, names: Names) -> str:
    said = earned(part, names)
    return f"({said})" if isinstance(part, Combination) and len(part.parts) > 1 else said


def _window(within: str | None, per: str | None) -> str:
    return f" within {within}" if within else f" in one calendar {per}" if per else ""


# ---- what is counted
def deed(select: Selector, n: int, names: Names) -> str:
    """ "submitted at least 3 improvements": what goes after "has"."""
    kinds = select.kinds or ()
    if len(kinds) == 1 and not names.kinds.get(kinds[0]) and (verb := _verb(kinds[0])):
        return f"{verb} at least {number(n)} {_noun(kinds[0], n)}{_narrowed(select, names)}"
    some = f"at least {number(n)} {'thing' if n == 1 else 'things'}"
    which = listed([_of_kind(kind, names) for kind in kinds], "or")
    return f"done {some}{f' ({which})' if which else ''}{_narrowed(select, names)}"


def things(select: Selector, names: Names) -> str:
    """ "improvements submitted"."""
    which = listed([_of_kind(kind, names) for kind in select.kinds or ()], "or")
    return f"{which or 'things done'}{_narrowed(select, names)}"


def _of_kind(kind: str, names: Names) -> str:
    if label := names.kinds.get(kind):
        return f"“{label}”"
    return f"{_noun(kind, 2)} {_verb(kind)}" if _verb(kind) else f"“{kind}”"


def _verb(kind: str) -> str:
    last = kind.split(".")[-1].replace("_", " ")
    return last if "." in kind and (last.endswith("ed") or last in PARTICIPLES) else ""


def _noun(kind: str, n: int) -> str:
    noun = kind.split(".")[-2].replace("_", " ")
    if n == 1:
        return UNUSUAL_SINGULARS.get(noun, noun)
    if noun in UNUSUAL_PLURALS:
        return UNUSUAL_PLURALS[noun]
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def _narrowed(select: Selector, names: Names) -> str:
    words = []
    if select.roles:
        words.append(f" as {listed([role.replace('_', ' ') for role in select.roles], 'or')}")
    for name, choices in select.attributes or ():
        words.append(f" with {name} {listed([_value(choice) for choice in choices], 'or')}")
    if select.min_value is not None:
        words.append(f" worth at least {number(select.min_value)}")
    if select.location:
        words.append(f" in {names.locations.get(select.location, select.location)}")
    if select.per_day:
        words.append(f" (counting at most {select.per_day} a day)")
    return "".join(words)


def _value(choice: str) -> str:
    value = json.loads(choice)
    return f"“{value}”" if isinstance(value, str) else choice


# ---- retention and the rest
def kept(rule: Rule, names: Names) -> str:
    keep = rule.retention
    if isinstance(keep, Permanent):
        return "Kept for good."
    if isinstance(keep, Expires):
        return f"Ends {keep.after} after it was {'' if rule.repeatable else 'last '}earned."
    if isinstance(keep, While):
        return f"Kept as long as they have {deed(rule.cover, keep.at_least, names)} within {keep.within}."
    if isinstance(rule.criterion, Streak):
        return f"Kept until a {rule.criterion.per} goes by without it."
    return "Kept as long as that is so."


def grace(rule: Rule) -> str:
    if isinstance(rule.retention, Permanent) or not rule.retention.grace:
        return ""
    return f"After its end there are {rule.retention.grace} of grace to earn it again."


def again(rule: Rule) -> str:
    if not rule.repeatable:
        return ""
    criterion = rule.criterion
    if isinstance(criterion, Streak):
        return f"Given again for each further {criterion.length} {criterion.per}s in a row."
    if isinstance(criterion, Count) and not criterion.per:
        return f"Given again for every further {number(criterion.at_least)}."
    assert isinstance(criterion, Count | Sum)
    return f"Given anew for each {criterion.per}."


def audience(rule: Rule, names: Names) -> str:
    if rule.for_ is None:
        return ""
    words = []
    if rule.for_.locations:
        words.append(f"in {listed([names.locations.get(one, one) for one in rule.for_.locations], 'or')}")
    if rule.for_.titles:
        words.append(f"with the title {listed([f'“{title}”' for title in rule.for_.titles], 'or')}")
    if rule.for_.joined_from:
        words.append(f"who joined on {day(rule.for_.joined_from)} or later")
    return f"Only for people {', '.join(words)}." if words else ""


def campaign(rule: Rule) -> str:
    if rule.counts is None or not (rule.counts.from_ or rule.counts.until):
        return ""
    since = f" from {instant(rule.counts.from_)}" if rule.counts.from_ else ""
    until = f" before {instant(rule.counts.until)}" if rule.counts.until else ""
    return f"Only what is done{since}{' and' if since and until else ''}{until} counts."


def listed(words: Sequence[str], joint: str, *, comma: bool = False) -> str:
    if len(words) < 2:
        return "".join(words)
    comma = comma or len(words) > 2
    return f"{', '.join(words[:-1])}{',' if comma else ''} {joint} {words[-1]}"


def number(value: Decimal | int) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value.normalize():,f}"


def day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def instant(value: datetime) -> str:
    return f"{day(value.date())}, {value:%H:%M} UTC"
