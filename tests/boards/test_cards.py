"""Cards that show other things than people, boards on a wall, and boards that are taken down."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from activity.models import Step
from badges.actions import grant_by_hand
from badges.models import Award, Badge
from boards.actions import change_card, move_card, remove_card
from boards.lists import save_list
from boards.models import Board, Card, SavedList
from people.changes import Refused
from people.clock import now
from people.models import AuditEntry, Location, Organization, Person
from people.tenancy import tenant
from tests.factories import (
    BadgeFactory,
    BoardFactory,
    CardFactory,
    LocationFactory,
    PersonFactory,
    UserFactory,
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


@pytest.mark.parametrize(
    ("kind", "said"), [("people", "who is on the card"), ("work", "which work"), ("text", "what the text")]
)
def test_a_card_without_a_title_asks_for_one_of_its_kind(
    as_mary: Client, board: Board, kind: str, said: str
) -> None:
    page = as_mary.post(address(board, f"cards/new/?kind={kind}"), {"title": "", "rows": "5"})
    assert f"Say {said}" in page.text


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
    with tenant(board.organization):
        step = Step.objects.create(
            organization=board.organization, kind="improvement", name="Tried", position=1
        )
    WorkItemFactory(**of, title="Blue lids", state="started", step=step)
    WorkItemFactory(**of, title="Old lids", state="declined")
    card = add(as_mary, board, "work")
    assert [item.title for item in only(as_bob, board).items] == ["Blue lids", "Red lids"]
    page = as_mary.get(address(board)).text
    assert "A card is on the board." in page
    assert "Tried, by" in page, "where it stands, in the organization's own words"
    form = {"title": "Ours", "location": ward.pk, "rows": 5}
    assert as_mary.post(address(board, f"cards/{card.pk}/"), form).status_code == 302
    assert "Ours is saved." in as_mary.get(address(board)).text
    page = as_bob.get(address(board)).text
    assert ("Red lids" in page, "Blue lids" in page, "Ward 4B and below" in page) == (True, False, True)


@pytest.fixture
def open_items(board: Board, bob: Person, mary: Person) -> Step:
    """Red and Blue are Bob's, who reports to Mary; Green is Mary's own, and led by nobody."""
    of = {"organization": board.organization}
    with tenant(board.organization):
        Person.objects.filter(pk=bob.pk).update(manager=mary)
        step = Step.objects.create(**of, kind="improvement", name="Being tried", position=1)
    WorkItemFactory(**of, author=bob, title="Red")
    WorkItemFactory(**of, author=bob, title="Blue", state="started", step=step)
    WorkItemFactory(**of, author=mary, title="Green", kind="task", state="started")
    WorkItemFactory(**of, author=bob, title="Old", state="declined")
    return step


@pytest.mark.parametrize(
    ("narrowed", "found", "words"),
    [
        ({}, ["Green", "Blue", "Red"], []),
        ({"work_kind": "task"}, ["Green"], ["tasks"]),
        ({"work_state": "submitted"}, ["Red"], ["submitted"]),
        ({"work_state": "started"}, ["Green", "Blue"], ["in progress"]),
        ({"work_state": "step"}, ["Blue"], ["Being tried"]),
        ({"work_of": "mine"}, ["Green"], ["yours"]),
        ({"work_of": "team", "work_kind": "improvement"}, ["Blue", "Red"],
         ["improvements", "your team's"]),
    ],
)  # fmt: skip
def test_open_work_is_narrowed(
    as_mary: Client,
    board: Board,
    open_items: Step,
    narrowed: dict[str, str],
    found: list[str],
    words: list[str],
) -> None:
    step = f"step-{open_items.pk}"
    add(as_mary, board, "work", **{name: step if one == "step" else one for name, one in narrowed.items()})
    shown = only(as_mary, board)
    assert ([item.title for item in shown.items], shown.words) == (found, words)
    if narrowed.get("work_of") != "team":
        assert shown.work_url in as_mary.get(address(board)).text.replace("&amp;", "&")
        assert [item.title for item in as_mary.get(shown.work_url).context["page"]] == found


def test_whose_work_is_that_of_whoever_looks(
    as_mary: Client, as_bob: Client, board: Board, open_items: Step
) -> None:
    add(as_mary, board, "work", work_of="mine")
    assert [item.title for item in only(as_bob, board).items] == ["Blue", "Red"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"work_state": "step-0"}, {"work_state": "completed"}, {"work_kind": "idea"}, {"work_of": "theirs"},
        {"work_kind": "task", "work_state": "step"},
    ],
)  # fmt: skip
def test_work_of_no_such_kind_or_step_is_named(
    as_mary: Client, board: Board, open_items: Step, wrong: dict[str, str]
) -> None:
    said = {name: f"step-{open_items.pk}" if one == "step" else one for name, one in wrong.items()}
    response = as_mary.post(address(board, "cards/new/?kind=work"), {"title": "Work", "rows": 5, **said})
    assert (response.status_code, b"field__error" in response.content) == (422, True)


def test_a_step_that_was_removed_narrows_nothing(as_mary: Client, board: Board, open_items: Step) -> None:
    card = add(as_mary, board, "work", work_state=f"step-{open_items.pk}")
    with tenant(board.organization):
        Card.objects.filter(pk=card.pk).update(work_state="step-999999")
    shown = only(as_mary, board)
    assert ([item.title for item in shown.items], shown.words) == (["Green", "Blue", "Red"], [])
    assert as_mary.get(address(board, f"cards/{card.pk}/")).status_code == 200


def test_a_card_finds_people_by_words_and_login(as_mary: Client, board: Board) -> None:
    PersonFactory(organization=board.organization, name="Nina Nu", title="Nurse")
    nick = PersonFactory(organization=board.organization, name="Nick Ode", title="Nurse", user=UserFactory())
    card = add(as_mary, board, "people", col="title", order="-name", find="nur")
    assert [row.person.name for row in only(as_mary, board).table.rows] == ["Nina Nu", "Nick Ode"]
    form = {"title": "Ours", "rows": 5, "order": "name", "col": "title", "find": "nur", "login": "yes"}
    assert as_mary.post(address(board, f"cards/{card.pk}/"), form).status_code == 302
    shown = only(as_mary, board)
    assert [row.person for row in shown.table.rows] == [nick]
    assert shown.words == ["“nur”", "with a login"]
    assert [row.person for row in as_mary.get(shown.people_url).context["table"].rows] == [nick]


def test_a_card_narrows_a_list_by_words_and_login(as_mary: Client, board: Board, mary: Person) -> None:
    PersonFactory(organization=board.organization, name="Nina Nu", title="Nurse")
    PersonFactory(organization=board.organization, name="Nils Nu", title="Porter")
    with tenant(board.organization):
        nurses = save_list(by=mary, name="Nurses", query="q=nurse&login=no", shared=True)
    add(as_mary, board, "people", col="title", order="name", saved=nurses.pk, find="nu")
    assert [row.person.name for row in only(as_mary, board).table.rows] == ["Nina Nu"]
    form = {"title": "A", "rows": 5, "order": "name", "saved": nurses.pk, "login": "yes"}
    refused = as_mary.post(address(board, "cards/new/"), form)
    assert (refused.status_code, "The list is about people without a login." in refused.text) == (422, True)


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
        "people": [
            "badge",
            "col",
            "ends_soon",
            "find",
            "location",
            "login",
            "order",
            "role",
            "rows",
            "saved",
            "status",
            "title",
            "width",
            "without",
        ],  # fmt: skip
        "awards": ["badge", "location", "rows", "title", "width"],
        "work": ["location", "rows", "title", "width", "work_kind", "work_of", "work_state"],
        "text": ["text", "title", "width"],
    }


def test_a_card_shows_who_does_not_hold_a_badge(
    as_mary: Client, board: Board, badge: Badge, alice: Person, mary: Person
) -> None:
    with tenant(board.organization):
        grant_by_hand(badge=badge, person=alice, by=None, reason="Passed.")
    add(as_mary, board, "people", order="name", col="title", without=badge.pk)
    shown = only(as_mary, board)
    assert [row.person.name for row in shown.table.rows] == ["Mary Moss"]
    assert shown.words == ["who do not hold HIPAA Certified"]
    assert shown.people_url == "/riverside/people/?without=hipaa&col=title"


def test_a_card_shows_whom_all_its_filters_let_through(
    as_mary: Client, board: Board, badge: Badge, alice: Person, bob: Person, mary: Person
) -> None:
    with tenant(board.organization):
        for person in (bob, mary):
            grant_by_hand(badge=badge, person=person, by=alice, reason="Passed.")
        Award.objects.update(expires_at=now() + timedelta(days=9))
    add(as_mary, board, "people", order="name", role="manager", ends_soon="on", status="all", width="half")
    shown = only(as_mary, board)
    assert [row.person.name for row in shown.table.rows] == [mary.name]
    assert shown.words == ["with a badge that ends soon", "manager", "whether here or not"]
    assert shown.width == "w6"
    assert shown.address == "ends=soon&role=manager&status=all"


def test_a_card_shows_a_saved_list_as_it_is_now(
    as_mary: Client, board: Board, mary: Person, alice: Person, bob: Person, ward: Location
) -> None:
    with tenant(board.organization):
        saved = save_list(by=mary, name="Bobs", query="q=bob", shared=False)
    add(as_mary, board, "people", order="name", saved=saved.pk)
    shown = only(as_mary, board)
    assert [row.person.name for row in shown.table.rows] == ["Bob Brown"]
    assert (shown.words, shown.address) == (["list Bobs"], "q=bob")
    with tenant(board.organization):
        SavedList.objects.update(query="q=alice")
    assert [row.person.name for row in only(as_mary, board).table.rows] == ["Alice Adams"]

    page = as_mary.post(f"/riverside/people/lists/{saved.pk}/remove/", follow=True).text
    assert "The board Morning huddle shows this list." in page
    as_mary.post(address(board, "remove/"))
    as_mary.post(f"/riverside/people/lists/{saved.pk}/remove/")
    with tenant(board.organization):
        assert list(SavedList.objects.all()) == []


def test_a_card_narrows_a_saved_list_further(
    as_mary: Client, board: Board, mary: Person, ward: Location
) -> None:
    """Both hold, and the card says both in words; what would let nobody through is told beside the filter."""
    of = {"organization": board.organization}
    bed, other = LocationFactory(**of, name="Bed 1", parent=ward), LocationFactory(**of, name="Yard")
    badge, star = BadgeFactory(**of, slug="belt", name="Belt"), BadgeFactory(**of, slug="star", name="Star")
    people = {name: PersonFactory(**of, name=name, location=bed) for name in ("Ann", "Ben")}
    people["Cid"] = PersonFactory(**of, name="Cid", location=ward)
    with tenant(board.organization):
        for name, held in (("Ann", badge), ("Ann", star), ("Ben", badge), ("Cid", badge), ("Cid", star)):
            grant_by_hand(badge=held, person=people[name], by=None, reason="Passed")
        saved = save_list(by=mary, name="Belts", query=f"badge=belt&location={ward.pk}", shared=False)
    wanted = {"order": "name", "saved": saved.pk, "badge": star.pk, "location": bed.pk}
    card = add(as_mary, board, "people", **wanted)
    shown = only(as_mary, board)
    assert [row.person.name for row in shown.table.rows] == ["Ann"]
    assert shown.words == ["list Belts", "Bed 1 and below", "who hold Star"]
    assert shown.address == f"location={bed.pk}&badge=belt&badge=star"
    assert "list Belts, Bed 1 and below, who hold Star" in as_mary.get(address(board)).text

    data = {"title": "A card", "rows": "5", "order": "name", "saved": saved.pk, "location": other.pk}
    response = as_mary.post(
        address(board, f"cards/{card.pk}/"), data | {"without": badge.pk, "status": "left"}
    )
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["location", "status", "without"]
    assert "Choose a place in it, or all places." in response.text
    with tenant(board.organization):  # what became contradictory later shows nobody
        SavedList.objects.update(query=f"location={other.pk}")
    assert (only(as_mary, board).table.rows, only(as_mary, board).count.number) == ([], 0)


def test_somebody_elses_list_is_not_offered(as_mary: Client, board: Board, bob: Person) -> None:
    with tenant(board.organization):
        saved = save_list(by=bob, name="Mine", query="", shared=False)
    data = {"title": "A card", "rows": "5", "order": "name", "saved": saved.pk}
    response = as_mary.post(address(board, "cards/new/"), data)
    assert response.status_code == 422
    assert "This list is not there. Choose another one." in response.text


def test_a_card_is_exported_as_it_is_shown(as_bob: Client, board: Board, alice: Person) -> None:
    CardFactory(organization=board.organization, board=board, title="Our team", columns=["title"])
    shown = only(as_bob, board)
    assert f'name="query" value="{shown.address}"' in as_bob.get(address(board)).text
    file = as_bob.post("/riverside/people/exports/", {"query": shown.address})
    assert file.content.decode("utf-8-sig").splitlines()[:2] == ["Name,Title", f"Alice Adams,{alice.title}"]


def titles(client: Client, board: Board) -> list[str]:
    return [shown.card.title for shown in client.get(address(board)).context["cards"]]


def test_cards_are_dropped_in_an_order(as_mary: Client, board: Board) -> None:
    cards = [CardFactory(organization=board.organization, board=board, title=name) for name in "ABC"]
    a, b, c = (card.pk for card in cards)
    arrange = address(board, "arrange/")
    assert as_mary.post(arrange, {"seen": f"{a},{b},{c}", "wanted": f"{c},{a},{b}"}).status_code == 302
    assert titles(as_mary, board) == ["C", "A", "B"]
    with tenant(board.organization):
        assert AuditEntry.objects.filter(action="board.arranged").count() == 1


@pytest.mark.parametrize(
    "wanted", ["{c},{a},{b}", "{a},{b}", "{a},{a},{b}", "{a},{b},{c},9", "", "x,\0,9" * 99]
)
def test_an_order_of_what_is_no_longer_so_changes_nothing(as_mary: Client, board: Board, wanted: str) -> None:
    """Two managers at once: the second has seen the board before the first arranged it."""
    cards = [CardFactory(organization=board.organization, board=board, title=name) for name in "ABC"]
    a, b, c = (card.pk for card in cards)
    seen = f"{b},{a},{c}" if wanted.startswith("{c}") else f"{a},{b},{c}"
    data = {"seen": seen, "wanted": wanted.format(a=a, b=b, c=c)}
    page = as_mary.post(address(board, "arrange/"), data, follow=True)
    assert "Somebody else changed this board meanwhile. This is how it is now." in page.text
    assert titles(as_mary, board) == ["A", "B", "C"]


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


def test_a_card_that_another_manager_took_off_meanwhile_is_neither_moved_nor_changed(
    board: Board, mary: Person
) -> None:
    with tenant(board.organization):
        gone, stays = (
            CardFactory(organization=board.organization, board=board, position=place) for place in range(2)
        )
        remove_card(card=gone, by=mary)
        move_card(card=gone, direction="down", by=mary)
        with pytest.raises(Refused, match="off the board"):
            change_card(card=gone, by=mary, title="Anew")
        assert list(Card.objects.all()) == [stays]
