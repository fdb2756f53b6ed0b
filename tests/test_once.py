"""Forms that make something, sent twice: one after the other, and at the same moment on connections of their own."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any, NamedTuple

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.test import Client

from activity.models import Attachment, Comment, WorkItem
from activity.steps import submit_improvement
from badges.models import AwardEvent, Badge, Nomination
from boards.models import Board, Card, SavedList
from integrations.models import Import
from people.models import Location, Organization, Person, Sending
from people.once import forget_sendings
from people.roles import Role
from people.tenancy import tenant
from tests.conftest import logged_in
from tests.factories import BadgeFactory, BoardFactory, RoleAssignmentFactory

ORG = "/riverside"
ITEM = f"{ORG}/improvements/1/"


class Case(NamedTuple):
    makes: type[models.Model]
    page: str
    posts_to: str
    said: dict[str, Any]


CASES = [
    Case(WorkItem, f"{ORG}/improvements/new/", f"{ORG}/improvements/new/", {"title": "Red lids"}),
    Case(Comment, ITEM, f"{ITEM}comments/", {"text": "Thanks"}),
    Case(Attachment, ITEM, f"{ITEM}files/", {"file": b"Red"}),
    Case(Board, f"{ORG}/boards/new/", f"{ORG}/boards/new/", {"title": "Huddle"}),
    Case(
        Card,
        f"{ORG}/boards/1000000/cards/new/?kind=text",
        f"{ORG}/boards/1000000/cards/new/?kind=text",
        {"title": "Note", "text": "Hello"},
    ),
    Case(
        Badge,
        f"{ORG}/badges/new/",
        f"{ORG}/badges/new/",
        {
            "name": "Lead",
            "description": "Leads.",
            "kind": "step",
            "mode": "hand",
            "ends_number": "1",
            "ends_unit": "year",
        },
    ),
    Case(
        Nomination,
        f"{ORG}/nominations/new/",
        f"{ORG}/nominations/new/",
        {"badge": "kind", "colleague": "Bob Brown", "reason": "Taught us all."},
    ),
    Case(Badge, f"{ORG}/badges/kind/copy/", f"{ORG}/badges/kind/copy/", {"name": "Kind Acts"}),
    Case(
        AwardEvent,
        f"{ORG}/badges/kind/give/",
        f"{ORG}/badges/kind/give/",
        {"person": "Bob Brown", "given_on": "2026-01-15", "reason": "Taught us all."},
    ),
    Case(Person, f"{ORG}/settings/people/new/", f"{ORG}/settings/people/new/", {"name": "Ann Ash"}),
    Case(Location, f"{ORG}/settings/locations/new/", f"{ORG}/settings/locations/new/", {"name": "Ward 4"}),
    Case(SavedList, f"{ORG}/people/lists/new/", f"{ORG}/people/lists/new/", {"name": "Mine"}),
    Case(
        Import,
        f"{ORG}/settings/imports/",
        f"{ORG}/settings/imports/",
        {"kind": "people", "file": b"external_id,name\n1,Ann\n"},
    ),
]


@pytest.fixture
def owner(organization: Organization, alice: Person, bob: Person) -> Person:
    """May do everything; with an item, a board and a badge to nominate for."""
    for role in (Role.OWNER, Role.MANAGER):
        RoleAssignmentFactory(organization=organization, person=alice, role=role)
    BadgeFactory(organization=organization, slug="kind", name="Kind Words", takes_nominations=True)
    BoardFactory(organization=organization, pk=10**6)  # not what the sequence comes to
    with tenant(organization):
        submit_improvement(author=bob, title="Blue lids")
    return alice


def form_of(client: Client, case: Case, **other: str) -> Callable[[], dict[str, Any]]:
    """What the page's form sends, anew each time: files are read to their end."""
    page = client.get(case.page).content.decode()
    [number] = set(re.findall(r'name="once" value="([^"]+)"', _form(page, case)))
    said = {**case.said, **other, "once": number}
    return lambda: {
        name: SimpleUploadedFile("a.csv", value) if isinstance(value, bytes) else value
        for name, value in said.items()
    }


def _form(page: str, case: Case) -> str:
    forms = re.findall(r"<form.*?</form>", page, re.DOTALL)
    fields = [f'name="{name}"' for name in case.said]
    return str(next(form for form in forms if all(field in form for field in fields)))


def send(client: Client, case: Case, form: Callable[[], dict[str, Any]]) -> str:
    response = client.post(case.posts_to, form())
    assert response.status_code == 302
    return response.headers["Location"]


def count(organization: Organization, model: type[models.Model]) -> int:
    with tenant(organization):
        return model.objects.count()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.makes._meta.model_name)
def test_the_same_form_makes_one_thing(organization: Organization, owner: Person, case: Case) -> None:
    client = logged_in(owner)
    before = count(organization, case.makes)
    form = form_of(client, case)
    assert send(client, case, form) == send(client, case, form), "whoever comes second is led to the same"
    assert count(organization, case.makes) == before + 1


AT_ONCE = [case for case in CASES if case.makes in {Comment, Attachment, Person}]


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("case", AT_ONCE, ids=lambda case: case.makes._meta.model_name)
def test_and_so_at_the_same_moment(organization: Organization, owner: Person, case: Case) -> None:
    before = count(organization, case.makes)
    form = form_of(logged_in(owner), case)
    clients, together = [logged_in(owner) for _ in range(3)], Barrier(3)

    def go(client: Client) -> str:
        try:
            together.wait()
            return send(client, case, form)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert len(set(pool.map(go, clients))) == 1
    assert count(organization, case.makes) == before + 1


def test_other_words_and_another_form_are_another_thing(organization: Organization, owner: Person) -> None:
    client, case = logged_in(owner), CASES[1]
    form = form_of(client, case)
    send(client, case, form)
    send(client, case, lambda: {**form(), "text": "Thanks a lot"})
    send(client, case, form_of(client, case))
    with tenant(organization):
        assert [*Comment.objects.values_list("text", flat=True)] == ["Thanks", "Thanks a lot", "Thanks"]


def test_whoever_sent_it_twice_is_told_so(organization: Organization, owner: Person) -> None:
    client, case = logged_in(owner), CASES[3]
    form = form_of(client, case)
    send(client, case, form)
    page = client.post(case.posts_to, form(), follow=True).content.decode()
    assert "That was sent twice, and counts once." in page


def test_somebody_elses_form_is_their_own(organization: Organization, owner: Person, bob: Person) -> None:
    case = CASES[1]
    form = form_of(logged_in(owner), case)
    assert send(logged_in(owner), case, form) != send(logged_in(bob), case, form)


def test_what_was_refused_or_only_looked_at_can_be_sent_again(
    organization: Organization, owner: Person
) -> None:
    client, case = logged_in(owner), CASES[0]
    form = form_of(client, case)
    assert client.post(case.posts_to, {**form(), "title": ""}).status_code == 422
    assert client.post(case.posts_to, {**form(), "become": "task"}).status_code == 200
    assert count(organization, Sending) == 0
    send(client, case, form)
    assert count(organization, Sending) == 1


def test_after_some_days_it_is_forgotten(organization: Organization, owner: Person) -> None:
    client = logged_in(owner)
    for case in CASES[1], CASES[3]:
        send(client, case, form_of(client, case))
    with tenant(organization):
        oldest = Sending.objects.earliest("pk")
        oldest.sent_at -= timedelta(days=3)
        oldest.save()
    forget_sendings(organization=organization)
    with tenant(organization):
        assert Sending.objects.exclude(pk=oldest.pk).count() == Sending.objects.count() == 1


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize(
    ("posts_to", "field", "told"),
    [
        ("people", "email", "Somebody else here has this e-mail address already."),
        ("people", "external_id", "Somebody else here has this staff number already."),
        ("locations", "external_id", "Another location has this short name already."),
    ],
)
def test_two_who_take_the_same_at_the_same_moment(
    organization: Organization, owner: Person, posts_to: str, field: str, told: str
) -> None:
    """Of two administrators one is told beside the field, whoever of them asked before the other was done."""
    together = Barrier(2)

    def go(spelling: str) -> tuple[int, list[str]]:
        try:
            client = logged_in(owner)
            together.wait()
            said = {"name": spelling, field: "ann@riverside.example"}
            response = client.post(f"{ORG}/settings/{posts_to}/new/", said)
            errors = response.context["form"].errors.get(field, []) if response.status_code == 422 else []
            return response.status_code, list(errors)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for _ in range(3):
            assert sorted(pool.map(go, ["Ann", "Anne"])) in ([(302, []), (422, [told])], [(422, [told])] * 2)
