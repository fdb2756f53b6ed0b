"""What a board's cards show, all of them read together."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Count, QuerySet
from django.urls import reverse

from activity import listing as work
from activity.listing import step_at, work_items
from activity.models import ItemKind, ItemState, WorkItem
from badges.models import Award
from boards.asked import Asked, asked_of
from boards.columns import Table, tables
from boards.filters import Filters, filters_of, named
from boards.models import Board, Card, CardKind, CardStatus, CardWhose, CardWidth, Order
from boards.orders import listed
from boards.queries import HowMany, found
from people.clock import now
from people.models import Person

SIDE_BY_SIDE = 2  # with more columns, a card takes the board's whole width
RECENTLY = timedelta(days=90)
YOURS = {CardWhose.MINE.value: "yours", CardWhose.TEAM.value: "your team's"}
OPEN = (ItemState.SUBMITTED, ItemState.STARTED)


@dataclass(frozen=True)
class Shown:
    """A card with what is on it: people in a `table`, or `awards`, or `items` of work; words are its own."""

    card: Card
    filters: Filters
    table: Table = field(default_factory=lambda: Table([], []))
    count: HowMany = field(default_factory=lambda: HowMany(0))
    awards: Sequence[Award] = ()
    items: Sequence[WorkItem] = ()
    of_work: Sequence[str] = ()

    @property
    def width(self) -> str:
        if self.card.width == CardWidth.FITTING:
            return "w6" if len(self.table.columns) <= SIDE_BY_SIDE else "w12"
        return "w6" if self.card.width == CardWidth.HALF else "w12"

    @property
    def template(self) -> str:
        return f"boards/cards/{self.card.kind}.html"

    @property
    def words(self) -> list[str]:
        """What narrows the card, in words."""
        if self.card.kind == CardKind.AWARDS:
            return [*replace(self.filters, badges=()).words, *map(named, self.filters.badges)]
        if self.card.saved is None:
            return [*self.filters.words, *self.of_work]
        own = filters_of(self.card)
        status = own.status if own.status == CardStatus.LEFT else CardStatus.ACTIVE
        return [f"list {self.card.saved.name}", *replace(own, status=status).words]

    @property
    def address(self) -> str:
        """The query string of the People page that asks for the same, in the same columns and order."""
        columns = [column.name for column in self.table.columns]
        return Asked(self.filters, Order(self.card.order), columns, unknown=False).address

    @property
    def people_url(self) -> str:
        return f"{reverse('people:list', args=[self.card.organization.slug])}?{self.address}"

    @property
    def work_url(self) -> str:
        """The list of all the work that the card is about; "" for a team's, which no list is asked for."""
        if self.card.work_of == CardWhose.TEAM:
            return ""
        asked = {
            "show": "mine" if self.card.work_of == CardWhose.MINE else "",
            "kind": self.card.work_kind,
            "state": self.card.work_state or "open",
            "location": self.card.location_id,
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        return f"{reverse('activity:list', args=[self.card.organization.slug])}?{query}"

    @property
    def bulk_url(self) -> str:
        """Where a bulk edit of everybody in the card begins."""
        address = reverse("people:bulk", args=[self.card.organization.slug])
        return f"{address}?{self.filters.query().urlencode()}"


def boards_with_cards(viewer: Person) -> QuerySet[Board]:
    """All boards, by title; `card_count` says how many cards are on each."""
    boards = Board.objects.visible_to(viewer).select_related("made_by")
    found: QuerySet[Board] = boards.annotate(card_count=Count("cards")).order_by("title", "pk")
    return found


def cards_of(board: Board) -> QuerySet[Card]:
    cards = board.cards.select_related("location", "badge", "without", "saved")
    found: QuerySet[Card] = cards.order_by("position", "pk")
    return found


def shown(cards: Sequence[Card], viewer: Person) -> list[Shown]:
    """Each card with what is on it: a few queries a card, and one a column for all cards together."""
    of_people = iter(_with_people([card for card in cards if card.kind == CardKind.PEOPLE], viewer))
    return [next(of_people) if card.kind == CardKind.PEOPLE else _other(card, viewer) for card in cards]


def _with_people(cards: Sequence[Card], viewer: Person) -> list[Shown]:
    filters = [asked_of(card, viewer) for card in cards]
    everybody = [found(viewer, one) for one in filters]
    people = [
        listed(all_of_it, Order(card.order), viewer, card.rows)
        for card, (all_of_it, _) in zip(cards, everybody, strict=True)
    ]
    columns = [card.columns for card in cards]
    filled = tables(list(zip(people, columns, strict=True)), viewer)
    counts = [count for _, count in everybody]
    return [Shown(*parts) for parts in zip(cards, filters, filled, counts, strict=True)]


def _other(card: Card, viewer: Person) -> Shown:
    if card.kind == CardKind.AWARDS:
        return Shown(card, filters_of(card), awards=recent_awards(card, viewer))
    if card.kind == CardKind.WORK:
        return _with_work(card, viewer)
    return Shown(card, filters_of(card))


def recent_awards(card: Card, viewer: Person) -> list[Award]:
    """What was given in the last ninety days and stands, newest first."""
    awards = Award.objects.visible_to(viewer).standing().listed_to(viewer).filter(person__left_on=None)
    awards = awards.filter(starts_at__gte=now() - RECENTLY, starts_at__lte=now())
    if card.location:
        awards = awards.filter(person__location__in=card.location.subtree_ids())
    if card.badge:
        awards = awards.filter(badge=card.badge)
    awards = awards.with_praise(viewer).select_related("badge", "person")
    return list(awards.order_by("-starts_at", "-pk")[: card.rows])


def _with_work(card: Card, viewer: Person) -> Shown:
    """What is submitted or in progress, newest first."""
    step = step_at(card.work_state)
    state = ItemState(card.work_state) if card.work_state in OPEN else None
    asked = work.Filters(kind=card.work_kind, state=state or "open", step=step, location=card.location)
    items = work_items(viewer, replace(asked, show="mine" if card.work_of == CardWhose.MINE else ""))
    if card.work_of == CardWhose.TEAM:
        items = items.of_people(Person.objects.visible_to(viewer).filter(manager=viewer))  # type: ignore[attr-defined]
    said = [f"{ItemKind(card.work_kind).label.lower()}s"] if card.work_kind else []
    said += [step.name] if step else [state.label.lower()] if state else []
    said += [YOURS[card.work_of]] if card.work_of else []
    return Shown(card, filters_of(card), items=list(items[: card.rows]), of_work=said)
