"""What a rule means, in plain Python: slow, short-sighted, and meant to be right at a glance.

The reference that the engine is compared with. It shares no code with it.
Comments that begin with "Reading:" say how a detail was read that the page on rules leaves open.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tests.rules.calendar_time import (
    local_day,
    midnight,
    move_day,
    next_period,
    period_end,
    period_start,
    plus,
    previous_period,
    within,
)

type Json = dict[str, Any]
type Interval = tuple[datetime, datetime | None]
COMBINATIONS = {"all_of", "any_of", "at_least"}
OF_ACTIVITIES = {"count", "sum", "average", "streak"}


@dataclass(frozen=True)
class Person:
    external_id: str
    joined_on: date | None = None
    placements: tuple[tuple[date | None, str | None, str], ...] = ()
    """(from_on, location, title), in order of from_on; None: since ever."""


@dataclass(frozen=True)
class Activity:
    person: str
    kind: str
    role: str
    occurred_at: datetime
    value: Decimal | None
    attributes: Json
    location: str | None
    source: str
    external_id: str
    voided: bool = False

    @property
    def order(self) -> tuple[datetime, str, str]:
        return (self.occurred_at, self.source, self.external_id)


@dataclass(frozen=True)
class Revocation:
    badge: str
    person: str
    at: datetime
    key: str | None = None


@dataclass(frozen=True)
class HandAward:
    badge: str
    person: str
    starts: datetime
    ends: datetime | None = None


@dataclass(frozen=True)
class World:
    zone: str
    first_weekday: int
    people: dict[str, Person]
    locations: dict[str, str | None] = field(default_factory=dict)
    activities: tuple[Activity, ...] = ()
    revocations: tuple[Revocation, ...] = ()
    hand: tuple[HandAward, ...] = ()


@dataclass(frozen=True)
class Stand:
    person: str
    key: str | None
    starts: datetime
    ends: datetime | None
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class View:
    """What one rule may look at of one person: the activities that count, in order, and the badges held."""

    world: World
    person: Person
    as_of: datetime
    activities: tuple[Activity, ...]
    holdings: dict[str, list[Interval]]
    since: datetime | None = None
    until: datetime | None = None
    hits_so_far: dict[int, list[datetime]] = field(default_factory=dict)

    @property
    def zone(self) -> str:
        return self.world.zone

    def period(self, at: datetime, per: str) -> date:
        return period_start(local_day(at, self.zone), per, self.world.first_weekday)


# The record ----------------------------------------------------------------------------------------


def is_below(world: World, location: str | None, top: str) -> bool:
    while location is not None:
        if location == top:
            return True
        location = world.locations.get(location)
    return False


def same_json(one: Any, other: Any) -> bool:
    """Equality of JSON values: true is not 1, but 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[key], other[key]) for key in one)
    return bool(one == other)


def attribute_matches(activity: Activity, name: str, wanted: Any) -> bool:
    # Reading: a list in a selector is always "one of"; to ask for a value that is a list, put it in a list.
    choices = wanted if isinstance(wanted, list) else [wanted]
    return name in activity.attributes and any(same_json(activity.attributes[name], c) for c in choices)


def matches_otherwise(activity: Activity, select: Json, world: World) -> bool:
    value = activity.value
    return (
        ("kinds" not in select or activity.kind in select["kinds"])
        and ("roles" not in select or activity.role in select["roles"])
        and all(attribute_matches(activity, *item) for item in select.get("attributes", {}).items())
        and ("min_value" not in select or (value is not None and value >= number(select["min_value"])))
        and ("location" not in select or is_below(world, place_of(activity, world), select["location"]))
    )


def place_of(activity: Activity, world: World) -> str | None:
    """The source's location, else the person's on that day."""
    day = local_day(activity.occurred_at, world.zone)
    return activity.location or placement_on(world.people[activity.person], day)[0]


def number(text: Any) -> Decimal:
    return Decimal(str(text))


def matching(select: Json, view: View) -> list[Activity]:
    """The activities that match, in order."""
    found = [activity for activity in view.activities if matches_otherwise(activity, select, view.world)]
    if "per_day" not in select:
        return found
    # Reading: the first n by (occurred_at, source, external_id), also among those of one instant; and they
    # are the first of those that count: what is outside the campaign or before a revocation takes no place.
    days = [local_day(activity.occurred_at, view.zone) for activity in found]
    return [one for i, one in enumerate(found) if days[:i].count(days[i]) < select["per_day"]]


# Criteria ------------------------------------------------------------------------------------------


def hits(criterion: Json, view: View) -> list[datetime]:
    """The instants at which the criterion is satisfied by something that happens then, in order."""
    if id(criterion) not in view.hits_so_far:
        view.hits_so_far[id(criterion)] = sorted(set(find_hits(criterion, view)))
    return view.hits_so_far[id(criterion)]


def find_hits(criterion: Json, view: View) -> Iterable[datetime]:
    kind = criterion["type"]
    if kind in OF_ACTIVITIES:
        found = matching(criterion["select"], view)
        if kind == "average":
            found = [activity for activity in found if activity.value is not None]
        instants = {activity.occurred_at for activity in found}
        return [at for at in instants if is_reached(criterion, found, at, view)]
    if kind == "tenure":
        return [at for at in tenure_instants(criterion, view) if at <= view.as_of]
    if kind == "holds":
        return [starts for starts, _ in held_intervals(criterion, view)]
    parts = [at for part in criterion["parts"] for at in hits(part, view)]
    return [at for at in parts if is_satisfied(criterion, view, at)]


def tenure_instants(criterion: Json, view: View) -> list[datetime]:
    joined_on = view.person.joined_on
    # Reading: local midnight of (the joined date + D); a midnight that comes twice is the later, as ever.
    return [] if joined_on is None else [midnight(move_day(joined_on, criterion["of"], 1), view.zone)]


def looked_at(criterion: Json, found: list[Activity], at: datetime, view: View) -> list[Activity]:
    """Those that a count, sum or average looks at: ever, within D, or per period."""
    so_far = [activity for activity in found if activity.occurred_at <= at]
    if "within" in criterion:
        return [a for a in so_far if within(a.occurred_at, at, criterion["within"], view.zone)]
    if "per" in criterion:
        per = criterion["per"]
        return [a for a in so_far if view.period(a.occurred_at, per) == view.period(at, per)]
    return so_far


def total(activities: list[Activity]) -> Decimal:
    return sum((a.value for a in activities if a.value is not None), Decimal(0))


def is_reached(criterion: Json, found: list[Activity], at: datetime, view: View) -> bool:
    if criterion["type"] == "streak":
        return is_streak(criterion, found, at, view)
    those = looked_at(criterion, found, at, view)
    if criterion["type"] == "count":
        return len(those) >= int(criterion["at_least"])
    if criterion["type"] == "sum":
        # Reading: a matching activity without a value adds nothing, yet is a hit where the sum is enough.
        return total(those) >= number(criterion["at_least"])
    return len(those) >= criterion["over"] and total(those) >= number(criterion["at_least"]) * len(those)


def streak_periods(criterion: Json, period: date) -> list[date]:
    periods = [period]
    while len(periods) < criterion["length"]:
        periods.insert(0, previous_period(periods[0], criterion["per"]))
    return periods


def is_streak(criterion: Json, found: list[Activity], at: datetime, view: View) -> bool:
    period_of_each = [view.period(a.occurred_at, criterion["per"]) for a in found if a.occurred_at <= at]
    periods = streak_periods(criterion, view.period(at, criterion["per"]))
    return all(period_of_each.count(period) >= criterion["each"] for period in periods)


def held_at(intervals: list[Interval], at: datetime) -> bool:
    return any(starts <= at and (ends is None or at < ends) for starts, ends in intervals)


def held_intervals(criterion: Json, view: View) -> list[Interval]:
    """The unbroken intervals in which at least k of the badges are held; ends ahead are as known."""
    held = [view.holdings.get(badge, []) for badge in set(criterion["badges"])]
    changes = {at for intervals in held for interval in intervals for at in interval if at is not None}
    found: list[Interval] = []
    since: datetime | None = None
    for at in sorted(changes):
        enough = sum(held_at(intervals, at) for intervals in held) >= criterion["at_least"]
        if enough and since is None:
            since = at
        elif since is not None and not enough:
            found.append((since, at))
            since = None
    return found if since is None else [*found, (since, None)]


def needed(criterion: Json) -> int:
    """Of how many parts a combination is made. Reading: any of the three may say `within D`."""
    k: int = {"all_of": len(criterion["parts"]), "any_of": 1}.get(criterion["type"]) or criterion["k"]
    return k


def is_satisfied(combination: Json, view: View, at: datetime) -> bool:
    return len(satisfied_parts(combination, view, at)) >= needed(combination)


def satisfied_parts(combination: Json, view: View, at: datetime) -> list[Json]:
    return [part for part in combination["parts"] if part_is_satisfied(part, combination, view, at)]


def part_is_satisfied(part: Json, combination: Json, view: View, at: datetime) -> bool:
    if part["type"] == "holds":
        return held_at(held_intervals(part, view), at)
    if "within" in combination:
        return any(within(hit, at, combination["within"], view.zone) for hit in hits(part, view))
    if part["type"] in COMBINATIONS:
        return is_satisfied(part, view, at)
    return any(hit <= at for hit in hits(part, view))


# Evidence ------------------------------------------------------------------------------------------


def evidence(criterion: Json, view: View, hit: datetime) -> set[tuple[datetime, str, str]]:
    """The activities that a hit rests on, each by its order."""
    kind = criterion["type"]
    if kind in COMBINATIONS:
        parts = satisfied_parts(criterion, view, hit)
        return set().union(*(evidence_of_part(part, view, hit) for part in parts))
    if kind not in OF_ACTIVITIES:
        return set()
    found = matching(criterion["select"], view)
    if kind == "streak":
        return {activity.order for activity in streak_evidence(criterion, found, hit, view)}
    those = looked_at(criterion, found, hit, view)
    if kind == "count":
        those = those[-criterion["at_least"] :]
    # Reading: the whole window of a sum has its activities without a value too; an average's has not.
    if kind == "average":
        those = [activity for activity in those if activity.value is not None]
    return {activity.order for activity in those}


def evidence_of_part(part: Json, view: View, at: datetime) -> set[tuple[datetime, str, str]]:
    so_far = [hit for hit in hits(part, view) if hit <= at]
    return evidence(part, view, so_far[-1]) if so_far else set()


def held_behind(criterion: Json, view: View, at: datetime) -> set[tuple[str, datetime]]:
    """The badges that a hit rests on, each with the start of its award."""
    if criterion["type"] == "holds":
        if not held_at(held_intervals(criterion, view), at):
            return set()
        held = [(badge, one) for badge in criterion["badges"] for one in view.holdings.get(badge, [])]
        return {(badge, one[0]) for badge, one in held if held_at([one], at)}
    found: set[tuple[str, datetime]] = set()
    for part in satisfied_parts(criterion, view, at) if criterion["type"] in COMBINATIONS else []:
        so_far = [at] if part["type"] == "holds" else [hit for hit in hits(part, view) if hit <= at]
        found |= held_behind(part, view, so_far[-1]) if so_far else set()
    return found


def streak_evidence(criterion: Json, found: list[Activity], hit: datetime, view: View) -> list[Activity]:
    chosen: list[Activity] = []
    for period in streak_periods(criterion, view.period(hit, criterion["per"])):
        those = [a for a in found if view.period(a.occurred_at, criterion["per"]) == period]
        chosen += those[: criterion["each"]]
    return chosen


def names(orders: Iterable[tuple[datetime, str, str]]) -> tuple[str, ...]:
    return tuple(external_id for _, _, external_id in sorted(orders))


# For whom ------------------------------------------------------------------------------------------


def is_for(rule: Json, view: View, at: datetime) -> bool:
    """Whether the rule is for the person as they were on the local day of `at`."""
    wanted = rule.get("for") or {}
    location, title = placement_on(view.person, local_day(at, view.zone))
    joined_on = view.person.joined_on
    if "locations" in wanted and not any(is_below(view.world, location, top) for top in wanted["locations"]):
        return False
    if "titles" in wanted and title not in wanted["titles"]:
        return False
    from_on = wanted.get("joined_from")
    return from_on is None or (joined_on is not None and joined_on >= date.fromisoformat(from_on))


def placement_on(person: Person, day: date) -> tuple[str | None, str | None]:
    # Reading: before the first placement a person has neither location nor title.
    so_far = [(where, title) for since, where, title in person.placements if since is None or since <= day]
    return so_far[-1] if so_far else (None, None)


def rule_hits(rule: Json, view: View) -> list[datetime]:
    # Reading: `for` is asked of the hits of the whole criterion, not of those of a combination's parts.
    # Of a version that is followed by another, or follows one, only its own time's hits.
    return [hit for hit in hits(rule["criterion"], view) if is_for(rule, view, hit) and is_timely(view, hit)]


def is_timely(view: View, hit: datetime) -> bool:
    return (view.since is None or view.since <= hit) and (view.until is None or hit < view.until)


# Retention -----------------------------------------------------------------------------------------


def awards(rule: Json, view: View, found: list[datetime]) -> list[Interval]:
    """The intervals in which an award stands, of hits given in order."""
    retention = rule["retention"]
    make: dict[str, Callable[[], list[Interval]]] = {
        "permanent": lambda: [(hit, None) for hit in found[:1]],
        "expires": lambda: expiring(found, retention["after"], view.zone),
        "while": lambda: covered(found, cover(rule, view)),
        "satisfied": lambda: satisfied(rule["criterion"], view, found),
    }
    return make[retention["type"]]()


def lapsing(stands: Iterable[Interval], grace: str, zone: str, at: datetime) -> datetime | None:
    """Until when somebody still sees what is over, of awards by rule; None where nothing is in grace.

    Grace is nothing that the intervals show: it only says for how long their last end is still told as none.
    """
    begun = [(starts, ends) for starts, ends in stands if starts <= at]
    if not begun or any(ends is None or ends > at for _, ends in begun):
        return None
    last = max(ends for _, ends in begun if ends is not None)
    until = plus(last, grace, zone)
    return until if until > at else None


def expiring(found: list[datetime], after: str, zone: str) -> list[Interval]:
    stands: list[tuple[datetime, datetime]] = []
    for hit in found:
        end = plus(hit, after, zone)
        if stands and hit <= stands[-1][1]:
            starts, ends = stands.pop()
            stands.append((starts, max(ends, end)))
        else:
            stands.append((hit, end))
    return [*stands]


def selectors(criterion: Json) -> list[Json]:
    if criterion["type"] in COMBINATIONS:
        return [select for part in criterion["parts"] for select in selectors(part)]
    return [criterion["select"]] if "select" in criterion else []


def cover(rule: Json, view: View) -> list[tuple[datetime, datetime]]:
    """The unbroken stretches of cover; those that touch are one."""
    retention = rule["retention"]
    select = retention.get("select")
    if select is None:
        [select] = selectors(rule["criterion"])
    instants = [activity.occurred_at for activity in matching(select, view)]
    islands: list[tuple[datetime, datetime]] = []
    for i in range(retention["at_least"] - 1, len(instants)):
        starts = instants[i]
        ends = plus(instants[i - retention["at_least"] + 1], retention["within"], view.zone)
        if ends <= starts:
            continue
        if islands and starts <= islands[-1][1]:
            since, until = islands.pop()
            islands.append((since, max(until, ends)))
        else:
            islands.append((starts, ends))
    return islands


def covered(found: list[datetime], islands: list[tuple[datetime, datetime]]) -> list[Interval]:
    stands: list[Interval] = []
    for starts, ends in islands:
        inside = [hit for hit in found if starts <= hit < ends]
        stands += [(inside[0], ends)] if inside else []
    return stands


def satisfied(criterion: Json, view: View, found: list[datetime]) -> list[Interval]:
    if criterion["type"] == "holds":
        return [(starts, ends) for starts, ends in held_intervals(criterion, view) if starts in found]
    if criterion["type"] != "streak":
        raise ValueError(criterion["type"])
    stands: list[Interval] = []
    until: datetime | None = None
    for hit in found:
        # Reading: a streak hit at the very instant at which the award ends starts a new one (of `expires` and
        # `while` alone it is said that such an instant goes on).
        if until is None or hit >= until:
            until = streak_lasts(criterion, view, hit)
            stands.append((hit, until))
    return stands


def streak_lasts(criterion: Json, view: View, hit: datetime) -> datetime:
    """The end of the period after the last one of the run that reached M."""
    per = criterion["per"]
    periods = [view.period(a.occurred_at, per) for a in matching(criterion["select"], view)]
    last = view.period(hit, per)
    while periods.count(next_period(last, per)) >= criterion["each"]:
        last = next_period(last, per)
    return period_end(next_period(last, per), per, view.zone)


# Repeatable ----------------------------------------------------------------------------------------


def grants(rule: Json, view: View) -> list[tuple[str, datetime, tuple[str, ...]]]:
    """(key, instant, evidence) of each award of a repeatable badge."""
    criterion = rule["criterion"]
    if criterion["type"] == "count" and "per" not in criterion and "within" not in criterion:
        return grants_of_every(rule, view)
    if criterion["type"] != "streak" and not (criterion["type"] in {"count", "sum"} and "per" in criterion):
        raise ValueError("not repeatable")
    first: dict[date, datetime] = {}
    for hit in rule_hits(rule, view):
        # Reading: with `for`, the first hit of the period at which the rule is for the person.
        first.setdefault(view.period(hit, criterion["per"]), hit)
    return [
        (period.isoformat(), hit, names(evidence(criterion, view, hit)))
        for period, hit in first.items()
        if criterion["type"] != "streak" or run_length(criterion, view, period) % criterion["length"] == 0
    ]


def grants_of_every(rule: Json, view: View) -> list[tuple[str, datetime, tuple[str, ...]]]:
    n = rule["criterion"]["at_least"]
    found = matching(rule["criterion"]["select"], view)
    groups = [found[i : i + n] for i in range(0, len(found) - n + 1, n)]
    # Reading: a group whose last one finds the rule not for the person keeps its ordinal, and earns nothing.
    return [
        (str(ordinal), group[-1].occurred_at, names(activity.order for activity in group))
        for ordinal, group in enumerate(groups, start=1)
        if is_for(rule, view, group[-1].occurred_at) and is_timely(view, group[-1].occurred_at)
    ]


def run_length(criterion: Json, view: View, period: date) -> int:
    per = criterion["per"]
    periods = [view.period(a.occurred_at, per) for a in matching(criterion["select"], view)]
    length = 0
    while periods.count(period) >= criterion["each"]:
        length += 1
        period = previous_period(period, per)
    return length


def repeatable_stands(rule: Json, view: View, revocations: list[Revocation]) -> list[Stand]:
    stands = []
    for key, starts, what in grants(rule, view):
        ends = awards(rule, view, [starts])[0][1]
        # Reading: an award revoked before it now starts (the record changed since) does not stand at all. A
        # revocation without a key is of another time of the rule, and touches none of these.
        mine = [revocation.at for revocation in revocations if revocation.key == key]
        stands += cut_short(Stand(view.person.external_id, key, starts, ends, what), mine)
    return stands


def cut_short(stand: Stand, revoked_at: list[datetime]) -> list[Stand]:
    ends = min([at for at in [stand.ends, *revoked_at] if at is not None], default=None)
    return [replace(stand, ends=ends)] if ends is None or stand.starts < ends else []


# A rule, a person, and all of them -----------------------------------------------------------------


def counting(rule: Json, world: World, person: str, as_of: datetime) -> list[Activity]:
    """The activities of a person that a rule may look at, in order."""
    counts = rule.get("counts") or {}
    since, until = counts.get("from"), counts.get("until")
    own = [a for a in world.activities if a.person == person and not a.voided and a.occurred_at <= as_of]
    return sorted(
        (
            a
            for a in own
            if (since is None or a.occurred_at >= datetime.fromisoformat(since))
            and (until is None or a.occurred_at < datetime.fromisoformat(until))
        ),
        key=lambda activity: activity.order,
    )


def single_stands(rule: Json, view: View, revocations: list[Revocation]) -> list[Stand]:
    """After each revocation the rule begins anew: with later activities only, and at a later hit."""
    # Reading: a revocation with a key is of a repeatable award, and cuts nothing here.
    cuts = sorted({revocation.at for revocation in revocations if revocation.key is None})
    stands: list[Stand] = []
    for since, until in zip([None, *cuts], [*cuts, None], strict=True):
        later = [a for a in view.activities if since is None or a.occurred_at > since]
        after = replace(view, activities=tuple(later), hits_so_far={})
        found = [hit for hit in rule_hits(rule, after) if since is None or hit > since]
        for starts, ends in awards(rule, after, found):
            what = names(evidence(rule["criterion"], after, starts))
            stand = Stand(view.person.external_id, None, starts, ends, what)
            stands += cut_short(stand, [until] if until else [])
    return stands


def person_stands(
    rule: Json, world: World, person: Person, holdings: dict[str, list[Interval]], as_of: datetime
) -> list[Stand]:
    activities = tuple(counting(rule, world, person.external_id, as_of))
    view = View(world, person, as_of, activities, holdings)
    return stands_of_view(rule, view)


def stands_of_view(rule: Json, view: View, prefix: str = "") -> list[Stand]:
    """With a prefix, keys of repeatable awards begin so."""
    world, person, as_of = view.world, view.person, view.as_of
    mine = [
        revocation
        for revocation in world.revocations
        if (revocation.badge, revocation.person) == (rule["id"], person.external_id)
        and revocation.at <= as_of
    ]
    if not rule.get("repeatable"):
        return single_stands(rule, view, mine)
    known = [
        replace(revocation, key=revocation.key.removeprefix(prefix))
        for revocation in mine
        if revocation.key and revocation.key.startswith(prefix)
    ]
    return [replace(stand, key=f"{prefix}{stand.key}") for stand in repeatable_stands(rule, view, known)]


def badges_named(criterion: Json) -> set[str]:
    if criterion["type"] in COMBINATIONS:
        return set().union(*(badges_named(part) for part in criterion["parts"]))
    return set(criterion.get("badges", []))


def in_order(rules: list[Json]) -> list[Json]:
    """Held badges before those that look at them."""
    waiting, done = list(rules), []
    while waiting:
        ids = {rule["id"] for rule in waiting}
        ready = [rule for rule in waiting if not badges_named(rule["criterion"]) & ids]
        if not ready:
            raise ValueError("badges hold each other in a circle")
        done += ready
        waiting = [rule for rule in waiting if rule not in ready]
    return done


def evaluate(world: World, rules: list[Json], as_of: datetime) -> dict[str, list[Stand]]:
    """The timeline of every rule, each in order of person, start and key."""
    timelines: dict[str, list[Stand]] = {}
    held: dict[str, dict[str, list[Interval]]] = {person: {} for person in world.people}
    for award in world.hand:
        # Reading: the end of an award by hand is taken as given, also where it lies after `as_of`.
        if award.starts <= as_of:
            held[award.person].setdefault(award.badge, []).append((award.starts, award.ends))
    for rule in in_order(rules):
        stands: list[Stand] = []
        for name in sorted(world.people):
            stands += person_stands(rule, world, world.people[name], held[name], as_of)
        for stand in stands:
            held[stand.person].setdefault(rule["id"], []).append((stand.starts, stand.ends))
        timelines[rule["id"]] = sorted(stands, key=lambda s: (s.person, s.starts, s.key or ""))
    return timelines
