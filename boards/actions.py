"""What is done to boards and their cards. Who may is asked at the door; what is unsound raises `Refused`.

Each action is one atomic paragraph. Cards are changed under a lock on their board, so that two managers
who arrange it at the same moment come one after the other.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from boards.columns import known
from boards.models import Board, BoardShare, Card, CardKind
from people.audit import note
from people.changes import Refused
from people.clock import now
from people.models import Location, Person

MOST_BOARDS = 200
MOST_CARDS = 20
FILTERS = ("location", "badge", "without", "ends_soon", "role", "find", "login", "status", "saved")
WORK = ("work_kind", "work_state", "work_of")
CARD_FIELDS = {"title", "columns", "order", "rows", "width", "text", *FILTERS, *WORK}


# --- boards


@transaction.atomic
def create_board(*, title: str, by: Person) -> Board:
    """An empty board, for the whole organization to see."""
    if Board.objects.filter(organization=by.organization, removed_at=None).count() >= MOST_BOARDS:
        raise Refused(f"There are {MOST_BOARDS} boards already. Use one of them.")
    board = Board.objects.create(organization=by.organization, title=title, made_by=by, made_at=now())
    note(by, "board.created", board, id=board.pk)
    return board


@transaction.atomic
def rename_board(*, board: Board, title: str, by: Person) -> Board:
    board = _locked(board)
    if board.title != title:
        before, board.title = board.title, title
        board.save(update_fields=["title"])
        note(by, "board.renamed", board, id=board.pk, before=before)
    return board


@transaction.atomic
def share_board(*, board: Board, by: Person, locations: Sequence[Location], people: Sequence[Person]) -> None:
    """From now on it is for these alone, and for whoever made it; with none of them, for everybody."""
    board = _locked(board)
    shares = [
        *(BoardShare(organization=board.organization, board=board, location=one) for one in locations),
        *(BoardShare(organization=board.organization, board=board, person=one) for one in people),
    ]
    before = set(board.shares.values_list("location", "person"))
    if before == {(share.location_id, share.person_id) for share in shares}:
        return
    board.shares.all().delete()
    BoardShare.objects.bulk_create(shares)
    places, names = [one.pk for one in locations], [one.pk for one in people]
    note(by, "board.shared", board, id=board.pk, locations=places, people=names)


@transaction.atomic
def remove_board(*, board: Board, by: Person) -> None:
    """Take it down: nobody finds it any more; its row and its cards stay on record. A second time changes nothing."""
    board = _locked(board)
    if board.removed_at is None:
        board.removed_at = now()
        board.save(update_fields=["removed_at"])
        note(by, "board.removed", board, id=board.pk)


# --- cards


@transaction.atomic
def add_card(*, board: Board, by: Person, kind: str = CardKind.PEOPLE, **fields: Any) -> Card:
    """A card below the others. Its kind stays what it is."""
    board = _locked(board)
    if board.cards.count() >= MOST_CARDS:
        raise Refused(f"A board has room for {MOST_CARDS} cards. Take one off, or make another board.")
    last = board.cards.aggregate(last=Max("position"))["last"]
    position = 0 if last is None else last + 1
    card = Card.objects.create(
        organization=board.organization, board=board, kind=kind, position=position, **_sound(fields)
    )
    note(by, "card.added", card.title, id=card.pk, board=board.pk)
    return card


@transaction.atomic
def change_card(*, card: Card, by: Person, **fields: Any) -> Card:
    """Set what a card shows, for everyone. Setting what is set already leaves no trace. Raises `Refused`."""
    found = _locked(card.board).cards.filter(pk=card.pk).first()
    if found is None:
        raise Refused("Somebody took this card off the board meanwhile.")
    card = found
    changed = sorted(name for name, value in _sound(fields).items() if getattr(card, name) != value)
    if changed:
        for name in changed:
            setattr(card, name, fields[name])
        card.save(update_fields=changed)
        note(by, "card.changed", card.title, id=card.pk, board=card.board_id, changed=changed)
    return card


@transaction.atomic
def move_card(*, card: Card, direction: str, by: Person) -> None:
    """One place "up" or "down" among the cards of its board; the first and the last stay where they are.

    Nor does one move that was taken off meanwhile.
    """
    cards = list(_locked(card.board).cards.order_by("position", "pk"))
    if card not in cards:
        return
    place = cards.index(card)
    other = place + {"up": -1, "down": 1}[direction]
    if not 0 <= other < len(cards):
        return
    cards[place], cards[other] = cards[other], cards[place]
    _put(cards)
    note(by, "card.moved", card.title, id=card.pk, board=card.board_id, direction=direction)


@transaction.atomic
def arrange_cards(*, board: Board, seen: Sequence[int], wanted: Sequence[int], by: Person) -> None:
    """Put the cards, which were `seen` in one order, into the `wanted` one; both are their ids.

    Raises `Refused` if somebody else has arranged, added or removed cards since.
    """
    cards = {card.pk: card for card in _locked(board).cards.order_by("position", "pk")}
    if list(seen) != list(cards) or sorted(wanted) != sorted(cards):
        raise Refused("Somebody else changed this board meanwhile. This is how it is now.")
    if list(wanted) != list(cards):
        _put([cards[pk] for pk in wanted])
        note(by, "board.arranged", board, id=board.pk, cards=list(wanted))


def _put(cards: list[Card]) -> None:
    for position, card in enumerate(cards):
        card.position = position
    Card.objects.bulk_update(cards, ["position"])


@transaction.atomic
def remove_card(*, card: Card, by: Person) -> None:
    """Take a card off its board. It is a view of people: nothing about them is lost with it."""
    _locked(card.board)
    removed, _ = Card.objects.filter(pk=card.pk).delete()
    if removed:
        note(by, "card.removed", card.title, id=card.pk, board=card.board_id)


def _locked(board: Board) -> Board:
    locked: Board = Board.objects.select_for_update(no_key=True).get(pk=board.pk)
    return locked


def _sound(fields: dict[str, Any]) -> dict[str, Any]:
    if unknown := set(fields) - CARD_FIELDS:
        raise TypeError(f"a card has no {', '.join(sorted(unknown))} to set")
    if known(columns := fields.get("columns", [])) != list(columns):
        raise Refused("A card shows columns that are known, each once.")
    return fields
