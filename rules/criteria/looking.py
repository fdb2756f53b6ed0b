"""Looking into criteria."""

from collections.abc import Iterator

from rules.criteria.earning import Average, Combination, Count, Criterion, Holds, Selector, Streak, Sum


def selectors(criterion: Criterion) -> Iterator[Selector]:
    if isinstance(criterion, Combination):
        for part in criterion.parts:
            yield from selectors(part)
    elif isinstance(criterion, Count | Sum | Average | Streak):
        yield criterion.select


def badges_named(criterion: Criterion) -> set[str]:
    """Slugs of the badges that a criterion looks at."""
    if isinstance(criterion, Combination):
        return set().union(*map(badges_named, criterion.parts))
    return set(criterion.badges) if isinstance(criterion, Holds) else set()
