"""Which rules the queue's changes concern, and about whom they need not be asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from people.prepared import array, ask_prepared
from rules.criteria import Permanent
from rules.queries import Book


@dataclass(frozen=True)
class Pending:
    """A row of the queue: somebody's record changed in these kinds (none: all), from an instant on (None: ever)."""

    id: int
    person: int
    kinds: tuple[int, ...]
    since: datetime | None
    deliberate: bool = False


def asked_by(book: Book, rows: Iterable[Pending]) -> dict[str, list[int]]:
    """By rule, the people whose change it listens to and may be moved by."""
    rows = list(rows)
    asked = _listening(book, rows)
    for badge, person in _settled(book, asked, rows):
        asked[badge].discard(person)
    return {slug: sorted(people) for slug, people in asked.items() if people}


def _listening(book: Book, rows: Iterable[Pending]) -> dict[str, set[int]]:
    by_kind = {number: book.listening([name]) for name, number in book.ground.kinds.items()}
    everything = book.listening(None)
    asked: dict[str, set[int]] = {}
    for row in rows:
        for slugs in [by_kind.get(kind, everything) for kind in row.kinds] or [everything]:
            for slug in slugs:
                asked.setdefault(slug, set()).add(row.person)
    return asked


# Pair by pair, whatever the planner believes of how many there are: OFFSET keeps the inner query whole.
SETTLED = """
SELECT p.badge_id, p.person_id FROM unnest($2::bigint[], $3::bigint[], $4::int[]) AS p(badge_id, person_id, place)
CROSS JOIN LATERAL (SELECT FROM badges_award w
                    WHERE w.organization_id = $1 AND w.badge_id = p.badge_id AND w.person_id = p.person_id
                      AND w.origin = 'rule' AND w.key = '' AND w.ended_at IS NULL AND w.expires_at IS NULL
                      AND w.starts_at < ($5::timestamptz[])[p.place] OFFSET 0) w
"""


def _settled(book: Book, asked: Mapping[str, set[int]], rows: Iterable[Pending]) -> list[tuple[str, int]]:
    """Rules and people whose award stands for good since before anything changed.

    It began at the first hit, and what is satisfied at an instant, by whatever criterion, depends on what was up to
    then: nothing later moves it, nor what it rests on.
    """
    badges = {book.rows[slug].badge_id: slug for slug in asked if _is_for_good(book, slug)}
    since = changed_since(rows)
    pairs = [
        (badge, person) for badge, slug in badges.items() for person in sorted(asked[slug]) if person in since
    ]
    if not pairs:
        return []
    places = {person: place for place, person in enumerate(since, 1)}
    values = [
        book.ground.organization_id,
        array([badge for badge, _ in pairs]),
        array([person for _, person in pairs]),
        array([places[person] for _, person in pairs]),
        array([instant.isoformat() for instant in since.values()]),
    ]
    return [(badges[badge], person) for badge, person in ask_prepared(SETTLED, values)]


def _is_for_good(book: Book, slug: str) -> bool:
    rule = book.rules[slug]
    return isinstance(rule.retention, Permanent) and not rule.repeatable and not book.editions(slug)


def changed_since(rows: Iterable[Pending]) -> dict[int, datetime]:
    """By person, the earliest change, where every row of theirs says since when."""
    found: dict[int, list[datetime | None]] = {}
    for row in rows:
        found.setdefault(row.person, []).append(row.since)
    return {
        person: min(at for at in instants if at is not None)
        for person, instants in found.items()
        if None not in instants
    }
