"""What becomes of a row, in words that hold before and after: the page of an import shows the first ones."""

from collections.abc import Mapping
from typing import Any

from activity.actions import Delivery
from activity.models import Kind
from badges.granting import HandGrant
from badges.planning import Do
from people.bulk import PersonRow

MOST = 50
LABELS = {
    "name": "name",
    "email": "address",
    "title": "title",
    "location": "location",
    "joined_on": "joined",
    "manager": "manager",
}
DEEDS = {Do.GIVE: "given", Do.RENEW: "renewed", Do.HELD: "as it was"}


def of_person(before: dict[str, Any] | None, person: PersonRow) -> str:
    """`before` has the fields of a `PersonRow`; None where nobody has the external id."""
    after = {name: getattr(person, name) for name in LABELS}
    if before is None:
        said = [f"{LABELS[name]} {value}" for name, value in after.items() if value and name != "name"]
        return "; ".join(["New", *said])
    moves = [
        f"{LABELS[name]} {before[name] or 'none'} → {value or 'none'}"
        for name, value in after.items()
        if (before[name] or "") != (value or "")
    ]
    return "; ".join(moves)


def of_activity(delivery: Delivery, kinds: Mapping[str, Kind]) -> str:
    """`kinds` are those that the organization knows, by name."""
    kind = kinds.get(delivery.kind) or Kind(name=delivery.kind)
    value = f", {delivery.value} {kind.unit}".rstrip() if delivery.value is not None else ""
    return f"{kind} as {delivery.role}, {delivery.occurred_at:%Y-%m-%d %H:%M} UTC{value}"


def of_grant(grant: HandGrant, do: Do) -> str:
    return f"{grant.badge.name}: {DEEDS[do]}"
