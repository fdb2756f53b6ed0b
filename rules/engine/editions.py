"""The versions of a rule that have a say in its timeline, each over a stretch of time.

Pure values. After a change that re-checks everybody there is one alone. After one that does not, the hits before its
instant are the earlier version's, and the later ones its own; see docs/rules.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rules.criteria import Count, Rule, badges_named


@dataclass(frozen=True)
class Edition:
    """A version whose hits are those in `[since, until)`; with `anew` it counts no activities before `since`."""

    number: int
    rule: Rule
    since: datetime | None = None
    until: datetime | None = None
    anew: bool = False
    prefix: str = ""

    @property
    def is_bounded(self) -> bool:
        return self.since is not None or self.until is not None

    @property
    def counts_from(self) -> datetime | None:
        return self.since if self.anew else None


type Editions = Mapping[str, tuple[Edition, ...]]
"""By slug, in order of time; a rule that is not named here has a say over all of time."""


@dataclass(frozen=True)
class Saved:
    """A version as it was saved: since when, and whether it re-checks everybody or counts anew."""

    number: int
    rule: Rule
    since: datetime
    rechecks: bool
    anew: bool


def in_succession(versions: Sequence[Saved]) -> tuple[Edition, ...]:
    """What has a say, of versions in order of time: the last one that re-checked everybody, and those after it."""
    first = max((i for i, version in enumerate(versions) if version.rechecks), default=0)
    chain = versions[first:]
    limits = [*(version.since for version in chain[1:]), None]
    return tuple(
        Edition(
            number=version.number,
            rule=version.rule,
            since=version.since if i else None,
            until=until,
            anew=version.anew and i > 0,
            prefix=_prefix(version, chain[:i]),
        )
        for i, (version, until) in enumerate(zip(chain, limits, strict=True))
    )


def _prefix(version: Saved, before: Iterable[Saved]) -> str:
    """What sets the keys of a later version's repeatable awards apart, unless all count by the same periods."""
    per = _period(version.rule)
    alike = per is not None and all(_period(other.rule) == per for other in before)
    return "" if alike or not before else f"v{version.number}."


def _period(rule: Rule) -> str | None:
    criterion = rule.criterion
    if isinstance(criterion, Count) and not criterion.per:
        return None
    return getattr(criterion, "per", None)


def named_by(rule: Rule, editions: Editions) -> set[str]:
    """Slugs of the badges that any version with a say looks at."""
    rules = [rule, *(edition.rule for edition in editions.get(rule.id, ()))]
    return set().union(*(badges_named(one.criterion) for one in rules))
