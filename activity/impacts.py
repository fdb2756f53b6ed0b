"""What an item is said to bring besides its yearly saving."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from activity.crediting import discredit_impact
from activity.kinds import saving_unit_of
from activity.models import ImpactKind, Said, SentBack, Verification, WorkItem
from people.clock import now

Impacts = Mapping[ImpactKind, Said | None]  # by kind, what is said of it; None: nothing


def impact_differences(
    item: WorkItem, said: Impacts, name: str = "impacts"
) -> dict[str, dict[str, list[str]]]:
    """For the item's history: by kind's name, what stood there and what is to, in words.

    `name` may also be `expectations`.
    """
    stands, currency = _standing(getattr(item, name)), saving_unit_of(item.organization)
    changes = {
        kind.name: [kind.in_words(one, currency) for one in (stands.get(kind.pk), new)]
        for kind, new in said.items()
        if stands.get(kind.pk) != new
    }
    return {name: changes} if changes else {}


def put_impacts(item: WorkItem, said: Impacts) -> None:
    """The item says so from now on. What is gone counts no more; words that are other words need another look."""
    stands = _standing(item.impacts)
    for kind, new in said.items():
        if stands.get(kind.pk) == new:
            continue
        if new is not None:
            settle(item, kind)
        _put(item.impacts, kind, new)
        if new is None or not kind.has_figure:
            item.verifications.filter(kind=kind, withdrawn_at=None).update(withdrawn_at=now())
            discredit_impact(item, kind)


def put_expectations(item: WorkItem, said: Impacts) -> None:
    """The item is expected to bring so much from now on."""
    for kind, new in said.items():
        _put(item.expectations, kind, new)


@dataclass(frozen=True)
class Told:
    """What an item is expected and said to bring of a kind, and what second persons found, in words."""

    kind: ImpactKind
    expected: str
    said: str
    found: list[tuple[Verification, str]]

    @property
    def stands(self) -> bool:
        return any(row.withdrawn_at is None for row, _ in self.found)


def impacts_told(item: WorkItem, looked_at: Iterable[Verification], currency: str) -> list[Told]:
    """In the organization's order; also what is said no more, where somebody looked at it."""
    said = {impact.kind: impact.said for impact in item.impacts.select_related("kind")}
    expected = {one.kind: one.said for one in item.expectations.select_related("kind")}
    found: dict[ImpactKind, list[tuple[Verification, str]]] = defaultdict(list)
    for row in looked_at:
        if row.kind:
            found[row.kind].append((row, row.in_words(currency)))
    kinds = sorted({*expected, *said, *found}, key=lambda kind: (kind.position, kind.pk))

    def words(what: dict[ImpactKind, Said], kind: ImpactKind) -> str:
        return kind.in_words(what.get(kind), currency)

    return [Told(kind, words(expected, kind), words(said, kind), found[kind]) for kind in kinds]


def said_of(item: WorkItem, kind: ImpactKind | None) -> Said | None:
    """What the item says now, of a kind or of its yearly saving."""
    if kind is None:
        return item.impact
    found = item.impacts.filter(kind=kind).first()
    return found.said if found else None


def sent_back_of(item: WorkItem, kind: ImpactKind | None) -> SentBack | None:
    """What is to be reported anew, of a kind or of its yearly saving."""
    found: SentBack | None = item.sent_back.filter(kind=kind, settled_at=None).select_related("by").first()
    return found


def settle(item: WorkItem, kind: ImpactKind | None) -> None:
    """What was sent back of it is reported anew, or taken back."""
    item.sent_back.filter(kind=kind, settled_at=None).update(settled_at=now())


def _standing(rows: Any) -> dict[int, Said]:
    return {row.kind_id: row.said for row in rows.all()}


def _put(rows: Any, kind: ImpactKind, said: Said | None) -> None:
    """Of an item's impacts, or its expectations."""
    if said is None:
        rows.filter(kind=kind).delete()
        return
    told = {"amount": said} if kind.has_figure else {"words": said}
    rows.update_or_create(organization=kind.organization, kind=kind, defaults=told)
