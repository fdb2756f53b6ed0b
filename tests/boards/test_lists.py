"""Columns that are remembered, and lists that are kept under a name."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from django.db import connection
from django.test import Client

from boards import lists
from boards.models import ColumnChoice, SavedList
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, LocationFactory

LIST = "/riverside/people/"
SAVED = "/riverside/people/lists/"


def shown_columns(client: Client, query: object = None) -> list[str]:
    return [column.name for column in client.get(LIST, query).context["table"].columns]


def kept(organization: Organization) -> list[tuple[str, str, bool]]:
    with tenant(organization):
        return list(SavedList.objects.values_list("name", "query", "shared"))


def save(client: Client, **data: object) -> SavedList:
    response = client.post(f"{SAVED}new/", {"name": "Renewals due", **data})
    assert response.status_code == 302
    return SavedList(**dict(zip(("id", "name"), _last(client), strict=True)))


def _last(client: Client) -> tuple[int, str]:
    organization = Organization.objects.get(slug="riverside")
    with tenant(organization):
        return SavedList.objects.order_by("-pk").values_list("pk", "name")[0]


# --- columns


def test_columns_are_remembered_for_whoever_chose_them(as_bob: Client, as_mary: Client) -> None:
    data = {"col": ["title", "badges", "nonsense"], "query": "q=bob&after=3&nonsense=1"}
    response = as_bob.post(f"{LIST}columns/", data)
    assert (response.status_code, response["Location"]) == (302, f"{LIST}?q=bob")
    assert shown_columns(as_bob) == ["title", "badges"]
    assert shown_columns(as_mary) == ["location", "badges", "improvements", "next_end"]
    assert shown_columns(as_bob, {"col": "manager"}) == ["manager"]


@pytest.mark.parametrize(
    ("press", "order"),
    [
        ({"move": "badges:up"}, ["badges", "title", "manager"]),
        ({"move": "badges:down"}, ["title", "manager", "badges"]),
        ({"move": "title:up"}, ["title", "badges", "manager"]),
        ({"move": "nonsense"}, ["title", "badges", "manager"]),
        ({"reset": "1"}, ["location", "badges", "improvements", "next_end"]),
    ],
)
def test_without_scripts_an_arrow_moves_a_column(
    as_bob: Client, press: dict[str, str], order: list[str]
) -> None:
    as_bob.post(f"{LIST}columns/", {"col": ["title", "badges", "manager"], **press})
    assert shown_columns(as_bob) == order


def test_choosing_again_replaces_the_choice(as_bob: Client, bob: Person) -> None:
    for columns in (["title"], ["badges"]):
        as_bob.post(f"{LIST}columns/", {"col": columns})
    with tenant(bob.organization):
        assert list(ColumnChoice.objects.values_list("person", "columns")) == [(bob.pk, ["badges"])]


@pytest.mark.usefixtures("committed_db")
def test_of_two_presses_at_once_the_later_is_remembered(bob: Person) -> None:
    def choose(column: str) -> None:
        with tenant(bob.organization):
            lists.remember_columns(person=bob, columns=[column])

    def choose_another() -> None:
        try:
            choose("badges")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with tenant(bob.organization):
            choose("title")
            other = pool.submit(choose_another)
            wait([other], timeout=1)
        other.result()
    with tenant(bob.organization):
        assert list(ColumnChoice.objects.values_list("columns", flat=True)) == [["badges"]]


# --- saved lists


def test_a_list_is_kept_under_a_name_and_leads_back(as_bob: Client, organization: Organization) -> None:
    BadgeFactory(organization=organization, slug="hipaa", name="HIPAA")
    ward = LocationFactory(organization=organization, name="Ward 4B")
    query = f"q=bob&location={ward.pk}&badge=hipaa&ends=soon&sort=badges&col=title&after=7&csrf=x"
    form = as_bob.get(f"{SAVED}new/", {"query": query}).text
    assert "People: “bob”, Ward 4B and below, who hold HIPAA, with a badge that ends soon." in form
    response = as_bob.post(f"{SAVED}new/", {"name": "Renewals due", "query": query})
    address = f"q=bob&location={ward.pk}&badge=hipaa&ends=soon&sort=badges&col=title"
    assert (response.status_code, response["Location"]) == (302, f"{LIST}?{address}")
    assert kept(organization) == [("Renewals due", address, False)]
    page = as_bob.get(f"{LIST}?{address}").text
    assert 'aria-current="true"><bdi>Renewals due</bdi>' in page


def test_only_shared_lists_are_seen_by_colleagues(as_bob: Client, as_mary: Client) -> None:
    as_bob.post(f"{SAVED}new/", {"name": "My own"})
    as_bob.post(f"{SAVED}new/", {"name": "For all", "shared": "on"})
    assert [saved.name for saved in as_mary.get(SAVED).context["lists"]] == ["For all"]
    assert [saved.name for saved in as_mary.get(LIST).context["lists"]] == ["For all"]
    assert [saved.name for saved in as_bob.get(SAVED).context["lists"]] == ["For all", "My own"]


def test_only_its_owner_changes_and_removes_a_list(
    as_bob: Client, as_mary: Client, organization: Organization
) -> None:
    address = f"{SAVED}{save(as_bob, shared='on').pk}/"
    posts = [as_mary.post(address, {"name": "Mine"}), as_mary.post(f"{address}remove/"), as_mary.get(address)]
    assert [response.status_code for response in posts] == [404, 404, 404]
    assert as_bob.post(address, {"name": "Mine now"}).status_code == 302
    assert kept(organization) == [("Mine now", "", False)]
    assert as_bob.post(f"{address}remove/").status_code == 302
    assert kept(organization) == []


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\0b", "\u202egnol"])
def test_a_list_needs_a_name_that_can_be_read(as_bob: Client, organization: Organization, name: str) -> None:
    response = as_bob.post(f"{SAVED}new/", {"name": name, "query": "q=bob"})
    assert response.status_code == 422
    assert b"field__error" in response.content
    assert b'value="q=bob"' in response.content
    assert kept(organization) == []


def test_two_lists_of_one_person_have_two_names(as_bob: Client, as_mary: Client) -> None:
    saved = save(as_bob)
    response = as_bob.post(f"{SAVED}new/", {"name": saved.name})
    assert (response.status_code, "You keep a list called Renewals due" in response.text) == (422, True)
    other = save(as_bob, name="Another")
    assert as_bob.post(f"{SAVED}{other.pk}/", {"name": saved.name}).status_code == 422
    assert as_mary.post(f"{SAVED}new/", {"name": saved.name}).status_code == 302


def test_lists_are_not_without_end(as_bob: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MOST_LISTS", 1)
    save(as_bob)
    response = as_bob.post(f"{SAVED}new/", {"name": "Another"})
    assert (response.status_code, "You keep 1 lists already." in response.text) == (422, True)


@pytest.mark.parametrize("query", ["\0", "q=%00", "%", "badge=" + "x" * 9000, "&".join(["col=x"] * 3000)])
def test_nonsense_is_kept_as_everybody(as_bob: Client, organization: Organization, query: str) -> None:
    save(as_bob, query=query)
    assert kept(organization) == [("Renewals due", "", False)]


def test_the_page_costs_the_same_with_many_lists(as_bob: Client, organization: Organization) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for name in ("One", "Two", "Three"):
        save(as_bob, name=name, shared="on")
        for path in (LIST, SAVED):
            with CaptureQueriesContext(connection) as captured:
                as_bob.get(path)
            counts.append(len(captured))
    assert counts[2:4] == counts[4:]
