"""What lists and boards of work show: what was asked for, which items that is, and what they save together."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum, Window
from django.db.models.functions import RowNumber
from django.http import QueryDict

from activity.impact_kinds import impact_kinds
from activity.models import (
    STATE_WORDS,
    STEPPED,
    Expectation,
    Impact,
    ImpactKind,
    ItemKind,
    ItemState,
    Step,
    Verification,
    WorkItem,
)
from activity.moving import CLOSED, OPEN, Moving
from activity.waiting import waiting_for
from people.figures import amount
from people.models import Location, Person
from people.roles import Capability

A_LANE = 10  # cards of a column, the rest behind a link
ROLES = {"author": "as author", "leader": "as leader", "team": "in the team"}
SORTS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "title": "By title",
    "completed": "Last completed first",
    "verified": "Most verified first",
    "expected": "Most expected first",
}
_ORDERS: dict[str, list[Any]] = {
    "newest": ["-number"],
    "oldest": ["number"],
    "title": ["title", "-number"],
    "completed": [F("completed_at").desc(nulls_last=True), "-number"],
    "verified": [F("verified").desc(nulls_last=True), "-number"],
    "expected": [F("foreseen").desc(nulls_last=True), "-number"],
}
_TOTAL: dict[str, frozenset[str]] = {"open": OPEN, "closed": CLOSED}


@dataclass(frozen=True)
class Filters:
    """What is shown. `unknown` says that something was named that is not there, and so narrows nothing."""

    show: str = ""
    kind: str = ""
    state: str = ""
    step: Step | None = None
    location: Location | None = None
    person: str = ""
    role: str = ""
    text: str = ""
    sort: str = "newest"
    figure: ImpactKind | None = None  # what is shown and ordered by, in place of the yearly saving
    unknown: bool = False

    @property
    def narrow(self) -> bool:
        return self != Filters(show=self.show, sort=self.sort, figure=self.figure, unknown=self.unknown)


def filters_from(asked: QueryDict, reader: Person) -> Filters:
    """The filters that an address names. A state may be one, `open`, `closed`, or an own step by its number."""
    kind, state, role, sort = (asked.get(name, "") for name in ("kind", "state", "role", "sort"))
    shows = {"mine", "waiting", *(["verify"] if reader.can(Capability.VERIFY_IMPACT) else [])}
    show, place, figure = (asked.get(name, "") for name in ("show", "location", "figure"))
    filters = Filters(
        show=show if show in shows else "",
        kind=kind if kind in ItemKind.values else "",
        state=state if state in {*ItemState.values, *_TOTAL} else "",
        step=step_at(state),
        location=_location(place, reader),
        person=_words(asked, "person"),
        role=role if role in ROLES else "",
        text=_words(asked, "q"),
        sort=sort if sort in SORTS else "newest",
        figure=_figure(figure),
    )
    stands = filters.state or filters.step
    known = [filters.show, filters.kind, stands, filters.location, filters.role, filters.figure]
    named = [show, kind, state, place, role, figure]
    unknown = any(one and not other for one, other in zip(named, known, strict=True))
    return replace(filters, unknown=unknown or sort not in {"", *SORTS})


def _figure(text: str) -> ImpactKind | None:
    number = _number(text)
    return next((kind for kind in figures() if kind.pk == number), None) if number else None


def figures() -> list[ImpactKind]:
    """The kinds of impact that have figures, besides the yearly saving."""
    return [kind for kind in impact_kinds() if kind.has_figure]


def step_at(state: str) -> Step | None:
    """An own step, as filters name it."""
    number = _number(state.removeprefix("step-"))
    found: Step | None = Step.objects.filter(pk=number).first() if number else None
    return found


def _words(asked: QueryDict, name: str) -> str:
    return asked.get(name, "").replace("\0", "").strip()[:100]


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _location(text: str, reader: Person) -> Location | None:
    number = _number(text)
    return Location.objects.visible_to(reader).filter(pk=number).first() if number else None


def work_items(reader: Person, filters: Filters) -> QuerySet[WorkItem]:
    """The items that a reader may see and asked for, each with `verified`, what stands verified of the figure."""
    items = with_verified(WorkItem.objects.visible_to(reader), filters.figure)
    if filters.sort == "expected":
        items = items.annotate(foreseen=_foreseen(filters.figure))
    match filters.show:
        case "mine":
            items = items.involving(reader)
        case "waiting":
            items = items.filter(pk__in=waiting_for(Moving(reader)))
        case "verify":
            items = items.to_verify(reader)
    if filters.kind:
        items = items.filter(kind=filters.kind)
    if filters.state:
        items = items.filter(state__in=_TOTAL.get(filters.state, {filters.state}))
    else:
        items = items.exclude(state=ItemState.VOIDED)
    if filters.step:
        items = items.filter(step=filters.step)
    if filters.location:
        items = items.filter(location__in=filters.location.subtree_ids())
    if filters.person:
        colleagues = Person.objects.visible_to(reader)
        named = colleagues.search(filters.person) | colleagues.filter(external_id=filters.person)
        items = items.of_people(named, filters.role)
    ordered: QuerySet[WorkItem] = items.search(filters.text).order_by(*_ORDERS[filters.sort])
    return ordered


def with_verified(items: Any, figure: ImpactKind | None = None) -> Any:
    """The items with whom and what a line tells of, and how much stands verified: of the saving, or of a kind."""
    told = items.select_related("author", "leader", "location")
    return told.annotate(verified=_verified(figure))


def _verified(figure: ImpactKind | None) -> Any:
    stands: Any = Verification.objects.filter(item=OuterRef("pk"), kind=figure, withdrawn_at=None)
    return Subquery(stands.values("value")[:1])


def _foreseen(figure: ImpactKind | None) -> Any:
    if figure is None:
        return F("expected")
    expected: Any = Expectation.objects.filter(item=OuterRef("pk"), kind=figure)
    return Subquery(expected.values("amount")[:1])


@dataclass(frozen=True)
class Saving:
    """One bar: what it is called, how much, and how long it is beside the longest."""

    label: str
    value: Decimal
    percent: int


def savings(expected: Decimal | None, reported: Decimal | None, verified: Decimal | None) -> list[Saving]:
    """What was expected, reported and verified, side by side; nothing where nobody said anything."""
    said = {"As expected": expected, "As reported": reported, "Verified": verified}
    known = {label: value for label, value in said.items() if value is not None}
    most = max([*known.values(), Decimal(1)])
    return [Saving(label, value, round(100 * value / most)) for label, value in known.items()]


def savings_of(items: QuerySet[WorkItem]) -> list[Saving]:
    """The same for all the items together."""
    sums: Any = (
        items.annotate(verified=_verified(None))
        .order_by()
        .aggregate(all_expected=Sum("expected"), all_reported=Sum("impact"), all_verified=Sum("verified"))
    )
    return savings(sums["all_expected"], sums["all_reported"], sums["all_verified"])


@dataclass(frozen=True)
class Brought:
    """What items bring of a kind together, in words: figures added up, or how many items it is of."""

    kind: ImpactKind
    expected: str
    reported: str
    verified: str


def brought_by(items: QuerySet[WorkItem], currency: str) -> list[Brought]:
    """By kind of impact, of those of which something is said; four queries, whatever there is."""
    among: Any = items.order_by().values("pk")
    verified = Verification.objects.filter(item__in=among, kind__isnull=False, withdrawn_at=None)
    expected_of = _totals(Expectation.objects.filter(item__in=among), "amount")
    reported_of = _totals(Impact.objects.filter(item__in=among), "amount")
    verified_of = _totals(verified.exclude(value=0), "value")

    def told(kind: ImpactKind, total: tuple[Decimal | None, int] | None) -> str:
        if total is None:
            return ""
        figure, count = total
        return kind.in_words(figure, currency) or amount(Decimal(count), "item" if count == 1 else "items")

    return [
        Brought(
            kind, *(told(kind, totals.get(kind.pk)) for totals in (expected_of, reported_of, verified_of))
        )
        for kind in impact_kinds()
        if kind.pk in {*expected_of, *reported_of, *verified_of}
    ]


def _totals(rows: Any, figure: str) -> dict[int, tuple[Decimal | None, int]]:
    found = rows.order_by().values_list("kind").annotate(total=Sum(figure), count=Count("pk"))
    return {kind: (total, count) for kind, total, count in found}


def steps_by_kind() -> list[tuple[str, list[Step]]]:
    """An organization's own steps, for a choice of states."""
    found = list(Step.objects.all())
    groups = [(str(kind.label), [step for step in found if step.kind == kind]) for kind in STEPPED]
    return [(label, steps) for label, steps in groups if steps]


@dataclass
class Lane:
    """A column of the board: a state or an own step, the most recent of its items, and how many there are."""

    key: str
    name: str
    step: Step | None
    items: list[WorkItem]
    count: int = 0


def lanes(reader: Person, filters: Filters) -> list[Lane]:
    """The board of one kind, in the order in which work goes; four queries, whatever there is."""
    found = work_items(reader, replace(filters, sort="newest")).exclude(state=ItemState.VOIDED)
    where = [F("state"), F("step_id")]
    placed = found.prefetch_related("team").annotate(
        place=Window(RowNumber(), partition_by=where, order_by="-number")
    )
    board = {lane.key: lane for lane in _empty_lanes(filters.kind)}
    for item in placed.filter(place__lte=A_LANE):
        board[_lane_of(item.state, item.step_id)].items.append(item)
    for state, step, count in found.order_by().values_list("state", "step").annotate(n=Count("pk")):
        board[_lane_of(state, step)].count = count
    return list(board.values())


def _lane_of(state: str, step_id: int | None) -> str:
    return f"step-{step_id}" if step_id else state


def _empty_lanes(kind: str) -> Iterable[Lane]:
    """An event is never under way."""
    left_out = {ItemState.VOIDED, *([ItemState.STARTED] if kind == ItemKind.EVENT else [])}
    for state in ItemState:
        if state in left_out:
            continue
        yield Lane(state.value, STATE_WORDS.get((kind, state.value), str(state.label)), None, [])
        if state == ItemState.STARTED:
            for step in Step.objects.filter(kind=kind):
                yield Lane(f"step-{step.pk}", step.name, step, [])
