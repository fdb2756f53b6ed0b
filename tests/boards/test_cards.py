"""Cards that show other things than people, boards on a wall, and boards that are taken down."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from badges.actions import grant_by_hand
from badges.models import Award, Badge
from boards.models import Board, Card
from people.clock import now
from people.models import AuditEntry, Location, Organization, Person
from people.tenancy import tenant
from tests.factories import (
    BadgeFactory,
    BoardFactory,
    CardFactory,
    LocationFactory,
    PersonFactory,
    WorkItemFactory,
)


@pytest.fixture
def board(organization: Organization) -> Board:
    return BoardFactory(organization=organization, title="Morning huddle")


@pytest.fixture
def ward(organization: Organization) -> Location:
    return LocationFactory(organization=organization, name="Ward 4B")


@pytest.fixture
def badge(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, name="HIPAA Certified", slug="hipaa")


def address(board: Board, rest: str = "") -> str:
    return f"/riverside/boards/{board.pk}/{rest}"


def add(client: Client, board: Board, kind: str, **data: object) -> Card:
    response = client.post(
        address(board, f"cards/new/?kind={kind}"), {"title": "A card", "rows": "5", **data}
    )
    assert response.status_code == 302
    with tenant(board.organization):
        return Card.objects.latest("pk")


def only(client: Client, board: Board) -> object:
    (shown,) = client.get(address(board)).context["cards"]
    return shown


def test_recent_awards_newest_first(
    as_mary: Client, board: Board, badge: Badge, ward: Location, alice: Person, bob: Person
) -> None:
    wendy = PersonFactory(organization=board.organization, name="Wendy Ward", location=ward)
    gone = PersonFactory(organization=board.organization, name="Zoe", left_on="2026-01-31")
    with tenant(board.organization):
        awards = [
            grant_by_hand(badge=badge, person=one, by=None, reason="Passed.") for one in (bob, wendy, alice)
        ]
        Award.objects.create(
            organization=board.organization, badge=badge, person=gone, origin="hand",
            starts_at=now(), recorded_at=now(),
        )  # fmt: skip
        for award, days in zip(awards, (3, 1, 91), strict=True):
            Award.objects.filter(pk=award.pk).update(starts_at=now() - timedelta(days=days))
    card = add(as_mary, board, "awards")
    assert card.kind == "awards"
    assert [award.person.name for award in only(as_mary, board).awards] == ["Wendy Ward", "Bob Brown"]
    with tenant(board.organization):
        Card.objects.update(location=ward)
    assert [award.person.name for award in only(as_mary, board).awards] == ["Wendy Ward"]
    assert "Wendy Ward" in as_mary.get(address(board)).text


def test_open_work_of_a_place(
    as_mary: Client, as_bob: Client, board: Board, ward: Location, bob: Person
) -> None:
    of = {"organization": board.organization, "author": bob}
    WorkItemFactory(**of, title="Red lids", location=ward)
    WorkItemFactory(**of, title="Blue lids", state="started")
    WorkItemFactory(**of, title="Old lids", state="declined")
    card = add(as_mary, board, "work")
    assert [item.title for item in only(as_bob, board).items] == ["Blue lids", "Red lids"]
    form = {"title": "Ours", "location": ward.pk, "rows": 5}
    assert as_mary.post(address(board, f"cards/{card.pk}/"), form).status_code == 302
    page = as_bob.get(address(board)).text
    assert ("Red lids" in page, "Blue lids" in page, "Ward 4B and below" in page) == (True, False, True)


def test_words_are_shown_as_they_are_written(as_mary: Client, as_bob: Client, board: Board) -> None:
    add(as_mary, board, "text", text="Huddle at 07:15.\n<b>{{7*7}}</b>")
    page = as_bob.get(address(board)).text
    assert "<p>Huddle at 07:15.<br>&lt;b&gt;{{7*7}}&lt;/b&gt;</p>" in page


@pytest.mark.parametrize("text", ["", "  ", "a\0b", "\u202egnol", "x" * 2001])
def test_words_that_cannot_be_shown_are_refused(as_mary: Client, board: Board, text: str) -> None:
    response = as_mary.post(address(board, "cards/new/?kind=text"), {"title": "Note", "text": text})
    assert (response.status_code, b"field__error" in response.content) == (422, True)
    with tenant(board.organization):
        assert Card.objects.count() == 0


def test_a_kind_that_there_is_not_is_people(as_mary: Client, board: Board) -> None:
    for kind in ("", "%00", "user", "x" * 5000):
        assert as_mary.get(address(board, f"cards/new/?kind={kind}")).context["form"].kind == "people"


def test_settings_are_those_of_the_kind(as_mary: Client, board: Board) -> None:
    settings = {
        kind: sorted(as_mary.get(address(board, f"cards/new/?kind={kind}")).context["form"].fields)
        for kind in ("people", "awards", "work", "text")
    }
    assert settings == {
        "people": ["badge", "col", "location", "order", "rows", "title", "without"],
        "awards": ["badge", "location", "rows", "title"],
        "work": ["location", "rows", "title"],
        "text": ["text", "title"],
    }


def test_a_card_shows_who_does_not_hold_a_badge(
    as_mary: Client, board: Board, badge: Badge, alice: Person, mary: Person
) -> None:
    with tenant(board.organization):
        grant_by_hand(badge=badge, person=alice, by=None, reason="Passed.")
    add(as_mary, board, "people", order="name", col="title", without=badge.pk)
    shown = only(as_mary, board)
    assert [row.person.name for row in shown.table.rows] == ["Mary Moss"]
    assert shown.filters == ["without HIPAA Certified"]
    assert shown.people_url == "/riverside/people/?without=hipaa&col=title"


def test_a_board_of_every_kind_asks_as_often_for_many_rows_as_for_one(
    as_bob: Client, board: Board, badge: Badge, alice: Person, bob: Person
) -> None:
    for kind in ("people", "awards", "work", "text"):
        CardFactory(organization=board.organization, board=board, kind=kind)

    def queries() -> int:
        WorkItemFactory(organization=board.organization, author=bob)
        person = PersonFactory(organization=board.organization)
        with tenant(board.organization):
            grant_by_hand(badge=badge, person=person, by=alice, reason="Passed.")
        with CaptureQueriesContext(connection) as captured:
            assert as_bob.get(address(board)).status_code == 200
        return len(captured)

    queries()
    assert len({queries() for _ in range(3)}) == 1


# --- on a wall


def test_a_board_on_a_wall_has_nothing_to_press_and_stays_fresh(
    as_alice: Client, board: Board, bob: Person
) -> None:
    CardFactory(organization=board.organization, board=board)
    response = as_alice.get(address(board), {"wall": "1"})
    assert (response.status_code, response["Refresh"]) == (200, "60")
    page = response.text
    assert ("Bob Brown" in page, "is-wall" in page) == (True, True)
    assert [part in page for part in ("<nav", "<button", 'type="checkbox"', "View settings")] == [False] * 4
    assert "Refresh" not in as_alice.get(address(board))


# --- taking down


def test_a_board_is_taken_down_and_stays_on_record(as_mary: Client, as_bob: Client, board: Board) -> None:
    CardFactory(organization=board.organization, board=board)
    assert as_bob.post(address(board, "remove/")).status_code == 403
    assert as_mary.get(address(board, "remove/")).status_code == 405
    response = as_mary.post(address(board, "remove/"), follow=True)
    assert "Morning huddle is taken down." in response.text
    assert list(response.context["boards"]) == []
    assert [as_mary.get(address(board)).status_code, as_mary.post(address(board, "remove/")).status_code] == [
        404,
        404,
    ]
    with tenant(board.organization):
        assert Board.objects.get().removed_at is not None
        assert Card.objects.count() == 1
        assert AuditEntry.objects.get().action == "board.removed"
