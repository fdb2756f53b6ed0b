"""Reads about rules: which are in force, and who would stand."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F

from activity.models import Activity, Kind
from badges.models import Badge, BadgeState, GrantMode
from people.clock import now
from people.models import Location, Organization, Person
from rules import criteria
from rules.engine import Ground, Question, depends_on, ground, stands
from rules.models import Rule, RuleState, RuleVersion
from rules.sentences import Names

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Book:
    """The rules in force of an organization, by slug, held badges first, and what the engine must know.

    A rule that is paused, or whose badge is not in use, is not in force: its stored awards count as they are.
    """

    rules: Mapping[str, criteria.Rule]
    rows: Mapping[str, Rule]
    ground: Ground

    def listening(self, kinds: Iterable[str] | None) -> list[str]:
        """Slugs of the rules that look at activities of these kinds, themselves or through others; None: all."""
        if kinds is None:
            return list(self.rules)
        changed = set(kinds)
        direct = {slug for slug, rule in self.rules.items() if _listens(rule, changed)}
        return [
            slug
            for slug, rule in self.rules.items()
            if slug in direct or direct & depends_on(rule, self.rules)
        ]

    def dependents(self, slug: str) -> list[str]:
        """Slugs of the rules that look at this badge."""
        return [other for other, rule in self.rules.items() if slug in depends_on(rule, self.rules)]


def _listens(rule: criteria.Rule, kinds: set[str]) -> bool:
    named = criteria.kinds_named(rule)
    return named is None or bool(named & kinds)


def rulebook(organization: Organization) -> Book:
    found, frozen = {}, set()
    for version in _current(organization):
        rule = _read(version) if _is_in_force(version.rule) else None
        if rule is None:
            frozen.add(version.rule.badge_id)
        else:
            found[rule.id] = (rule, version.rule)
    ordered = criteria.in_order({slug: rule for slug, (rule, _) in found.items()})
    return Book(
        rules={rule.id: rule for rule in ordered},
        rows={rule.id: found[rule.id][1] for rule in ordered},
        ground=ground(organization, frozen_badges=frozen),
    )


def _current(organization: Organization) -> Iterable[RuleVersion]:
    versions = RuleVersion.objects.filter(organization=organization, number=F("rule__current"))
    current: Iterable[RuleVersion] = versions.select_related("rule__badge")
    return current


def _is_in_force(rule: Rule) -> bool:
    in_use = rule.badge.state == BadgeState.ACTIVE and rule.badge.mode != GrantMode.HAND
    return in_use and rule.state == RuleState.ACTIVE


def _read(version: RuleVersion) -> criteria.Rule | None:
    badge = version.rule.badge
    try:
        return criteria.parse({**version.definition, "id": badge.slug})
    except criteria.Invalid:
        log.exception("the stored rule of badge %s is no rule; its awards stay as they are", badge.pk)
        return None


def kind_names(organization: Organization, ids: Iterable[int]) -> list[str]:
    return list(
        Kind.objects.filter(organization=organization, pk__in=list(ids)).values_list("name", flat=True)
    )


def names_of(organization: Organization) -> Names:
    """The organization's words, for sentences."""
    own = {"organization": organization}
    return Names(
        kinds=dict(Kind.objects.filter(**own).exclude(label="").values_list("name", "label")),
        badges=dict(Badge.objects.filter(**own).values_list("slug", "name")),
        locations=dict(Location.objects.filter(**own).values_list("external_id", "name")),
    )


@dataclass(frozen=True)
class Would:
    """Somebody who would hold a badge under a rule that is not saved yet."""

    person: Person
    key: str
    starts_at: datetime
    ends_at: datetime | None
    evidence: list[Activity]


def would_stand(
    *, organization: Organization, definition: Mapping[str, Any], as_of: datetime | None = None
) -> list[Would]:
    """Whose awards a rule would have stand at an instant (now, if not said); raises `criteria.Invalid`."""
    as_of = as_of or now()
    book = rulebook(organization)
    rule = criteria.parse({"id": "draft", **definition})
    refuse_circle(rule, organization)
    question = Question(book.ground, as_of)
    standing = [s for s in stands(rule, book.rules, question) if s.ends is None or s.ends > as_of]
    people = Person.objects.filter(organization=organization).in_bulk([s.person for s in standing])
    ids = {activity for s in standing for activity in s.evidence}
    ledger = Activity.objects.filter(organization=organization).select_related("kind", "item").in_bulk(ids)
    return [
        Would(people[s.person], s.key, s.starts, s.ends, [ledger[activity] for activity in s.evidence])
        for s in standing
    ]


def refuse_circle(rule: criteria.Rule, organization: Organization) -> None:
    """Raises `criteria.Invalid` where badges would hold each other, around however many corners.

    Rules that are not in force now are looked at too, since they may be taken up again.
    """
    others = {other.id: other for version in _current(organization) if (other := _read(version))}
    criteria.in_order({**others, rule.id: rule})
