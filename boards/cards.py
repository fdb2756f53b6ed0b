"""What a board's cards show, all of them read together."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.urls import reverse

from badges.models import BadgeState
from boards.columns import Table, tables
from boards.filters import filters_of, matching
from boards.models import Board, Card, Order
from boards.queries import HowMany, first_of, how_many
from people.models import Person

SHOWN_BADGES = {BadgeState.ACTIVE, BadgeState.RETIRED}
SIDE_BY_SIDE = 2  # with more columns, a card takes the board's whole width


@dataclass(frozen=True)
class Shown:
    """A card with its people."""

    card: Card
    table: Table
    count: HowMany

    @property
    def width(self) -> str:
        return "w6" if len(self.table.columns) <= SIDE_BY_SIDE else "w12"

    @property
    def filters(self) -> list[str]:
        """What narrows the card, in words."""
        location, badge = self.card.location, self.card.badge
        words = [f"{location.name} and below"] if location else []
        if badge:
            words.append(badge.name if badge.state in SHOWN_BADGES else "a badge that is not in use")
        return words

    @property
    def people_url(self) -> str:
        """The People page with the same filters, columns and order."""
        query = filters_of(self.card).query()
        if self.card.order != Order.NAME:
            query["sort"] = self.card.order
        query.setlist("col", [column.name for column in self.table.columns])
        return f"{reverse('people:list', args=[self.card.organization.slug])}?{query.urlencode()}"

    @property
    def bulk_url(self) -> str:
        """Where a bulk edit of everybody in the card begins."""
        address = reverse("people:bulk", args=[self.card.organization.slug])
        return f"{address}?{filters_of(self.card).query().urlencode()}"


def boards_with_cards(viewer: Person) -> QuerySet[Board]:
    """All boards, by title; `card_count` says how many cards are on each."""
    boards = Board.objects.visible_to(viewer).select_related("made_by")
    found: QuerySet[Board] = boards.annotate(card_count=Count("cards")).order_by("title", "pk")
    return found


def cards_of(board: Board) -> QuerySet[Card]:
    found: QuerySet[Card] = board.cards.select_related("location", "badge").order_by("position", "pk")
    return found


def shown(cards: Sequence[Card], viewer: Person) -> list[Shown]:
    """Each card with its people: two or three queries a card, and one a column for all cards together."""
    everybody = [matching(viewer, filters_of(card)) for card in cards]
    people = [
        first_of(all_of_it, Order(card.order), card.rows)
        for card, all_of_it in zip(cards, everybody, strict=True)
    ]
    columns = [card.columns for card in cards]
    filled = tables(list(zip(people, columns, strict=True)), viewer)
    counts = [how_many(all_of_it) for all_of_it in everybody]
    return [Shown(*parts) for parts in zip(cards, filled, counts, strict=True)]
