"""Grace: what its person still sees of a badge whose time is over, and what keeps it then.

An award is over at its end, for `holds`, counts and history. For as long as the rule version that gave it grants
grace, its person sees it marked as lapsing, and is not told of a loss; a hit in that time reads to them as kept. All of
this is read off the awards and the rules' texts: nothing is stored of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Exists, F, Func, OuterRef, Subquery, TextField, Value
from django.db.models.fields.json import KT

from badges.models import Award, Badge, BadgeState, EndedWhy, Origin
from people.clock import now
from people.models import Organization, Person
from rules.models import RuleVersion

NATURALLY = (EndedWhy.EXPIRED, EndedWhy.LAPSED)


@dataclass(frozen=True)
class Lapsing:
    """An award that is over, which its person can still keep until an instant."""

    award: Award
    until: datetime

    @property
    def badge(self) -> Badge:
        return self.award.badge

    @property
    def can_be_kept(self) -> bool:
        return self.badge.state == BadgeState.ACTIVE


def lapsing(person: Person) -> list[Lapsing]:
    """What is in grace now, of badges that the person does not hold again; nearest to its end first. One query."""
    return [Lapsing(award, award.kept_until) for award in _lapsing(person)]


def lapsing_award(award: Award) -> Lapsing | None:
    """The same of one award."""
    found = _lapsing(award.person).filter(pk=award.pk).first()
    return Lapsing(found, found.kept_until) if found else None


def _lapsing(person: Person) -> Any:
    awards = with_grace(Award.objects.all(), person.organization)
    return (
        awards.exclude(badge__state=BadgeState.WITHDRAWN)
        .filter(~Exists(Award.objects.standing().filter(badge=OuterRef("badge"), person=person)))
        .filter(person=person, kept_until__gt=now())
        .select_related("badge")
        .order_by("kept_until", "pk")
    )


def with_grace(awards: Any, organization: Organization) -> Any:
    """Awards by rule that ended by themselves with grace, each with `kept_until`, the instant at which that is over."""
    over = awards.filter(origin=Origin.RULE, ended_why__in=NATURALLY)
    return over.annotate(kept_until=LocallyLater(F("ended_at"), _grace(), Value(organization.zone))).filter(
        kept_until__isnull=False
    )


def in_grace(award: str, organization: Organization) -> Exists:
    """Of rows whose column `award` names one: whether it is over, and its grace is not."""
    own = with_grace(Award.objects.filter(pk=OuterRef(award)), organization)
    return Exists(own.filter(kept_until__gt=now()))


def kept_by_another(award: str, organization: Organization) -> Exists:
    """Whether an award began in the grace of the one that is named: to its person it was never lost."""
    lost = with_grace(Award.objects.filter(pk=OuterRef(OuterRef(award))), organization)
    later = Award.objects.filter(
        badge=OuterRef(f"{award}__badge"), person=OuterRef(f"{award}__person"), origin=Origin.RULE
    )
    meanwhile = lost.filter(ended_at__lte=OuterRef("starts_at"), kept_until__gte=OuterRef("starts_at"))
    return Exists(later.exclude(pk=OuterRef(award)).filter(Exists(meanwhile)))


def followed(award: str, organization: Organization) -> Any:
    """Awards in whose grace the one began that a row's column `award` names."""
    earlier = Award.objects.filter(badge=OuterRef(f"{award}__badge"), person=OuterRef(f"{award}__person"))
    starts = OuterRef(f"{award}__starts_at")
    found = with_grace(earlier, organization).filter(ended_at__lte=starts, kept_until__gte=starts)
    return found.exclude(pk=OuterRef(award))


def grace_of(award: Award) -> str:
    """How long the grace is that the award will have, as the version that gave it says; "" for none."""
    return (
        Award.objects.filter(pk=award.pk, origin=Origin.RULE).values_list(_grace(), flat=True).first() or ""
    )


def _grace() -> Subquery:
    version = RuleVersion.objects.filter(rule__badge=OuterRef("badge"), number=OuterRef("rule_version"))
    return Subquery(version.order_by().values(said=KT("definition__retention__grace"))[:1], TextField())


class LocallyLater(Func):
    """An instant and a duration later, reckoned on local time in a zone, as everywhere in rules."""

    output_field = DateTimeField()

    def as_sql(self, compiler: Any, connection: Any, *_: Any, **extra: Any) -> tuple[str, Any]:
        (at, of_at), (duration, of_duration), (zone, of_zone) = map(compiler.compile, self.source_expressions)
        text = f"(({at} AT TIME ZONE {zone} + ({duration})::interval) AT TIME ZONE {zone})"
        return text, (*of_at, *of_zone, *of_duration, *of_zone)
