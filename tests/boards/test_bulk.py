"""From any list of people into a bulk edit: the ticked ones, or everybody who matches."""

from typing import Any

import pytest
from django.test import Client

from badges.actions import grant_by_hand
from badges.models import Badge, Batch
from boards.models import Board
from people.models import Location, Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, BoardFactory, CardFactory, LocationFactory, PersonFactory

ALL = "/riverside/people/bulk/"
BAR = 'id="bulk"'
BOX = 'name="sel"'


@pytest.fixture
def ward(organization: Organization) -> Location:
    return LocationFactory(organization=organization)


@pytest.fixture
def badge(organization: Organization, alice: Person, bob: Person) -> Badge:
    badge = BadgeFactory(organization=organization, slug="walker")
    with tenant(organization):
        grant_by_hand(badge=badge, person=bob, by=alice, reason="Then.")
    return badge


@pytest.fixture
def board(organization: Organization, ward: Location, badge: Badge) -> Board:
    board = BoardFactory(organization=organization)
    CardFactory(organization=organization, board=board, title="Holders", badge=badge)
    CardFactory(organization=organization, board=board, title="Ward", location=ward)
    return board


def chosen(organization: Organization) -> list[list[str]]:
    with tenant(organization):
        return [
            list(batch.entries.order_by("person__name").values_list("person__name", flat=True))
            for batch in Batch.objects.order_by("pk")
        ]


def test_everybody_who_matches_is_taken(
    as_alice: Client, organization: Organization, alice: Person, bob: Person, badge: Badge, ward: Location
) -> None:
    bay = LocationFactory(organization=organization, parent=ward)
    for name, fields in {
        "Amy": {"location": ward},
        "Ben": {"location": bay},
        "Ann": {"left_on": "2026-01-01"},
    }.items():
        PersonFactory(organization=organization, name=name, **fields)
    for query in (
        "",
        f"?location={ward.pk}",
        "?badge=walker",
        "?badge=walker&held=no",
        "?q=a",
        "?status=left",
    ):
        response = as_alice.post(f"{ALL}{query}", {"do": "remove"})
        assert (response.status_code, "/riverside/bulk/" in response["Location"]) == (302, True)
    assert chosen(organization) == [
        ["Alice Adams", "Amy", "Ben", "Bob Brown"],
        ["Amy", "Ben"],
        ["Bob Brown"],
        ["Alice Adams", "Amy", "Ben"],
        ["Alice Adams", "Amy"],
        ["Ann"],
    ]


@pytest.mark.parametrize(
    "query", ["?location=999", "?location=x", "?badge=gone", "?badge=%00", "?q=nobody+at+all"]
)
def test_a_filter_that_finds_nothing_means_nobody_and_never_everybody(
    as_alice: Client, organization: Organization, query: str
) -> None:
    response = as_alice.post(f"{ALL}{query}", {"do": "clear"})
    assert response["Location"] == "/riverside/people/"
    assert chosen(organization) == []


def test_it_needs_both_permissions_and_ones_own_organization(
    as_bob: Client, as_mary: Client, as_charlie: Client, organization: Organization
) -> None:
    assert as_bob.post(ALL, {"do": "clear"}).status_code == 403
    assert as_mary.post(ALL, {"do": "clear"}).status_code == 403
    assert as_charlie.post(ALL, {"do": "clear"}).status_code == 404
    assert chosen(organization) == []


def test_it_is_only_posted_to(as_alice: Client) -> None:
    assert as_alice.get(ALL).status_code == 405


def test_lists_have_boxes_only_for_those_who_may(
    as_alice: Client, as_mary: Client, as_bob: Client, board: Board
) -> None:
    for address in ("/riverside/people/", board.get_absolute_url(), "/riverside/badges/walker/"):
        page = as_alice.get(address).content.decode()
        assert (page.count(BAR), BOX in page) == (1, True), address
        for client in (as_mary, as_bob):
            page = client.get(address).content.decode()
            assert (page.count(BAR), BOX in page) == (0, False), address


def test_the_buttons_of_cards_and_holders_lead_to_their_own_people(
    as_alice: Client, board: Board, ward: Location
) -> None:
    page = as_alice.get(board.get_absolute_url()).content.decode()
    assert f'formaction="{ALL}?badge=walker"' in page
    assert f'formaction="{ALL}?location={ward.pk}"' not in page  # nobody is there, so there is no button
    PersonFactory(organization=ward.organization, location=ward)
    assert f'formaction="{ALL}?location={ward.pk}"' in as_alice.get(board.get_absolute_url()).content.decode()
    assert (
        f'formaction="{ALL}?badge=walker&amp;status=all"'
        in as_alice.get("/riverside/badges/walker/").content.decode()
    )


def test_the_people_page_hands_on_its_filters(as_alice: Client, badge: Badge) -> None:
    page: Any = as_alice.get("/riverside/people/", {"badge": "walker", "q": '"<b'})
    assert 'formaction="/riverside/people/bulk/?badge=walker' not in page.content.decode()
    page = as_alice.get("/riverside/people/", {"badge": "walker", "q": "bob"})
    assert f'formaction="{ALL}?badge=walker&amp;q=bob"' in page.content.decode()
