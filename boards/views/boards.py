"""Boards: everybody looks at them, managers make and arrange them."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from boards import actions
from boards.asked import AN_ID
from boards.cards import boards_with_cards, cards_of, shown
from boards.forms import BoardForm, CardForm, ShareForm, arranged, shared_with
from boards.models import Board, Card, CardKind
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.roles import Capability

form_methods = require_http_methods(["GET", "HEAD", "POST"])
manages = requires(Capability.MANAGE_BOARDS)
FRESH_AFTER_S = "60"
MOST_IDS = 100


@require_safe
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    return render(request, "boards/list.html", {"boards": boards_with_cards(request.person)})


@form_methods
@manages
def create(request: OrganizationRequest, organization: str) -> HttpResponse:
    form = BoardForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            return redirect(actions.create_board(title=form.cleaned_data["title"], by=request.person))
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _form_page(request, "boards/title.html", {"form": form})


@require_safe
def detail(request: OrganizationRequest, organization: str, board_id: int) -> HttpResponse:
    """With `?wall=1` for a screen on a wall: large, nothing to press, fresh each minute, and what all may see."""
    board = _board(request, board_id)
    if request.GET.get("wall") == "1":
        context = {"board": board, "cards": shown(list(cards_of(board)), request.person.as_colleague())}
        response = render(request, "boards/wall.html", context)
        response["Refresh"] = FRESH_AFTER_S
        return response
    return _board_page(request, board)


@form_methods
@manages
def rename(request: OrganizationRequest, organization: str, board_id: int) -> HttpResponse:
    board = _board(request, board_id)
    posted = request.POST if request.method == "POST" else None
    form = BoardForm(posted, initial={"title": board.title})
    if form.is_bound and form.is_valid():
        return redirect(
            actions.rename_board(board=board, title=form.cleaned_data["title"], by=request.person)
        )
    return _form_page(request, "boards/title.html", {"form": form, "board": board})


@form_methods
@manages
def share(request: OrganizationRequest, organization: str, board_id: int) -> HttpResponse:
    board = _board(request, board_id)
    posted = request.POST if request.method == "POST" else None
    form = ShareForm(posted, viewer=request.person, initial=shared_with(board))
    if form.is_bound and form.is_valid() and not form.is_late(board):
        actions.share_board(board=board, by=request.person, **form.cleaned_data)
        messages.success(request, f"Who sees {board.title} is saved.")
        seen = Board.objects.visible_to(request.person).filter(pk=board.pk).exists()
        return redirect(board) if seen else redirect("boards:list", request.organization.slug)
    return _form_page(request, "boards/share.html", {"form": form, "board": board})


@require_POST
@manages
def remove(request: OrganizationRequest, organization: str, board_id: int) -> HttpResponse:
    board = _board(request, board_id)
    actions.remove_board(board=board, by=request.person)
    messages.success(request, f"{board.title} is taken down.")
    return redirect("boards:list", request.organization.slug)


@form_methods
@manages
def add_card(request: OrganizationRequest, organization: str, board_id: int) -> HttpResponse:
    board = _board(request, board_id)
    form = _card_form(request)
    if form.is_bound and form.is_valid():
        try:
            added = actions.add_card(board=board, by=request.person, kind=form.kind, **form.card_fields())
            messages.success(request, f"{added.title} is on the board.")
            return redirect(board)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _board_page(request, board, form)


@form_methods
@manages
def card(request: OrganizationRequest, organization: str, board_id: int, card_id: int) -> HttpResponse:
    """A card's view settings, beside its board."""
    edited = _card(request, board_id, card_id)
    form = _card_form(request, edited)
    if form.is_bound and form.is_valid() and not form.is_overtaken(edited, form.card_fields()):
        try:
            changed = actions.change_card(card=edited, by=request.person, **form.card_fields())
            messages.success(request, f"{changed.title} is saved.")
            return redirect(edited.board)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return _board_page(request, edited.board, form, edited)


@require_POST
@manages
def move_card(request: OrganizationRequest, organization: str, board_id: int, card_id: int) -> HttpResponse:
    moved, direction = _card(request, board_id, card_id), request.POST.get("direction")
    if direction not in {"up", "down"}:
        raise Http404
    actions.move_card(card=moved, direction=direction, by=request.person)
    return redirect(moved.board)


@require_POST
@manages
def arrange(request: OrganizationRequest, organization: str, board_id: int) -> HttpResponse:
    """The cards in the order in which they were dropped: `wanted` and `seen` are their ids between commas."""
    board = _board(request, board_id)
    try:
        actions.arrange_cards(
            board=board,
            seen=ids(request.POST.get("seen", "")),
            wanted=ids(request.POST.get("wanted", "")),
            by=request.person,
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(board)


@require_POST
@manages
def remove_card(request: OrganizationRequest, organization: str, board_id: int, card_id: int) -> HttpResponse:
    removed = _card(request, board_id, card_id)
    actions.remove_card(card=removed, by=request.person)
    messages.success(request, f"{removed.title} is off the board.")
    return redirect(removed.board)


def ids(text: str) -> list[int]:
    """Ids between commas; of what is no id, nothing."""
    return [int(part) for part in text.split(",")[:MOST_IDS] if AN_ID.fullmatch(part)]


def _board(request: OrganizationRequest, board_id: int) -> Board:
    return get_object_or_404(Board.objects.visible_to(request.person), pk=board_id)


def _card(request: OrganizationRequest, board_id: int, card_id: int) -> Card:
    cards = Card.objects.filter(board__in=Board.objects.visible_to(request.person), board=board_id)
    return get_object_or_404(
        cards.select_related("board", "location", "badge", "without", "saved"), pk=card_id
    )


def _card_form(request: OrganizationRequest, card: Card | None = None) -> CardForm:
    """A press on one of the form's arrows only arranges it; what is to be saved is bound."""
    named = request.GET.get("kind", "")
    kind = CardKind(named) if named in CardKind.values else CardKind.PEOPLE
    if "move" in request.POST:
        return CardForm(viewer=request.person, card=card, kind=kind, initial=arranged(request.POST))
    posted = request.POST if request.method == "POST" else None
    return CardForm(posted, viewer=request.person, card=card, kind=kind)


def _board_page(
    request: OrganizationRequest, board: Board, form: CardForm | None = None, edited: Card | None = None
) -> HttpResponse:
    context = {"board": board, "cards": shown(list(cards_of(board)), request.person), "form": form}
    return _form_page(request, "boards/detail.html", {**context, "edited": edited})


def _form_page(request: OrganizationRequest, template: str, context: dict[str, object]) -> HttpResponse:
    form = context["form"]
    return render(request, template, context, status=422 if form and form.errors else 200)  # type: ignore[attr-defined]
