"""The kinds of activity that an organization knows, and what it calls them."""

from dataclasses import dataclass
from itertools import count

from django.db import transaction
from django.db.models import OuterRef, QuerySet
from django.utils.text import slugify

from activity.crediting import COMPLETION, OWN_KINDS, VERIFIED
from activity.models import ImpactKind, ItemKind, Kind
from people.audit import note
from people.changes import Refused
from people.models import Organization, Person

# Kinds that most organizations bring in from elsewhere.
COMMON = {"training.completed", "feedback.received"}
LONGEST_STEM = 50  # of a kind's name, which may have 60
# Lapel's own that carry what an item saves.
WITH_VALUE = {*VERIFIED.values(), COMPLETION[ItemKind.IMPROVEMENT], COMPLETION[ItemKind.PROJECT]}


@dataclass(frozen=True)
class Known:
    """A kind as it is listed; Lapel's own are known before the first of them was written."""

    kind: Kind
    own: bool
    impact_id: int | None = None  # the kind of impact whose verification writes it

    @property
    def unnamed(self) -> bool:
        return not self.own and not self.kind.label


def known_kinds(organization: Organization) -> list[Known]:
    """Those without a name first, then the organization's, then Lapel's own; each by name."""
    rows = {kind.name: kind for kind in Kind.objects.filter(organization=organization)}
    for name in OWN_KINDS - rows.keys():
        rows[name] = _to_be(organization, name)
    impacts = dict(ImpactKind.objects.filter(organization=organization).values_list("writes", "pk"))
    known = [_known(kind, impacts.get(kind.pk)) for kind in rows.values()]
    return sorted(known, key=lambda one: (not one.unnamed, one.own, one.kind.name))


def known_kind(organization: Organization, name: str) -> Known | None:
    row = Kind.objects.filter(organization=organization, name=name).first()
    if row is None and name in OWN_KINDS:
        row = _to_be(organization, name)
    if row is None:
        return None
    return _known(row, ImpactKind.objects.filter(writes=row.pk).values_list("pk", flat=True).first())


def saving_unit(organization: Organization | OuterRef) -> QuerySet[Kind, str]:
    """What the kinds that carry savings say that these are counted in, in place of the currency; at most one row."""
    named = Kind.objects.filter(organization=organization, name__in=WITH_VALUE).exclude(unit="")
    return named.order_by("name").values_list("unit", flat=True)[:1]


def saving_unit_of(organization: Organization) -> str:
    """In what savings are counted: what their kinds say, else the organization's currency; "" where nobody said."""
    return saving_unit(organization).first() or organization.currency


def kinds_to_choose(organization: Organization) -> dict[str, str]:
    """By name, what each is called: all that have been, that Lapel writes, and that are common elsewhere."""
    rows = {kind.name: str(kind) for kind in Kind.objects.filter(organization=organization)}
    return {name: rows.get(name) or str(Kind(name=name)) for name in sorted({*rows, *OWN_KINDS, *COMMON})}


def kinds_of_steps(organization: Organization) -> dict[str, str]:
    """The same for the organization's own steps: without those that Lapel or a verification writes."""
    known = kinds_to_choose(organization)
    verified = ImpactKind.objects.filter(organization=organization).values_list("writes__name", flat=True)
    written = OWN_KINDS.union(verified)
    return {name: label for name, label in known.items() if name not in written}


def _to_be(organization: Organization, name: str) -> Kind:
    return Kind(organization=organization, name=name)


def _known(kind: Kind, impact_id: int | None) -> Known:
    """Of Lapel's own kinds it is settled which have a value."""
    own = kind.name in OWN_KINDS
    kind.expects_value = kind.name in WITH_VALUE if own else kind.expects_value
    return Known(kind, own, impact_id)


@transaction.atomic
def add_kind(*, name: str, label: str, expects_value: bool, unit: str, by: Person) -> Kind:
    """A kind of the organization's own, before the first of it arrives."""
    if name in OWN_KINDS or Kind.objects.filter(organization=by.organization, name=name).exists():
        raise Refused(
            "There is a kind of that name already. Choose it in the list above to change what people read."
        )
    return _put(name, label, expects_value, unit, by)


@transaction.atomic
def edit_kind(*, name: str, label: str, expects_value: bool, unit: str, by: Person) -> Kind:
    """What it is called. Its name stays, because rules and sources know it by that."""
    return _put(name, label, expects_value, unit, by)


def _put(name: str, label: str, expects_value: bool, unit: str, by: Person) -> Kind:
    said = {"label": label, "expects_value": expects_value, "unit": unit if expects_value else ""}
    kind, _ = Kind.objects.update_or_create(organization=by.organization, name=name, defaults=said)
    note(by, "kind.named", name, **said)
    return kind


def free_name(area: str, label: str) -> str:
    """A dotted name that nothing has yet: "Tried out", of improvements, is `improvement.tried_out`."""
    words = slugify(label).replace("-", "_").strip("_") or "kind"
    stem = f"{area}.{words if words[0].isalpha() else f'kind_{words}'}"[:LONGEST_STEM]
    taken = {*OWN_KINDS, *Kind.objects.filter(name__startswith=stem).values_list("name", flat=True)}
    further = (f"{stem}_{number}" for number in count(2))
    return stem if stem not in taken else next(name for name in further if name not in taken)
