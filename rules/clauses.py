"""How far somebody is from a badge, clause by clause: what is there, what is missing, and by when."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from people.clock import now
from people.models import Person, Placement
from rules.amounts import Found, amounts
from rules.criteria import (
    Audience,
    Average,
    Combination,
    Count,
    Criterion,
    Holds,
    Rule,
    Streak,
    Sum,
    Tenure,
    While,
)
from rules.queries import Book, names_of, rulebook
from rules.sentences import Names, audience, earned, kept, number


@dataclass
class Clause:
    """A condition in words; `have` and `missing` are words too, `by` is when it must have come.

    `share` is how much of it is there, up to 1.
    """

    words: str
    is_met: bool
    met_at: datetime | None = None
    have: str = ""
    missing: str = ""
    by: datetime | None = None
    share: float = 0
    parts: list["Clause"] = field(default_factory=list)

    @property
    def percent(self) -> int:
        """What is not met is never all of it: what was earned once and has ended takes one more."""
        return int(100 * self.share) if self.is_met else min(99, int(100 * self.share))


def clauses(person: Person, slug: str, book: Book | None = None) -> list[Clause]:
    """Of whom does not hold the badge; none where it has no rule in force."""
    book = book or rulebook(person.organization)
    rule = book.rules.get(slug)
    if rule is None:
        return []
    return clauses_of(person, rule, book, now(), is_held=False)


def clauses_of(person: Person, rule: Rule, book: Book, at: datetime, *, is_held: bool) -> list[Clause]:
    """The same of a rule that need not be in the book, and of whom would hold the badge by it."""
    names = names_of(person.organization)
    found = iter(amounts(person, book, rule, at))
    tell = _clause if is_held else first
    told = tell(rule.criterion, names, found)
    if rule.for_ is None:
        return [told]
    for_them = is_for(rule.for_, person, placement(person, at), book)
    return [Clause(audience(rule, names).rstrip("."), for_them), told]


def kept_by(person: Person, rule: Rule, book: Book, at: datetime) -> Clause | None:
    """What keeps the badge, where that is asked of activities and not only of the instant that it was earned."""
    if not isinstance(keep := rule.retention, While):
        return None
    cover = Count(at_least=keep.at_least, within=keep.within, select=rule.cover)
    [found] = amounts(person, book, rule.model_copy(update={"criterion": cover}), at)
    names = names_of(person.organization)
    have, missing = _amounts(cover, found, names)
    is_there = (found.have or 0) >= keep.at_least
    return Clause(kept(rule, names).rstrip("."), is_there, None, have, missing, found.until)


def placement(person: Person, at: datetime) -> Placement | None:
    """Where they work on that day."""
    today = at.astimezone(person.organization.time_zone).date()
    found: Placement | None = (
        Placement.objects.filter(person=person, from_on__lte=today).order_by("from_on").last()
    )
    return found


def is_for(wanted: Audience, person: Person, place: Placement | None, book: Book) -> bool:
    there = not wanted.locations or bool(
        place and place.location_id in book.ground.location_ids(wanted.locations)
    )
    as_such = not wanted.titles or bool(place and place.title in wanted.titles)
    joined = not wanted.joined_from or bool(person.joined_on and person.joined_on >= wanted.joined_from)
    return there and as_such and joined


# ---- telling
def first(criterion: Criterion, names: Names, found: Iterator[Found]) -> Clause:
    """The whole. What was met once has ended since, or else they would hold it: the next time counts."""
    told = _clause(criterion, names, found)
    if not told.parts and told.met_at is not None and not isinstance(criterion, Holds | Tenure):
        told.is_met = False
    return told


def _clause(criterion: Criterion, names: Names, found: Iterator[Found]) -> Clause:
    here = next(found)
    if isinstance(criterion, Combination):
        return _group(criterion, here, [_clause(part, names, found) for part in criterion.parts])
    have, missing = _amounts(criterion, here, names)
    is_met = here.counts
    if isinstance(criterion, Holds):
        is_met = (here.have or 0) >= criterion.at_least
    share = 1.0 if is_met else _share(criterion, here)
    return Clause(earned(criterion, names), is_met, here.met_at, have, missing, here.until, share)


def _share(criterion: Criterion, found: Found) -> float:
    """Of a tenure, days are not counted: it comes by itself."""
    have = found.have or Decimal(0)
    if isinstance(criterion, Average):
        enough = min(1.0, found.of / criterion.over)
        return enough * _part_of(have, criterion.at_least) if criterion.at_least > 0 else enough
    if isinstance(criterion, Tenure | Combination):
        return 0
    need = _needed(criterion)
    return _part_of(have, need) if need > 0 else 0


def _part_of(have: Decimal, need: Decimal) -> float:
    return min(1.0, max(0.0, float(have / need)))


def _needed(criterion: Count | Sum | Streak | Holds) -> Decimal:
    return Decimal(criterion.length if isinstance(criterion, Streak) else criterion.at_least)


def _group(criterion: Combination, here: Found, parts: list[Clause]) -> Clause:
    met = sum(part.is_met for part in parts)
    words = f"At least {criterion.needed} of these"
    if criterion.needed == len(parts):
        words = "All of these" if len(parts) > 1 else "This"
    elif criterion.needed == 1:
        words = "Any one of these"
    if criterion.within:
        words += f", within {criterion.within}"
    nearest = sorted((part.share for part in parts), reverse=True)[: criterion.needed]
    told = f"{min(met, criterion.needed)} of {criterion.needed}"
    share = sum(nearest) / criterion.needed
    return Clause(words, met >= criterion.needed, have=told, share=share, parts=parts)


def _amounts(criterion: Criterion, found: Found, names: Names) -> tuple[str, str]:
    """What is there, and what is missing."""
    have = found.have or Decimal(0)
    if isinstance(criterion, Tenure):
        return "", ""
    if isinstance(criterion, Average):
        missing = criterion.over - found.of
        said = f"an average of {have:.2f} over {found.of}" if found.of else "none yet"
        return said, f"{missing} more are needed" if missing > 0 else "a higher average is needed"
    assert not isinstance(criterion, Combination)
    need = _needed(criterion)
    least = Decimal(1) if isinstance(criterion, Count | Streak) else Decimal(0)
    there, left = min(have, need - least), max(need - have, least)
    if isinstance(criterion, Sum):
        return (
            f"{number(there)} of {names.worth(need, criterion.select)}",
            f"{names.worth(left, criterion.select)} more",
        )
    return f"{number(there)} of {number(need)}", f"{number(left)} more"
