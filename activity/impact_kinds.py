"""What work may bring besides its yearly saving: the kinds of impact that an organization names."""

from typing import NamedTuple

from django.db import transaction
from django.db.models import Q

from activity.kinds import free_name
from activity.models import ImpactKind, Kind, Measure, WorkItem
from people.audit import note
from people.changes import Refused
from people.locks import one_at_a_time
from people.models import Organization, Person
from people.rows import shift_row

MOST_ACTIVE = 10


class Usual(NamedTuple):
    name: str
    measure: Measure
    unit: str = ""
    yearly: bool = False


# What an organization begins with.
USUAL = (
    Usual("One-time saving", Measure.MONEY),
    Usual("Time saved", Measure.NUMBER, "hours", yearly=True),
    Usual("Safety", Measure.WORDS),
    Usual("Quality", Measure.WORDS),
    Usual("Satisfaction", Measure.WORDS),
)


def impact_kinds() -> list[ImpactKind]:
    return list(ImpactKind.objects.select_related("writes"))


def kinds_for(item: WorkItem) -> list[ImpactKind]:
    """What is asked of an item: the kinds in use, and what it was said to bring already."""
    asked = ImpactKind.objects.filter(Q(is_active=True) | Q(pk__in=item.impacts.values("kind")))
    return list(asked.select_related("writes"))


def kinds_expected_of(item: WorkItem | None) -> list[ImpactKind]:
    """Of which it is asked what work is expected to bring, and what the item was expected to already."""
    asked = Q(is_active=True, asks_expected=True)
    if item:
        asked |= Q(pk__in=item.expectations.values("kind"))
    return list(ImpactKind.objects.filter(asked))


@transaction.atomic
def begin_impacts(*, organization: Organization) -> None:
    """The usual kinds, in an organization that has none yet."""
    if not _locked(organization):
        for position, usual in enumerate(USUAL):
            _make(organization, position, *usual)


@transaction.atomic
def add_impact_kind(
    *, name: str, measure: Measure, unit: str, yearly: bool, by: Person, asks_expected: bool = False
) -> ImpactKind:
    """A further kind, after those that are there."""
    kinds = _locked(by.organization)
    _refuse_twin(kinds, name)
    _refuse_many(kinds)
    kind = _make(by.organization, len(kinds), name, measure, unit, yearly, asks_expected)
    note(by, "impact.added", kind, measure=measure, unit=unit, yearly=yearly, asks_expected=asks_expected)
    return kind


@transaction.atomic
def edit_impact_kind(
    *,
    kind: ImpactKind,
    name: str,
    unit: str,
    yearly: bool,
    is_active: bool,
    by: Person,
    asks_expected: bool = False,
) -> None:
    """Figures that are there already are not converted. What is not in use is asked of no further work."""
    others = [other for other in _locked(by.organization) if other.pk != kind.pk]
    _refuse_twin(others, name)
    if is_active:
        _refuse_many(others)
    said = {
        "name": name, "unit": unit, "yearly": yearly, "asks_expected": asks_expected, "is_active": is_active
    }  # fmt: skip
    before = {field: getattr(kind, field) for field in said}
    if before == said:
        return
    for field, value in said.items():
        setattr(kind, field, value)
    kind.save(update_fields=[*said])
    Kind.objects.filter(pk=kind.writes_id).update(label=label_of(name), unit=unit)
    changed = {field for field in said if before[field] != said[field]}
    note(
        by, "impact.edited", kind,
        before={field: before[field] for field in changed}, after={field: said[field] for field in changed},
    )  # fmt: skip


@transaction.atomic
def shift_impact_kind(*, kind: ImpactKind, by: int) -> None:
    """Earlier or later by so many places; beyond the ends nothing happens."""
    shift_row(_locked(kind.organization), kind.pk, by)


def label_of(name: str) -> str:
    """What rules and records call a verified impact of that name."""
    return f"{name}, verified"


def _locked(organization: Organization) -> list[ImpactKind]:
    """The kinds in order, nobody else changing them meanwhile."""
    one_at_a_time("kinds of impact", organization.pk)
    return list(ImpactKind.objects.filter(organization=organization))


def _make(
    organization: Organization, position: int, name: str, measure: Measure, unit: str, yearly: bool,
    asks_expected: bool = False,
) -> ImpactKind:  # fmt: skip
    writes = Kind.objects.create(
        organization=organization,
        name=free_name("impact", name),
        label=label_of(name),
        expects_value=measure != Measure.WORDS,
        unit=unit,
    )
    return ImpactKind.objects.create(
        organization=organization,
        name=name,
        measure=measure,
        unit=unit,
        yearly=yearly,
        asks_expected=asks_expected,
        position=position,
        writes=writes,
    )


def _refuse_twin(kinds: list[ImpactKind], name: str) -> None:
    if name.casefold() in {kind.name.casefold() for kind in kinds}:
        raise Refused("There is a kind of that name already.")


def _refuse_many(others: list[ImpactKind]) -> None:
    if sum(kind.is_active for kind in others) >= MOST_ACTIVE:
        raise Refused(f"At most {MOST_ACTIVE} kinds are in use. Set one aside first.")
