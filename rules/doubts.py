"""What is odd about a rule that can be read: parts that can never be met, or most likely mean something else.

Pure. Only what no record whatever can meet is called impossible; all else is said, and may be saved.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from rules.criteria import Average, Combination, Count, Criterion, Rule, Selector, Streak, Sum, While
from rules.sentences import number

LONGEST = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}  # in days
SHORTEST = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}


@dataclass(frozen=True)
class Doubt:
    """`path` leads to the place in the rule's JSON, `others` to those that it contradicts."""

    path: str
    message: str
    impossible: bool = False
    others: tuple[str, ...] = ()


def doubts(rule: Rule) -> list[Doubt]:
    return [*_of_criterion(rule, rule.criterion, "criterion", needed=True), *_of_retention(rule)]


def leaves(criterion: Criterion, path: str = "criterion") -> Iterator[tuple[str, Criterion]]:
    """The conditions that have no parts, each with its path."""
    if not isinstance(criterion, Combination):
        yield path, criterion
        return
    for place, part in enumerate(criterion.parts):
        yield from leaves(part, f"{path}.parts[{place}]")


def kinds_counted(rule: Rule, *, by_value: bool = False) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Which kinds each condition names, and what keeps it; `by_value`, where it asks what they are worth."""
    for path, one in [*leaves(rule.criterion), ("retention", rule.retention)]:
        select: Selector | None = getattr(one, "select", None)
        if select is None:
            continue
        if not by_value or isinstance(one, Sum | Average) or select.min_value is not None:
            yield f"{path}.select.kinds", tuple(select.kinds or ())


def _of_criterion(rule: Rule, criterion: Criterion, path: str, *, needed: bool) -> Iterator[Doubt]:
    """`needed`: without this part the whole cannot be met."""
    if isinstance(criterion, Combination):
        every = needed and criterion.needed == len(criterion.parts)
        for place, part in enumerate(criterion.parts):
            yield from _of_criterion(rule, part, f"{path}.parts[{place}]", needed=every)
        return
    for doubt in _of_leaf(rule, criterion):
        others = tuple(one if one.startswith("counts") else f"{path}.{one}" for one in doubt.others)
        yield Doubt(f"{path}.{doubt.path}", doubt.message, doubt.impossible and needed, others)


def _of_leaf(rule: Rule, leaf: Criterion) -> Iterator[Doubt]:
    if isinstance(leaf, Count | Average):
        yield from _too_few(leaf)
    if isinstance(leaf, Streak):
        yield from _too_few_in_each(leaf)
        yield from _campaign_too_short(rule, leaf)
    if (
        isinstance(leaf, Average)
        and leaf.select.min_value is not None
        and leaf.select.min_value >= leaf.at_least
    ):
        message = "Everything that counts is worth as much already, so the average is always reached."
        yield Doubt("at_least", message, others=("select.min_value",))
    if isinstance(leaf, Sum) and leaf.at_least <= 0:
        yield Doubt("at_least", "The very first one reaches this total.")


def _too_few(leaf: Count | Average) -> Iterator[Doubt]:
    a_day, per = leaf.select.per_day, getattr(leaf, "per", None)
    wanted, name = (leaf.at_least, "at_least") if isinstance(leaf, Count) else (leaf.over, "over")
    days = _days(leaf.within) + 1 if leaf.within else LONGEST[per] if per else None
    if a_day and days and wanted > a_day * days:
        when, other = (f"within {leaf.within}", "within") if leaf.within else (f"in a {per}", "per")
        yield _never(name, a_day, when, a_day * days, others=("select.per_day", other))


def _too_few_in_each(leaf: Streak) -> Iterator[Doubt]:
    a_day = leaf.select.per_day
    if a_day and leaf.each > a_day * LONGEST[leaf.per]:
        most = a_day * LONGEST[leaf.per]
        yield _never("each", a_day, f"in a {leaf.per}", most, others=("select.per_day", "per"))


def _never(name: str, a_day: int, when: str, most: int, others: tuple[str, ...]) -> Doubt:
    message = (
        f"This can never be: of at most {a_day} a day that count, no more than {number(most)} fit {when}."
    )
    return Doubt(name, message, impossible=True, others=others)


def _campaign_too_short(rule: Rule, leaf: Streak) -> Iterator[Doubt]:
    """Of periods in a row all but the first and the last lie wholly between the first and the last thing done."""
    counts = rule.counts
    if counts is None or counts.from_ is None or counts.until is None:
        return
    between = timedelta(days=SHORTEST[leaf.per] * max(leaf.length - 2, 0)) - timedelta(hours=26)
    if counts.until - counts.from_ < between:
        message = (
            f"This can never be: the time that counts is too short for {leaf.length} {leaf.per}s in a row."
        )
        yield Doubt("length", message, impossible=True, others=("per", "counts.from", "counts.until"))


def _of_retention(rule: Rule) -> Iterator[Doubt]:
    keep = rule.retention
    if not isinstance(keep, While):
        return
    a_day, days = rule.cover.per_day, _days(keep.within) + 1
    if a_day and keep.at_least > a_day * days:
        counts = "retention" if keep.select else next(_that_select(rule))
        others = ("retention.within", f"{counts}.select.per_day")
        never = _never("retention.at_least", a_day, f"within {keep.within}", a_day * days, others)
        yield Doubt(never.path, f"{never.message} So it would never be held.", True, others)


def _that_select(rule: Rule) -> Iterator[str]:
    return (path for path, leaf in leaves(rule.criterion) if hasattr(leaf, "select"))


def _days(duration: str) -> int:
    """At the most; a window of so many days touches one more."""
    many, unit = duration.split()
    return int(many) * LONGEST[unit.removesuffix("s")]
