"""What rules name, and in which order they look at each other's badges."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rules.criteria.keeping import While
from rules.criteria.looking import badges_named, selectors
from rules.criteria.rules import Rule
from rules.criteria.values import Invalid


@dataclass(frozen=True)
class Named:
    """What a rule names, which an organization may know or not."""

    kinds: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    badges: frozenset[str] = frozenset()


def named_in(rule: Rule) -> Named:
    found = list(selectors(rule.criterion))
    if isinstance(rule.retention, While):
        found.append(rule.cover)
    places = {select.location for select in found if select.location is not None}
    places |= set((rule.for_ and rule.for_.locations) or ())
    kinds = {kind for select in found for kind in select.kinds or ()}
    return Named(frozenset(kinds), frozenset(places), frozenset(badges_named(rule.criterion)))


def kinds_named(rule: Rule) -> set[str] | None:
    """Names of the kinds that a rule counts, not those of badges it looks at; None where it counts every kind."""
    found = list(selectors(rule.criterion))
    if isinstance(rule.retention, While):
        found.append(rule.cover)
    if any(select.kinds is None for select in found):
        return None
    return {kind for select in found for kind in select.kinds or ()}


def in_order(rulebook: Mapping[str, Rule], named: Callable[[Rule], set[str]] | None = None) -> list[Rule]:
    """The rules, held badges before those that look at them; raises `Invalid` for a circle.

    `named` says which badges a rule looks at, where its criterion is not all that does.
    """
    named = named or (lambda rule: badges_named(rule.criterion))
    done: dict[str, Rule] = {}
    waiting = dict(rulebook)
    while waiting:
        ready = [rule for rule in waiting.values() if not named(rule) & waiting.keys()]
        if not ready:
            raise Invalid(
                "criterion", f"These badges hold each other in a circle: {_circle(waiting, named)}."
            )
        for rule in ready:
            done[rule.id] = waiting.pop(rule.id)
    return list(done.values())


def _circle(waiting: Mapping[str, Rule], named: Callable[[Rule], set[str]]) -> str:
    """ "a → b → a", where every rule that waits looks at another one that does."""
    path = [min(waiting)]
    while path[-1] not in path[:-1]:
        path.append(min(named(waiting[path[-1]]) & waiting.keys()))
    return " → ".join(path[path.index(path[-1]) :])
