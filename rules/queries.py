"""Reads about rules: which are in force, and who would stand."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from activity.kinds import WITH_VALUE
from activity.models import ImpactKind, Kind, Measure
from badges.models import IN_USE, Award, Badge, GrantMode, Origin
from people.models import Location, Organization
from people.prepared import planned_once
from rules import criteria
from rules.engine import (
    Edition,
    Ground,
    Question,
    Saved,
    depends_on,
    ground,
    in_succession,
    named_by,
)
from rules.models import Policy, Rule, RuleState, RuleVersion
from rules.sentences import Names

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Book:
    """The rules in force of an organization, by slug, held badges first, and what the engine must know.

    A rule that is paused, or whose badge is neither active nor closed, is not in force: its stored awards count
    as they are; those of a paused one also beyond their stored end, which nobody has looked at since.
    """

    rules: Mapping[str, criteria.Rule]
    rows: Mapping[str, Rule]
    ground: Ground

    def listening(self, kinds: Iterable[str] | None) -> list[str]:
        """Slugs of the rules that look at activities of these kinds, themselves or through others; None: all."""
        if kinds is None:
            return list(self.rules)
        changed = set(kinds)
        direct = {
            slug for slug in self.rules if any(_listens(one, changed) for one in self._with_a_say(slug))
        }
        return [slug for slug in self.rules if slug in direct or direct & self.depends_on(slug)]

    def dependents(self, slug: str) -> list[str]:
        """Slugs of the rules that look at this badge."""
        return [other for other in self.rules if slug in self.depends_on(other)]

    def holding(self, slug: str) -> list[str]:
        """Slugs of the rules that look at this badge themselves, by any version that has a say."""
        return [other for other, rule in self.rules.items() if slug in named_by(rule, self.ground.editions)]

    def depends_on(self, slug: str) -> set[str]:
        """Slugs of the badges that a rule looks at, directly or through others."""
        return depends_on(self.rules[slug], self.rules, self.ground.editions)

    def editions(self, slug: str) -> tuple[Edition, ...]:
        """The versions that have a say, where it is not the one in force alone."""
        return self.ground.editions.get(slug, ())

    def _with_a_say(self, slug: str) -> list[criteria.Rule]:
        return [self.rules[slug], *(edition.rule for edition in self.editions(slug))]


def _listens(rule: criteria.Rule, kinds: set[str]) -> bool:
    named = criteria.kinds_named(rule)
    return named is None or bool(named & kinds)


@planned_once()
def rulebook(organization: Organization) -> Book:
    """The rules in force now; inside `tenant()`."""
    found, frozen, resting, editions = {}, set(), set(), {}
    chains = _chains(organization)
    for version in _current(organization):
        chain = _read_chain(version, chains) if is_in_force(version.rule) else None
        if not chain:
            frozen.add(version.rule.badge_id)
            if rests(version.rule):
                resting.add(version.rule.badge_id)
            continue
        rule = chain[-1].rule
        found[rule.id] = (rule, version.rule)
        if len(chain) > 1:
            editions[rule.id] = chain
    ordered = criteria.in_order(
        {slug: rule for slug, (rule, _) in found.items()}, lambda rule: named_by(rule, editions)
    )
    return Book(
        rules={rule.id: rule for rule in ordered},
        rows={rule.id: found[rule.id][1] for rule in ordered},
        ground=replace(ground(organization, frozen_badges=frozen, resting_badges=resting), editions=editions),
    )


def _current(organization: Organization) -> Iterable[RuleVersion]:
    versions = RuleVersion.objects.filter(organization=organization, number=F("rule__current"))
    current: Iterable[RuleVersion] = versions.select_related("rule__badge")
    return current


def in_force(organization: Organization) -> list[tuple[RuleVersion, criteria.Rule]]:
    """The versions in force that can be read, as they are written."""
    read = [(version, _read(version)) for version in _current(organization) if is_in_force(version.rule)]
    return [(version, rule) for version, rule in read if rule is not None]


def _chains(organization: Organization) -> dict[int, list[RuleVersion]]:
    """By rule, the versions up to the one in force, in order; of rules some version of which re-checks nobody."""
    versions = RuleVersion.objects.filter(organization=organization, number__lte=F("rule__current"))
    lenient = versions.filter(~Q(policy=Policy.RECHECK)).values("rule")
    chains = defaultdict(list)
    for version in versions.filter(rule__in=lenient).select_related("rule__badge").order_by("number"):
        chains[version.rule_id].append(version)
    return chains


def is_in_force(rule: Rule) -> bool:
    return rule.state == RuleState.ACTIVE and _may_give(rule.badge)


def rests(rule: Rule) -> bool:
    """Paused: nobody gets or loses the badge by it, not even as time passes. Nobody gets one out of use, that ends."""
    return rule.state == RuleState.PAUSED and _may_give(rule.badge)


def _may_give(badge: Badge) -> bool:
    return badge.state in IN_USE and badge.mode != GrantMode.HAND


def resting_badges(organization: Organization) -> QuerySet[Rule, Any]:
    """The ids of the badges whose rules rest."""
    paused = Rule.objects.filter(organization=organization, state=RuleState.PAUSED, badge__state__in=IN_USE)
    return paused.exclude(badge__mode=GrantMode.HAND).values_list("badge", flat=True)


def stays_on(award: Award) -> bool:
    """Whether the rule that gave it is paused, so that it does not end in time."""
    return award.origin == Origin.RULE and award.badge_id in resting_badges(award.organization)


def known_end(organization: Organization) -> Case:
    """The end of an award, as people can be told; none is known of what a paused rule gave."""
    resting = Q(origin=Origin.RULE, badge__in=resting_badges(organization))
    return Case(When(resting, then=None), default=F("expires_at"))


def _read_chain(
    version: RuleVersion, chains: Mapping[int, Iterable[RuleVersion]]
) -> tuple[Edition, ...] | None:
    """What has a say; None where a version of it cannot be read."""
    saved = saved_versions(chains.get(version.rule_id) or [version])
    return None if saved is None else in_succession(saved)


def saved_versions(versions: Iterable[RuleVersion]) -> list[Saved] | None:
    """Versions, in order, from the last one that re-checked everybody on; None where one cannot be read."""
    rows = list(versions)
    first = max((i for i, row in enumerate(rows) if row.policy == Policy.RECHECK), default=0)
    saved = []
    for row in rows[first:]:
        rule = _read(row)
        if rule is None:
            return None
        saved.append(as_saved(row.number, rule, row.made_at, row.policy))
    return saved


def as_saved(number: int, rule: criteria.Rule, at: datetime, policy: str) -> Saved:
    return Saved(number, rule, at, policy == Policy.RECHECK, policy == Policy.NEW_ONLY)


def _read(version: RuleVersion) -> criteria.Rule | None:
    badge = version.rule.badge
    try:
        return _parsed(badge.slug, json.dumps(version.definition))
    except criteria.Invalid:
        log.exception("the stored rule of badge %s is no rule; its awards stay as they are", badge.pk)
        return None


@lru_cache(maxsize=5_000)
def _parsed(slug: str, definition: str) -> criteria.Rule:
    """Rules are read for every batch, and are values."""
    return criteria.parse({**json.loads(definition), "id": slug})


def names_of(organization: Organization) -> Names:
    """The organization's words, for sentences."""
    own = {"organization": organization}
    of_money = Exists(ImpactKind.objects.filter(writes=OuterRef("pk"), measure=Measure.MONEY))
    kinds = list(Kind.objects.filter(**own).values_list("name", "label", "unit", of_money))
    in_money = {*WITH_VALUE, *(name for name, _, _, is_money in kinds if is_money)}
    units = dict.fromkeys(in_money, organization.currency)
    return Names(
        kinds={name: label for name, label, _, _ in kinds if label},
        badges=dict(Badge.objects.filter(**own).values_list("slug", "name")),
        locations=dict(Location.objects.filter(**own).values_list("external_id", "name")),
        units=units | {name: unit for name, _, unit, _ in kinds if unit},
        zone=organization.zone,
    )


def as_if_saved(
    organization: Organization, definition: Mapping[str, Any], at: datetime, policy: str
) -> tuple[Book, criteria.Rule, Question]:
    """The question to put to a rule as it would be, were it saved at that instant; raises `criteria.Invalid`."""
    book = rulebook(organization)
    rule = criteria.parse({"id": "draft", **definition})
    refuse_circle(rule, organization, policy=policy)
    saved = _saved_of(book, rule.id)
    number = saved[-1].number + 1 if saved else 1
    saved.append(as_saved(number, rule, at, policy if saved else Policy.RECHECK))
    return _asking(book, saved, at)


def as_it_stands(badge: Badge, at: datetime) -> tuple[Book, criteria.Rule, Question] | None:
    """The question to put to a badge's rule by its versions, paused or not; None where it has none."""
    book = rulebook(badge.organization)
    saved = _saved_of(book, badge.slug)
    return _asking(book, saved, at) if saved else None


def _asking(book: Book, saved: Sequence[Saved], at: datetime) -> tuple[Book, criteria.Rule, Question]:
    chain = in_succession(saved)
    rule = chain[-1].rule
    others = {slug: editions for slug, editions in book.ground.editions.items() if slug != rule.id}
    editions = {**others, rule.id: chain} if len(chain) > 1 else others
    ground = replace(book.ground, editions=editions)
    return replace(book, ground=ground), rule, Question(ground, at)


def _saved_of(book: Book, slug: str) -> list[Saved]:
    mine = RuleVersion.objects.filter(
        organization=book.ground.organization_id, rule__badge__slug=slug, number__lte=F("rule__current")
    )
    return saved_versions(mine.select_related("rule__badge").order_by("number")) or []


def refuse_circle(rule: criteria.Rule, organization: Organization, policy: str = Policy.RECHECK) -> None:
    """Raises `criteria.Invalid` where badges would hold each other, around however many corners.

    Rules that are not in force now are looked at too, since they may be taken up again, and so are earlier versions
    that have a say.
    """
    chains = _chains(organization)
    others, editions = {}, {}
    for version in _current(organization):
        other = _read(version)
        if other is None:
            continue
        others[other.id] = other
        chain = _read_chain(version, chains)
        if chain and (other.id != rule.id or policy != Policy.RECHECK):
            editions[other.id] = chain
    criteria.in_order({**others, rule.id: rule}, lambda one: named_by(one, editions))


def says_the_same(definition: Mapping[str, Any], rule: criteria.Rule) -> bool:
    """Whether a stored text, of whatever version, is this rule; what cannot be read is none."""
    try:
        stored = criteria.parse({**definition, "id": rule.id, "name": rule.name})
    except criteria.Invalid:
        return False
    return stored.model_copy(update={"version": None}) == rule.model_copy(update={"version": None})
