"""Boards: everybody looks at them, managers make and arrange them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand
from badges.models import Badge
from boards import actions
from boards.models import Board, Card
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, BoardFactory, CardFactory, LocationFactory, PersonFactory

SETTINGS = {"title": "Night shift", "location": "", "badge": "", "order": "name", "rows": "12"}


@pytest.fixture
def board(organization: Organization) -> Board:
    return BoardFactory(organization=organization, title="Morning huddle")


@pytest.fixture
def card(board: Board) -> Card:
    return CardFactory(
        organization=board.organization, board=board, title="Our team", columns=["badges", "title"]
    )


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, name="HIPAA Certified", slug="hipaa")


def address(board: Board, rest: str = "") -> str:
    return f"/riverside/boards/{board.pk}/{rest}"


def of(card: Card, rest: str = "") -> str:
    return f"/riverside/boards/{card.board_id}/cards/{card.pk}/{rest}"


def again[R: Any](row: R) -> R:
    with tenant(row.organization):
        found: R = type(row).objects.get(pk=row.pk)
        return found


def text(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def shown(client: Client, board: Board) -> list[str]:
    """Whom the board's only card shows, in order."""
    (card,) = client.get(address(board)).context["cards"]
    return [row.person.name for row in card.table.rows]


def queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


# --- looking


def test_everybody_finds_the_boards(as_bob: Client, card: Card) -> None:
    assert "Morning huddle" in text(as_bob, "/riverside/boards/")
    page = text(as_bob, address(card.board))
    assert "Our team" in page
    assert "Bob Brown" in page
    assert "View settings" not in page
    assert "Add card" not in page


def test_without_boards_the_page_says_where_they_come_from(as_bob: Client, as_mary: Client) -> None:
    assert "Managers make boards." in text(as_bob, "/riverside/boards/")
    assert "New board" in text(as_mary, "/riverside/boards/")


def test_an_empty_board_says_what_belongs_on_it(as_bob: Client, as_mary: Client, board: Board) -> None:
    assert "Managers put cards with people and their badges here." in text(as_bob, address(board))
    assert "Cards show people with their badges" in text(as_mary, address(board))


def test_a_card_shows_badges_beside_the_names(
    as_bob: Client, card: Card, alice: Person, bob: Person, badge: Badge
) -> None:
    with tenant(card.organization):
        award = grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed the test.")
    page = text(as_bob, address(card.board))
    assert f'href="{award.get_absolute_url()}"' in page
    assert 'alt="HIPAA Certified"' in page


def test_a_card_shows_its_columns_in_their_order(as_bob: Client, card: Card) -> None:
    page = text(as_bob, address(card.board))
    assert page.index(">Badges</th>") < page.index(">Title</th>")
    with tenant(card.organization):
        Card.objects.update(columns=["title", "badges"])
    page = text(as_bob, address(card.board))
    assert page.index(">Title</th>") < page.index(">Badges</th>")


def test_a_card_shows_whom_its_filters_let_through(
    as_bob: Client, organization: Organization, card: Card, alice: Person, badge: Badge
) -> None:
    site = LocationFactory(organization=organization, name="Main")
    ward = LocationFactory(organization=organization, name="Ward 4B", parent=site)
    ana = PersonFactory(organization=organization, name="Ana Ax", location=ward)
    PersonFactory(organization=organization, name="Dele Day", location=site)
    with tenant(organization):
        grant_by_hand(badge=badge, person=ana, by=alice, reason="Passed.")
        Card.objects.update(location=site)
    assert shown(as_bob, card.board) == ["Ana Ax", "Dele Day"]
    assert "2 of 2 people, Main and below" in text(as_bob, address(card.board))
    with tenant(organization):
        Card.objects.update(badge=badge)
    assert shown(as_bob, card.board) == ["Ana Ax"]
    page = text(as_bob, address(card.board))
    assert f"/riverside/people/?location={site.pk}&amp;badge=hipaa&amp;col=badges&amp;col=title" in page


def test_a_card_shows_at_most_its_rows_and_leads_to_all(as_bob: Client, card: Card) -> None:
    for name in ("Ana Ax", "Cai Cox"):
        PersonFactory(organization=card.organization, name=name)
    with tenant(card.organization):
        Card.objects.update(rows=2)
    assert shown(as_bob, card.board) == ["Ana Ax", "Bob Brown"]
    page = text(as_bob, address(card.board))
    assert "2 of 3 people" in page
    assert "All 3 people" in page


def test_a_card_puts_whoever_has_most_badges_first(
    as_bob: Client, card: Card, alice: Person, bob: Person, badge: Badge
) -> None:
    with tenant(card.organization):
        grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
        Card.objects.update(order="badges")
    assert shown(as_bob, card.board) == ["Bob Brown", "Alice Adams"]


def test_a_card_that_nobody_matches_says_so(as_bob: Client, card: Card, badge: Badge) -> None:
    with tenant(card.organization):
        Card.objects.update(badge=badge)
    assert "Nobody matches yet." in text(as_bob, address(card.board))


def test_a_board_asks_as_often_for_many_rows_as_for_one(
    as_bob: Client, organization: Organization, board: Board, alice: Person, bob: Person, badge: Badge
) -> None:
    every = ["badges", "title", "location", "manager", "improvements", "last_award", "next_end"]
    CardFactory(organization=organization, board=board, columns=every)
    ward = LocationFactory(organization=organization)
    as_bob.get(address(board))
    with tenant(organization):
        Person.objects.filter(pk=bob.pk).update(location=ward, manager=alice)
        grant_by_hand(badge=badge, person=bob, by=alice, reason="Passed.")
    one = queries(as_bob, address(board))
    for _ in range(2):
        person = PersonFactory(organization=organization, location=ward, manager=alice)
        with tenant(organization):
            grant_by_hand(badge=badge, person=person, by=alice, reason="Passed.")
    assert queries(as_bob, address(board)) == one


def test_the_list_of_boards_asks_as_often_for_three_as_for_one(
    as_bob: Client, organization: Organization, board: Board, mary: Person
) -> None:
    as_bob.get("/riverside/boards/")
    one = queries(as_bob, "/riverside/boards/")
    for _ in range(2):
        CardFactory(organization=organization, board=BoardFactory(organization=organization, made_by=mary))
    assert queries(as_bob, "/riverside/boards/") == one


# --- who may


def test_boards_are_not_there_for_strangers(as_charlie: Client, card: Card) -> None:
    paths = [
        "/riverside/boards/",
        "/riverside/boards/new/",
        address(card.board),
        address(card.board, "rename/"),
    ]
    paths += [address(card.board, "cards/new/"), of(card)]
    assert [as_charlie.get(path).status_code for path in paths] == [404] * len(paths)
    paths = [path.replace("riverside", "halden") for path in (address(card.board), of(card))]
    assert [as_charlie.get(path).status_code for path in paths] == [404, 404]
    posts = [path.replace("riverside", "halden") for path in (of(card, "move/"), of(card, "remove/"))]
    assert [as_charlie.post(path, {"direction": "up"}).status_code for path in posts] == [404, 404]
    assert again(card).title == "Our team"


def test_only_managers_change_boards(as_bob: Client, card: Card) -> None:
    board = card.board
    paths = ["/riverside/boards/new/", address(board, "rename/"), address(board, "cards/new/"), of(card)]
    assert [as_bob.get(path).status_code for path in paths] == [403] * 4
    paths += [of(card, "move/"), of(card, "remove/")]
    data = {**SETTINGS, "direction": "down"}
    assert [as_bob.post(path, data).status_code for path in paths] == [403] * 6
    with tenant(board.organization):
        assert list(Board.objects.values_list("title", flat=True)) == ["Morning huddle"]
        assert list(Card.objects.values_list("title", flat=True)) == ["Our team"]


def test_looking_never_moves_or_removes(as_mary: Client, card: Card) -> None:
    assert [as_mary.get(of(card, rest)).status_code for rest in ("move/", "remove/")] == [405, 405]


def test_a_card_is_found_on_its_own_board_only(as_mary: Client, card: Card) -> None:
    other = BoardFactory(organization=card.organization)
    path = f"/riverside/boards/{other.pk}/cards/{card.pk}/"
    assert [as_mary.get(path).status_code, as_mary.post(path + "remove/").status_code] == [404, 404]


@pytest.mark.parametrize("number", ["0", "-1", "9" * 18, "9" * 400, "٣", "%00", "1.5"])
def test_addresses_of_nothing_find_nothing(as_mary: Client, board: Board, number: str) -> None:
    paths = [f"/riverside/boards/{number}/", f"/riverside/boards/{board.pk}/cards/{number}/"]
    assert [as_mary.get(path).status_code for path in paths] == [404, 404]


# --- making boards


def test_a_manager_makes_a_board_and_renames_it(as_mary: Client, mary: Person) -> None:
    response = as_mary.post("/riverside/boards/new/", {"title": "Ward 4B huddle"})
    with tenant(mary.organization):
        board = Board.objects.get()
    assert (board.title, board.made_by_id) == ("Ward 4B huddle", mary.pk)
    assert (response.status_code, response["Location"]) == (302, address(board))
    response = as_mary.post(address(board, "rename/"), {"title": "Ward 4B"})
    assert (response.status_code, again(board).title) == (302, "Ward 4B")
    with tenant(mary.organization):
        notes = AuditEntry.objects.order_by("pk").values_list("action", "subject", "actor")
        assert list(notes) == [
            ("board.created", "Ward 4B huddle", mary.pk),
            ("board.renamed", "Ward 4B", mary.pk),
        ]


@pytest.mark.parametrize("title", ["", "   ", "x" * 81, "a\0b", "\u202egnol", "\u200c"])
def test_a_board_needs_a_title_that_can_be_read(as_mary: Client, board: Board, title: str) -> None:
    for path in ("/riverside/boards/new/", address(board, "rename/")):
        response = as_mary.post(path, {"title": title})
        assert response.status_code == 422
        assert b"field__error" in response.content
    with tenant(board.organization):
        assert list(Board.objects.values_list("title", flat=True)) == ["Morning huddle"]


def test_a_title_is_shown_as_it_was_written(as_mary: Client, mary: Person) -> None:
    page = as_mary.post("/riverside/boards/new/", {"title": "{{7*7}}<b>&"}, follow=True).content.decode()
    assert "{{7*7}}&lt;b&gt;&amp;" in page
    assert "{{7*7}}<b>" not in page


def test_boards_are_not_without_end(as_mary: Client, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_BOARDS", 1)
    response = as_mary.post("/riverside/boards/new/", {"title": "Another"})
    assert response.status_code == 422
    assert "There are 1 boards already." in response.content.decode()


# --- cards


def test_a_manager_adds_a_card_with_columns_in_an_order(as_mary: Client, board: Board, badge: Badge) -> None:
    ward = LocationFactory(organization=board.organization)
    data = {
        **SETTINGS,
        "col": ["improvements", "badges"],
        "location": ward.pk,
        "badge": badge.pk,
        "rows": "5",
    }
    response = as_mary.post(address(board, "cards/new/"), data)
    assert (response.status_code, response["Location"]) == (302, address(board))
    with tenant(board.organization):
        card = Card.objects.get()
        assert (card.title, card.columns, card.rows) == ("Night shift", ["improvements", "badges"], 5)
        assert (card.location_id, card.badge_id, card.position) == (ward.pk, badge.pk, 0)


def test_the_settings_show_what_is_set(as_mary: Client, card: Card) -> None:
    page = text(as_mary, of(card))
    assert (
        page.index('value="badges" checked')
        < page.index('value="title" checked')
        < page.index('value="manager"')
    )
    assert 'value="manager" checked' not in page
    assert 'value="Our team"' in page


def test_a_manager_changes_a_card(as_mary: Client, card: Card, mary: Person) -> None:
    assert (
        as_mary.post(of(card), {**SETTINGS, "col": ["title", "badges"], "order": "badges"}).status_code == 302
    )
    changed = again(card)
    assert (changed.title, changed.columns, changed.order) == ("Night shift", ["title", "badges"], "badges")
    with tenant(card.organization):
        trace = AuditEntry.objects.get()
    assert (trace.action, trace.actor_id) == ("card.changed", mary.pk)
    assert trace.details["changed"] == ["columns", "order", "title"]


def test_an_arrow_without_scripts_arranges_the_form_and_saves_nothing(as_mary: Client, card: Card) -> None:
    data = {**SETTINGS, "title": "", "col": ["badges", "title", "manager"], "rows": "7"}
    response = as_mary.post(of(card), {**data, "move": "manager:up"})
    assert response.status_code == 200
    page = response.content.decode()
    places = [page.index(f'value="{name}" checked') for name in ("badges", "manager", "title")]
    assert places == sorted(places)
    assert 'value="7"' in page
    assert again(card).columns == ["badges", "title"]


@pytest.mark.parametrize(
    "move", ["", "badges:up", "manager:down", "nonsense", "title:sideways", "\0:up", "x" * 5000]
)
def test_arrows_never_fail(as_mary: Client, card: Card, move: str) -> None:
    response = as_mary.post(of(card), {**SETTINGS, "col": ["badges", "title"], "move": move})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "a\0b"},
        {"title": "\u202egnol"},
        {"title": "x" * 81},
        {"col": ["badges", "user__password"]},
        {"col": ["\0"]},
        {"location": str(10**18)},
        {"location": "9" * 400},
        {"location": "\0"},
        {"badge": "hipaa"},
        {"badge": "-1"},
        {"order": "person__user__password"},
        {"order": ""},
        {"rows": "0"},
        {"rows": "101"},
        {"rows": "9" * 400},
        {"rows": "many"},
        {"rows": ""},
    ],
)
def test_wrong_settings_are_named_and_nothing_is_stored(
    as_mary: Client, card: Card, wrong: dict[str, Any]
) -> None:
    for path in (of(card), address(card.board, "cards/new/")):
        response = as_mary.post(path, {**SETTINGS, **wrong})
        assert response.status_code == 422
        assert b"field__error" in response.content
    with tenant(card.organization):
        assert list(Card.objects.values_list("title", "columns")) == [("Our team", ["badges", "title"])]


def test_another_organizations_place_and_badge_are_not_offered(
    as_mary: Client, card: Card, charlie: Person
) -> None:
    for field, factory in (("location", LocationFactory), ("badge", BadgeFactory)):
        row = factory(organization=charlie.organization)
        assert as_mary.post(of(card), {**SETTINGS, field: row.pk}).status_code == 422


def test_cards_move_up_and_down(as_mary: Client, board: Board) -> None:
    first, second, third = (
        CardFactory(organization=board.organization, board=board, title=title) for title in ("A", "B", "C")
    )
    for card, direction in ((third, "up"), (first, "down"), (first, "down"), (first, "down")):
        assert as_mary.post(of(card, "move/"), {"direction": direction}).status_code == 302
    with tenant(board.organization):
        assert list(Card.objects.values_list("title", "position")) == [("C", 0), ("B", 1), ("A", 2)]
    assert as_mary.post(of(second, "move/"), {"direction": "sideways"}).status_code == 404


def test_a_card_is_taken_off(as_mary: Client, card: Card) -> None:
    page = as_mary.post(of(card, "remove/"), follow=True).content.decode()
    assert "Our team is off the board." in page
    assert as_mary.post(of(card, "remove/")).status_code == 404
    with tenant(card.organization):
        assert list(AuditEntry.objects.values_list("action", "subject")) == [("card.removed", "Our team")]


def test_a_board_has_room_for_some_cards(
    as_mary: Client, card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_CARDS", 1)
    response = as_mary.post(address(card.board, "cards/new/"), SETTINGS)
    assert response.status_code == 422
    assert "A board has room for 1 cards." in response.content.decode()


# --- actions


def test_a_card_takes_known_columns_once_each(inside: Organization, board: Board, mary: Person) -> None:
    for columns in (["badges", "badges"], ["secrets"]):
        with pytest.raises(actions.Refused):
            actions.add_card(board=board, by=mary, title="Team", columns=columns)
    with pytest.raises(TypeError):
        actions.add_card(board=board, by=mary, title="Team", position=3)
    assert not Card.objects.exists()


@pytest.mark.parametrize("action", [actions.rename_board, actions.change_card])
def test_setting_what_is_set_leaves_no_trace(
    inside: Organization, card: Card, mary: Person, action: Callable[..., Any]
) -> None:
    if action is actions.rename_board:
        action(board=card.board, title="Morning huddle", by=mary)
    else:
        action(card=card, by=mary, title="Our team", columns=["badges", "title"])
    assert not AuditEntry.objects.exists()
