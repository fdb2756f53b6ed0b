"""How a rule fares: how fast it answers, whether what it counts still arrives, whether it gives too much."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection

from activity.models import Kind
from badges.models import Badge
from people.clock import now
from people.models import Organization, Person
from people.roles import Capability
from rules import criteria
from rules.models import Flood, Rule, RuleVersion
from rules.queries import in_force, resting_badges

SILENCE = timedelta(days=30)
EVER = datetime.min.replace(year=1900, tzinfo=UTC)
LATENCY = """
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY took), max(took), count(*) FROM (
    SELECT extract(epoch FROM w.recorded_at - max(a.recorded_at)) AS took
    FROM (SELECT * FROM badges_award WHERE organization_id = %(organization)s AND badge_id = %(badge)s
          AND origin = 'rule' AND recorded_at > %(since)s ORDER BY recorded_at DESC LIMIT 200) w
    JOIN activity_activity a ON a.organization_id = w.organization_id AND a.id = ANY(w.evidence)
    GROUP BY w.id, w.recorded_at
    HAVING max(a.recorded_at) BETWEEN greatest(%(since)s, w.recorded_at - interval '1 day') AND w.recorded_at) t
"""


@dataclass(frozen=True)
class Latency:
    """Seconds from the last activity's arrival to the award, of the latest awards that came so."""

    median: float
    longest: float
    awards: int


def latency(rule: Rule, since: datetime) -> Latency | None:
    """Of what arrived after the version in force was saved: earlier things waited for the rule, not in it.

    What came a day and more later waited for something else as well: the end of a pause, a badge to come into use.
    """
    values: dict[str, Any] = {"organization": rule.organization_id, "badge": rule.badge_id, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(LATENCY, values)
        median, longest, awards = cursor.fetchone()
    return Latency(float(median), float(longest), awards) if awards else None


@dataclass(frozen=True)
class Silent:
    """A kind of which nothing has arrived for long, or ever, and the badges whose rules count it."""

    kind: Kind
    badges: tuple[Badge, ...] = ()


def silent_sources(organization: Organization, version: RuleVersion) -> list[Silent]:
    """The kinds that a rule counts and that have gone quiet."""
    try:
        names = criteria.kinds_named(criteria.parse(version.definition)) or set()
    except criteria.Invalid:
        return []
    kinds = _kinds(organization)
    asked = [kinds.get(name) or Kind(name=name) for name in sorted(names)]
    return [Silent(kind) for kind in asked if _is_silent(kind)]


def silent_rules(person: Person) -> list[Silent]:
    """For those who define badges: what has gone quiet that the rules in force count; what was so of late, first.

    Of a kind that has never come only rules tell that have waited for it as long. Two queries.
    """
    if not person.can(Capability.MANAGE_BADGES):
        return []
    counted: dict[str, list[tuple[Badge, datetime]]] = {}
    for version, rule in in_force(person.organization):
        for name in criteria.kinds_named(rule) or ():
            counted.setdefault(name, []).append((version.rule.badge, version.made_at))
    kinds, patience = _kinds(person.organization), now() - SILENCE
    found = []
    for name, asked in counted.items():
        kind = kinds.get(name) or Kind(name=name)
        badges = [badge for badge, since in asked if kind.last_at or since < patience]
        if badges and _is_silent(kind):
            found.append(Silent(kind, tuple(badges)))
    return sorted(found, key=lambda one: (-(one.kind.last_at or EVER).timestamp(), one.kind.name))


def _kinds(organization: Organization) -> dict[str, Kind]:
    return {kind.name: kind for kind in Kind.objects.filter(organization=organization)}


def _is_silent(kind: Kind) -> bool:
    return kind.last_at is None or kind.last_at < now() - SILENCE


def paused_badges(person: Person) -> list[Badge]:
    """For those who define badges: what nobody gets or loses by rule, as that is paused. One query."""
    if not person.can(Capability.MANAGE_BADGES):
        return []
    badges = Badge.objects.filter(organization=person.organization_id)
    return list(badges.filter(pk__in=resting_badges(person.organization)).order_by("name", "pk"))


def open_floods(person: Person) -> list[Flood]:
    """For those who define badges: the rules that were stopped for somebody to look."""
    if not person.can(Capability.MANAGE_BADGES):
        return []
    floods = Flood.objects.filter(organization=person.organization_id, decided_at=None)
    return list(floods.select_related("rule__badge", "organization"))
