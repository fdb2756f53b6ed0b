"""The kinds of activity that an organization knows, and what it calls them."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import OuterRef, QuerySet

from activity.crediting import COMPLETION, OWN_KINDS, VERIFIED
from activity.models import ItemKind, Kind
from people.audit import note
from people.changes import Refused
from people.models import Organization, Person

# Kinds that most organizations bring in from elsewhere.
COMMON = {"training.completed", "feedback.received"}
# Lapel's own that carry what an item saves.
WITH_VALUE = {*VERIFIED.values(), COMPLETION[ItemKind.IMPROVEMENT], COMPLETION[ItemKind.PROJECT]}


@dataclass(frozen=True)
class Known:
    """A kind as it is listed; Lapel's own are known before the first of them was written."""

    kind: Kind
    own: bool

    @property
    def unnamed(self) -> bool:
        return not self.own and not self.kind.label


def known_kinds(organization: Organization) -> list[Known]:
    """Those without a name first, then the organization's, then Lapel's own; each by name."""
    rows = {kind.name: kind for kind in Kind.objects.filter(organization=organization)}
    for name in OWN_KINDS - rows.keys():
        rows[name] = _to_be(organization, name)
    known = [_known(kind) for kind in rows.values()]
    return sorted(known, key=lambda one: (not one.unnamed, one.own, one.kind.name))


def known_kind(organization: Organization, name: str) -> Known | None:
    row = Kind.objects.filter(organization=organization, name=name).first()
    if row is None and name in OWN_KINDS:
        row = _to_be(organization, name)
    return _known(row) if row else None


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


def _to_be(organization: Organization, name: str) -> Kind:
    return Kind(organization=organization, name=name)


def _known(kind: Kind) -> Known:
    """Of Lapel's own kinds it is settled which have a value."""
    own = kind.name in OWN_KINDS
    kind.expects_value = kind.name in WITH_VALUE if own else kind.expects_value
    return Known(kind, own)


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
