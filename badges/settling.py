"""One person's stored awards of one badge against a rule's timeline: which is which, and what is to be done.

Pure: values in, values out. `reconciliation` fetches the two sides and writes what comes of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from badges.models import AwardChange, Badge, EndedWhy

NEWS = timedelta(days=30)  # what began longer ago is history that came late, and no news
JUST_NOW = timedelta(days=1)  # what began since then may be part of a flood


@dataclass(frozen=True)
class Orders:
    """For which badge, as of when, and how: `lapses` says which end the rule's awards come to.

    `quietly` tells nobody; `people` None is everybody. `rule_version` is noted on what is granted or changed, or,
    of what began before an instant of `earlier`, the number of the version that gave it.
    """

    badge: Badge
    at: datetime
    rule_version: int
    earlier: tuple[tuple[datetime, int], ...] = ()
    repeatable: bool = False
    lapses: bool = False
    quietly: bool = False
    people: Sequence[int] | None = None

    def version_at(self, starts: datetime) -> int:
        return next((number for until, number in self.earlier if starts < until), self.rule_version)

    @property
    def natural_end(self) -> str:
        return EndedWhy.LAPSED if self.lapses else EndedWhy.EXPIRED

    @property
    def tells_on_grant(self) -> bool:
        return self.badge.tells_on_grant and not self.quietly

    @property
    def tells_on_loss(self) -> bool:
        return self.badge.tells_on_loss and not self.quietly


@dataclass(frozen=True)
class Stand:
    """An award that the timeline has."""

    person: int
    key: str
    starts: datetime
    ends: datetime | None
    revoked: bool
    evidence: tuple[int, ...]


@dataclass(frozen=True)
class Stored:
    """An award by rule as it is stored."""

    id: int
    person: int
    key: str
    starts: datetime
    expires: datetime | None
    ended: datetime | None
    why: str
    evidence: tuple[int, ...]

    @property
    def ends(self) -> datetime | None:
        return self.ended or self.expires


@dataclass(frozen=True)
class Change:
    """A stored award as it is to be; `id` 0 for one to be granted."""

    award: Stored
    change: AwardChange
    to_tell: bool


type Fits = Callable[[Stand, Stored], bool]


def settle(orders: Orders, stands: Sequence[Stand], stored: Sequence[Stored]) -> list[Change]:
    """What is to be done to one person's stored awards, so that they are those of the timeline."""
    pairs, alone, left = pair(stands, stored, by_key=orders.repeatable)
    wanted = [_brought_up_to_date(orders, stand, award) for stand, award in pairs]
    wanted += [_granted(orders, stand) for stand in alone]
    wanted += [_ended(orders, award) for award in left if award.ended is None]
    return [change for change in wanted if change is not None]


def pair(
    stands: Sequence[Stand], stored: Sequence[Stored], *, by_key: bool
) -> tuple[list[tuple[Stand, Stored]], list[Stand], list[Stored]]:
    """First what starts alike, or has the same key; then, in order of start, what overlaps; each once."""
    waiting = sorted(stored, key=lambda award: (award.starts, award.ended is not None, award.id))
    pairs, alone = _paired(sorted(stands, key=attrgetter("starts")), waiting, _starts_alike)
    for fits in [_same_key] if by_key else [_overlaps]:
        more, alone = _paired(alone, waiting, fits)
        pairs += more
    return pairs, alone, waiting


def _paired(
    stands: list[Stand], waiting: list[Stored], fits: Fits
) -> tuple[list[tuple[Stand, Stored]], list[Stand]]:
    pairs, alone = [], []
    for stand in stands:
        award = next((award for award in waiting if fits(stand, award)), None)
        if award is None:
            alone.append(stand)
        else:
            waiting.remove(award)
            pairs.append((stand, award))
    return pairs, alone


def _starts_alike(stand: Stand, award: Stored) -> bool:
    return stand.starts == award.starts and stand.key == award.key


def _same_key(stand: Stand, award: Stored) -> bool:
    return stand.key == award.key


def _overlaps(stand: Stand, award: Stored) -> bool:
    begins_in_time = award.ends is None or stand.starts < award.ends
    return begins_in_time and (stand.ends is None or award.starts < stand.ends) and stand.key == award.key


def _as_of_now(orders: Orders, stand: Stand, award: Stored) -> Stored:
    """The stored award with the timeline's start, end and evidence."""
    over = stand.ends is not None and stand.ends <= orders.at
    expires = award.expires if stand.revoked else stand.ends
    return replace(
        award,
        starts=stand.starts,
        expires=None if expires and expires <= stand.starts else expires,
        ended=stand.ends if over else None,
        why=(EndedWhy.REVOKED if stand.revoked else orders.natural_end) if over else "",
        evidence=stand.evidence,
    )


def _brought_up_to_date(orders: Orders, stand: Stand, award: Stored) -> Change | None:
    now = _as_of_now(orders, stand, award)
    if now == award:
        return None
    if now.ended and not award.ended:
        in_time = award.expires == now.ended  # as the sweep would have ended it
        return Change(now, AwardChange.ENDED, in_time and orders.tells_on_loss)
    moved = now.starts != award.starts or now.ended or award.ended
    longer = award.expires is not None and (now.expires is None or now.expires > award.expires)
    return Change(now, AwardChange.RENEWED if longer and not moved else AwardChange.CORRECTED, to_tell=False)


def _granted(orders: Orders, stand: Stand) -> Change:
    new = Stored(0, stand.person, stand.key, stand.starts, None, None, "", ())
    award = _as_of_now(orders, stand, new)
    is_news = award.ended is None and award.starts > orders.at - NEWS
    return Change(award, AwardChange.GRANTED, is_news and orders.tells_on_grant)


def _ended(orders: Orders, award: Stored) -> Change:
    if award.expires and award.expires <= orders.at:
        over = replace(award, ended=award.expires, why=orders.natural_end)
    else:
        over = replace(award, ended=max(orders.at, award.starts), why=EndedWhy.UNSUPPORTED)
    return Change(over, AwardChange.ENDED, orders.tells_on_loss)
