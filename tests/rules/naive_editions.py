"""Versions of a rule that follow each other, in plain Python: what the page on rules says of changed rules.

Built on the naive evaluator; shares no code with the engine.
"""

from dataclasses import dataclass
from datetime import datetime

from tests.rules import naive
from tests.rules.naive import Interval, Json, Person, Stand, View, World


@dataclass(frozen=True)
class Version:
    """A rule as it was saved at an instant, with its policy: recheck, keep or new_only."""

    rule: Json
    at: datetime
    policy: str = "recheck"


def with_a_say(versions: list[Version]) -> list[Version]:
    """The last one that re-checked everybody, and what came after it."""
    last = max(i for i, version in enumerate(versions) if version.policy == "recheck")
    return versions[last:]


def key_space(rule: Json) -> str | None:
    """By what its awards are known: the periods of a sort, or its own ordinals."""
    return rule["criterion"].get("per")


def stands_by_versions(
    versions: list[Version],
    world: World,
    person: Person,
    holdings: dict[str, list[Interval]],
    as_of: datetime,
) -> list[Stand]:
    chain = with_a_say(versions)
    found: list[Stand] = []
    for i, version in enumerate(chain):
        since = version.at if i else None
        until = chain[i + 1].at if i + 1 < len(chain) else None
        record = naive.counting(version.rule, world, person.external_id, as_of)
        if i and version.policy == "new_only":
            record = [activity for activity in record if activity.occurred_at >= version.at]
        view = View(world, person, as_of, tuple(record), holdings, since, until)
        found += naive.stands_of_view(version.rule, view, prefix_of(chain, i, versions))
    return found if len(chain) == 1 else merged(found)


def prefix_of(chain: list[Version], i: int, versions: list[Version]) -> str:
    # Reading: ordinals, and periods of another sort, of a later version are others than those of an earlier one.
    space = key_space(chain[i].rule)
    if i == 0 or (space is not None and all(key_space(other.rule) == space for other in chain[:i])):
        return ""
    return f"v{versions.index(chain[i]) + 1}."


def merged(stands: list[Stand]) -> list[Stand]:
    """Reading: an award that a later version's hit renews is the same award, and no renewal shortens it."""
    found: list[Stand] = []
    for stand in sorted(stands, key=lambda stand: stand.starts):
        if stand.key is not None:
            if all(other.key != stand.key for other in found):
                found.append(stand)
            continue
        last = next((other for other in reversed(found) if other.key is None), None)
        if last is None or (last.ends is not None and last.ends < stand.starts):
            found.append(stand)
            continue
        ends = None if last.ends is None or stand.ends is None else max(last.ends, stand.ends)
        found[found.index(last)] = Stand(last.person, None, last.starts, ends, last.evidence)
    return found


def evaluate(world: World, rules: list[list[Version]], as_of: datetime) -> dict[str, list[Stand]]:
    """The timelines of rules in order, of which each may hold the badges of those before it."""
    held: dict[str, dict[str, list[Interval]]] = {person: {} for person in world.people}
    for award in world.hand:
        if award.starts <= as_of:
            held[award.person].setdefault(award.badge, []).append((award.starts, award.ends))
    timelines: dict[str, list[Stand]] = {}
    for versions in rules:
        slug = versions[0].rule["id"]
        stands: list[Stand] = []
        for name in sorted(world.people):
            stands += stands_by_versions(versions, world, world.people[name], held[name], as_of)
        for stand in stands:
            held[stand.person].setdefault(slug, []).append((stand.starts, stand.ends))
        timelines[slug] = sorted(stands, key=lambda s: (s.person, s.starts, s.key or ""))
    return timelines
