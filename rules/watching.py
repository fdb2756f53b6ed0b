"""How a rule fares: how fast it answers, whether what it counts still arrives, whether it gives too much."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max

from activity.models import Activity, Kind
from people.clock import now
from people.models import Organization, Person
from people.roles import Capability
from rules import criteria
from rules.models import Flood, Rule, RuleVersion

SILENCE = timedelta(days=30)
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
    """A kind of which nothing has arrived for long, or ever."""

    kind: str
    last: datetime | None


def silent_sources(organization: Organization, version: RuleVersion) -> list[Silent]:
    """The kinds that a rule counts and that have gone quiet."""
    try:
        names = criteria.kinds_named(criteria.parse(version.definition)) or set()
    except criteria.Invalid:
        return []
    kinds = dict(Kind.objects.filter(organization=organization, name__in=names).values_list("name", "pk"))
    found = [Silent(name, _last(organization, kinds.get(name))) for name in sorted(names)]
    return [one for one in found if one.last is None or one.last < now() - SILENCE]


def _last(organization: Organization, kind: int | None) -> datetime | None:
    if kind is None:
        return None
    own = Activity.objects.filter(
        organization=organization, kind=kind, voided_at=None, occurred_at__lte=now()
    )
    last: datetime | None = own.aggregate(last=Max("occurred_at"))["last"]
    return last


def open_floods(person: Person) -> list[Flood]:
    """For those who define badges: the rules that were stopped for somebody to look."""
    if not person.can(Capability.MANAGE_BADGES):
        return []
    floods = Flood.objects.filter(organization=person.organization_id, decided_at=None)
    return list(floods.select_related("rule__badge", "organization"))
