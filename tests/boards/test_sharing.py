"""For whom a board is."""

import pytest
from django.test import Client

from boards.models import Board, BoardShare, Card
from people.models import AuditEntry, Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import (
    BoardFactory,
    CardFactory,
    LocationFactory,
    PersonFactory,
    RoleAssignmentFactory,
    UserFactory,
)


@pytest.fixture
def board(organization: Organization) -> Board:
    return BoardFactory(organization=organization, title="Morning huddle")


def share(client: Client, board: Board, **data: object) -> int:
    return client.post(f"/riverside/boards/{board.pk}/share/", data).status_code


def sees(client: Client, board: Board) -> bool:
    listed = [one.pk for one in client.get("/riverside/boards/").context["boards"]]
    answer = client.get(f"/riverside/boards/{board.pk}/").status_code
    assert (answer == 200) == (listed == [board.pk])
    return answer == 200


def test_a_board_is_for_everybody_until_it_is_shared_with_some(
    as_bob: Client, as_mary: Client, board: Board, bob: Person, mary: Person
) -> None:
    assert sees(as_bob, board)
    assert share(as_mary, board, people="Mary@riverside.example\n\n") == 302
    assert (sees(as_bob, board), sees(as_mary, board)) == (False, True)
    assert share(as_mary, board, people="mary@riverside.example\nBob Brown, ") == 302
    assert (sees(as_bob, board), sees(as_mary, board)) == (True, True)
    assert share(as_mary, board) == 302
    assert "Who sees Morning huddle is saved." in as_mary.get("/riverside/boards/").text
    with tenant(board.organization):
        assert BoardShare.objects.count() == 0
        assert [entry.action for entry in AuditEntry.objects.all()] == ["board.shared"] * 3


def test_a_location_means_everybody_there_and_below(
    as_bob: Client, as_mary: Client, organization: Organization, board: Board, bob: Person, mary: Person
) -> None:
    site = LocationFactory(organization=organization)
    ward = LocationFactory(organization=organization, parent=site)
    other = LocationFactory(organization=organization, parent=site)
    with tenant(organization):
        Board.objects.update(made_by=mary)
        Person.objects.filter(pk=bob.pk).update(location=ward)
    seen = []
    for place in (site, ward, other):
        assert share(as_mary, board, locations=place.pk) == 302
        seen.append(sees(as_bob, board))
    assert seen == [True, True, False]
    assert sees(as_mary, board)


def test_whoever_manages_the_organization_sees_every_board(
    organization: Organization, board: Board, as_mary: Client
) -> None:
    owner = PersonFactory(organization=organization, user=UserFactory())
    RoleAssignmentFactory(organization=organization, person=owner, role=Role.OWNER)
    share(as_mary, board, people="mary@riverside.example")
    assert sees(logged_in(owner), board)


def test_what_is_not_shared_cannot_be_changed_either(
    as_mary: Client, as_alice: Client, organization: Organization, board: Board
) -> None:
    card = CardFactory(organization=organization, board=board)
    assert share(as_mary, board, people="alice@riverside.example") == 302
    paths = ["rename/", "share/", "remove/", "cards/new/", f"cards/{card.pk}/", f"cards/{card.pk}/remove/"]
    answers = [as_mary.post(f"/riverside/boards/{board.pk}/{path}", {"title": "Mine"}) for path in paths]
    assert [answer.status_code for answer in answers] == [404] * 6
    with tenant(organization):
        assert (Board.objects.get().title, Card.objects.count()) == ("Morning huddle", 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"people": "nobody@riverside.example"},
        {"people": "charlie@halden.example"},
        {"people": "a\0b"},
        {"locations": "9" * 400},
        {"locations": "\0"},
        {"locations": "1"},
    ],
)
def test_with_whom_a_board_cannot_be_shared_is_named(
    as_mary: Client, charlie: Person, board: Board, wrong: dict[str, str]
) -> None:
    response = as_mary.post(f"/riverside/boards/{board.pk}/share/", wrong)
    assert (response.status_code, b"field__error" in response.content) == (422, True)
    with tenant(board.organization):
        assert BoardShare.objects.count() == 0


def test_the_form_shows_with_whom_it_is_shared(
    as_mary: Client, organization: Organization, board: Board, mary: Person
) -> None:
    ward = LocationFactory(organization=organization)
    share(as_mary, board, people="mary@riverside.example", locations=ward.pk)
    page = as_mary.get(f"/riverside/boards/{board.pk}/share/").text
    assert f'<option value="{ward.pk}" selected>' in page
    assert f"{mary.name}</textarea>" in page
