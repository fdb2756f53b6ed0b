"""What a bulk edit does to one person: values in, steps out. Preview and worker ask the same question."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Any, Protocol

from badges.models import LeftOut, Outcome, Verb

GIVING = {Verb.ADD, Verb.REPLACE}


class Do(StrEnum):
    GIVE = "give"
    RENEW = "renew"
    TAKE_BACK = "take_back"
    HELD = "held"  # held by hand already, and giving it anew would not move its end
    ABSENT = "absent"  # nothing to take back
    BY_RULE = "by_rule"  # held, but not by hand
    REFUSED = "refused"  # why somebody is left out of everything


CHANGING = {Do.GIVE, Do.RENEW, Do.TAKE_BACK}


@dataclass(frozen=True)
class Step:
    """For one badge. `award` is the one by hand that stood before, `before` its end, `after` the new end."""

    badge: int
    do: Do
    award: int | None = None
    before: datetime | None = None
    after: datetime | None = None

    @property
    def changes(self) -> bool:
        return self.do in CHANGING

    def to_json(self) -> dict[str, Any]:
        return {
            "badge": self.badge,
            "do": self.do.value,
            "before": self.before.isoformat() if self.before else None,
            "after": self.after.isoformat() if self.after else None,
        }


@dataclass
class Room:
    """What one giver may still give: places left, and turns left this month, by limited badge.

    `holders` are (badge, person) of those asked about who hold a limited badge already: they need no place.
    `take` uses it up, so the people of a list are asked about one after the other.
    """

    giver: int | None = None
    not_to_oneself: frozenset[int] = frozenset()
    places: dict[int, int] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    holders: set[tuple[int, int]] = field(default_factory=set)

    def why_not(self, badge: int, person: int, do: Do) -> LeftOut | None:
        if do not in {Do.GIVE, Do.RENEW}:
            return None
        if person == self.giver and badge in self.not_to_oneself:
            return LeftOut.ONESELF
        if do == Do.RENEW:
            return None
        if self.places.get(badge, 1) < 1 and (badge, person) not in self.holders:
            return LeftOut.FULL
        return LeftOut.QUOTA if self.turns.get(badge, 1) < 1 else None

    def take(self, badge: int, person: int, do: Do) -> None:
        if do != Do.GIVE:
            return
        if badge in self.turns:
            self.turns[badge] -= 1
        if badge in self.places and (badge, person) not in self.holders:
            self.places[badge] -= 1
            self.holders.add((badge, person))

    def take_many(self, badge: int, number: int) -> None:
        """What others before, whoever they are, use up."""
        for left in (self.places, self.turns):
            if badge in left:
                left[badge] -= number

    def refuse(self, person: int, steps: Iterable[Step]) -> "Refusal | None":
        reasons = [(step.badge, self.why_not(step.badge, person, step.do)) for step in steps]
        first = next((reason for _, reason in reasons if reason), None)
        return Refusal(first, [badge for badge, reason in reasons if reason == first]) if first else None

    def take_all(self, person: int, steps: Iterable[Step]) -> None:
        for step in steps:
            self.take(step.badge, person, step.do)


@dataclass(frozen=True)
class Refusal:
    """Why somebody is left out, and because of which badges; none where it is the person."""

    why: LeftOut
    badges: Iterable[int] = ()


@dataclass(frozen=True)
class Wanted:
    """A bulk edit: what is to be done, the same for everybody.

    `ends` are the listed badges with the end that each would have, given on `starts_at`. `barred` are those
    of them that cannot be given, `closed` those that only their holders can be given. `tells_on_grant` and
    `tells_on_loss` are the badges that tell so. `room` is what is left to give; planning for somebody uses it up.
    """

    verb: str
    ends: Mapping[int, datetime | None]
    at: datetime
    starts_at: datetime
    zone: tzinfo
    barred: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()
    room: Room = field(default_factory=Room)
    tells_on_grant: frozenset[int] = frozenset()
    tells_on_loss: frozenset[int] = frozenset()

    @property
    def gives(self) -> bool:
        return self.verb in GIVING


@dataclass
class Held:
    """An award by hand that stands."""

    award: int
    expires_at: datetime | None


@dataclass
class Someone:
    """A person as a bulk edit finds them. `has_mail`: whether there is an address to write to."""

    id: int
    has_left: bool = False
    within: bool = True
    has_mail: bool = True
    by_hand: dict[int, Held] = field(default_factory=dict)
    by_rule: set[int] = field(default_factory=set)

    def holds(self, badge: int) -> bool:
        return badge in self.by_hand or badge in self.by_rule


@dataclass(frozen=True)
class Plan:
    outcome: Outcome
    why: str = ""
    steps: tuple[Step, ...] = ()
    kept_by_rule: int = 0
    is_mailed: bool = False


def plan(wanted: Wanted, person: Someone) -> Plan:
    """Somebody is left out altogether, or every step is taken."""
    steps = tuple(_steps(wanted, person))
    if refused := _refuse(wanted, person) or wanted.room.refuse(person.id, steps):
        refusals = tuple(Step(badge, Do.REFUSED) for badge in refused.badges)
        return Plan(Outcome.LEFT_OUT, why=refused.why, steps=refusals)
    wanted.room.take_all(person.id, steps)
    changes = any(step.changes for step in steps)
    return Plan(
        Outcome.CHANGED if changes else Outcome.UNCHANGED,
        steps=steps,
        kept_by_rule=_kept_by_rule(wanted, person),
        is_mailed=person.has_mail and any(tells(wanted, person, step) for step in steps),
    )


def tells(wanted: Wanted, person: Someone, step: Step) -> bool:
    """A badge that stays, because a rule gave it as well, is no loss."""
    if step.do == Do.GIVE:
        return step.badge in wanted.tells_on_grant
    return step.do == Do.TAKE_BACK and step.badge in wanted.tells_on_loss and step.badge not in person.by_rule


class Lasting(Protocol):
    """An award, or what is known of one."""

    expires_at: datetime | None


def giving(held: Lasting | None, starts_at: datetime, ends_at: datetime | None, zone: tzinfo) -> Do:
    """What giving a badge by hand from then to then comes to, where `held` is the award by hand that stands."""
    if held is None or (
        held.expires_at is not None and held.expires_at < starts_at
    ):  # over, not yet swept up
        return Do.GIVE
    return Do.RENEW if lengthens(held.expires_at, ends_at, zone) else Do.HELD


def lengthens(before: datetime | None, after: datetime | None, zone: tzinfo) -> bool:
    """Whether giving anew moves the end to a later day. Never ending is the latest."""
    if before is None:
        return False
    return after is None or local_day(after, zone) > local_day(before, zone)


def local_day(at: datetime, zone: tzinfo) -> date:
    return at.astimezone(zone).date()


def _refuse(wanted: Wanted, person: Someone) -> Refusal | None:
    if not person.within:
        return Refusal(LeftOut.OUTSIDE)
    if not wanted.gives:
        return None
    if person.has_left:
        return Refusal(LeftOut.GONE)
    if wanted.barred:
        return Refusal(LeftOut.BADGE, sorted(wanted.barred))
    newly = sorted(badge for badge in wanted.closed if not person.holds(badge))
    return Refusal(LeftOut.CLOSED, newly) if newly else None


def _steps(wanted: Wanted, person: Someone) -> Iterable[Step]:
    for badge in wanted.ends:
        yield _given(wanted, person, badge) if wanted.gives else _taken(wanted, person, badge)
    if wanted.verb in {Verb.REPLACE, Verb.CLEAR}:
        others = [badge for badge in sorted(person.by_hand) if badge not in wanted.ends]
        steps = (_taken(wanted, person, badge) for badge in others)
        yield from (step for step in steps if step.changes)


def _given(wanted: Wanted, person: Someone, badge: int) -> Step:
    held, after = person.by_hand.get(badge), wanted.ends[badge]
    do = giving(held, wanted.starts_at, after, wanted.zone)
    if held is None:
        return Step(badge, do, after=after)
    return Step(badge, do, held.award, held.expires_at, held.expires_at if do == Do.HELD else after)


def _taken(wanted: Wanted, person: Someone, badge: int) -> Step:
    held = person.by_hand.get(badge)
    if held is not None and (held.expires_at is None or held.expires_at > wanted.at):
        return Step(badge, Do.TAKE_BACK, held.award, held.expires_at)
    return Step(badge, Do.BY_RULE if badge in person.by_rule else Do.ABSENT)


def _kept_by_rule(wanted: Wanted, person: Someone) -> int:
    return len(person.by_rule) if wanted.verb in {Verb.REPLACE, Verb.CLEAR} else 0
