"""Improvements and projects as people see them."""

import pytest
from django.test import Client

from activity.models import WorkItem
from activity.steps import submit_improvement
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import PersonFactory

LIST = "/riverside/improvements/"
NEW = "/riverside/improvements/new/"


@pytest.fixture
def item(bob: Person) -> WorkItem:
    with tenant(bob.organization):
        return submit_improvement(author=bob, title="Red lids")


def titles(response: object) -> list[str]:
    return [item.title for item in response.context["page"]]  # type: ignore[attr-defined]


def test_an_employee_submits_an_improvement_with_a_colleague(as_bob: Client, mary: Person) -> None:
    form = {"kind": "improvement", "title": "Red lids", "problem": "Mixed up", "team": [mary.pk]}
    response = as_bob.post(NEW, form, follow=True)
    assert response.redirect_chain == [("/riverside/improvements/1/", 302)]
    assert "Red lids" in response.text
    assert "Mary Moss" in response.text


def test_a_project_is_led_by_whoever_starts_it(as_bob: Client, bob: Person) -> None:
    as_bob.post(NEW, {"kind": "project", "title": "New stock room"})
    with tenant(bob.organization):
        assert list(WorkItem.objects.values_list("kind", "leader")) == [("project", bob.pk)]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("title", "", "Say in a few words what it is."),
        ("title", "x" * 151, "at most 150 characters"),
        ("title", "Red\u202elids", "invisible or control characters"),
        ("title", "Red\0lids", "Null characters"),
        ("team", "9" * 30, "not one of the available choices"),
        ("team", "%00", "not a valid value"),
        ("location", "9" * 30, "not one of the available choices"),
        ("kind", "holiday", "not one of the available choices"),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(
    as_bob: Client, bob: Person, field: str, value: str, message: str
) -> None:
    response = as_bob.post(
        NEW, {"kind": "improvement", "title": "Red lids", "problem": "Mixed up", field: value}
    )
    assert response.status_code == 400
    assert message in str(response.context["form"].errors[field])
    assert "Mixed up" in response.text
    with tenant(bob.organization):
        assert WorkItem.objects.count() == 0


def test_a_colleague_of_another_organization_cannot_be_named(as_bob: Client, charlie: Person) -> None:
    response = as_bob.post(NEW, {"kind": "improvement", "title": "Red lids", "team": [charlie.pk]})
    assert "not one of the available choices" in str(response.context["form"].errors["team"])


def test_the_steps_of_an_item(as_bob: Client, item: WorkItem) -> None:
    for step, state in (("start", "In progress"), ("complete", "Completed"), ("reopen", "In progress")):
        response = as_bob.post(f"{LIST}1/move/", {"step": step, "impact": "500"}, follow=True)
        assert state in response.text
    assert "No longer counts" in response.text


def test_an_impact_that_is_no_amount_is_refused(as_bob: Client, item: WorkItem) -> None:
    for impact in ("much", "-1", "1e999", "NaN"):
        response = as_bob.post(f"{LIST}1/move/", {"step": "complete", "impact": impact})
        assert (response.status_code, list(response.context["form"].errors)) == (400, ["impact"])


def test_who_may_move_an_item(as_alice: Client, as_mary: Client, as_charlie: Client, item: WorkItem) -> None:
    assert as_alice.post(f"{LIST}1/move/", {"step": "start"}).status_code == 403
    assert as_charlie.post(f"{LIST}1/move/", {"step": "start"}).status_code == 404
    assert as_charlie.get(f"{LIST}1/").status_code == 404
    assert as_mary.post(f"{LIST}1/move/", {"step": "start"}).status_code == 302


def test_the_list_shows_mine_unless_all_are_asked_for(
    as_bob: Client, as_mary: Client, item: WorkItem
) -> None:
    assert titles(as_bob.get(LIST)) == ["Red lids"]
    assert titles(as_mary.get(LIST)) == []
    assert titles(as_mary.get(LIST, {"whose": "all"})) == ["Red lids"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "red"}, True),
        ({"q": "IMP-1"}, True),
        ({"q": "blue"}, False),
        ({"q": "9" * 40}, False),
        ({"q": "\0"}, True),
        ({"q": "%" * 5000}, True),
        ({"state": "completed"}, False),
        ({"state": "nonsense"}, True),
        ({"page": "-1"}, True),
        ({"page": "1" * 19}, True),
    ],
)
def test_the_list_can_be_narrowed_and_takes_no_harm(
    as_bob: Client, item: WorkItem, query: dict, found: bool
) -> None:
    assert titles(as_bob.get(LIST, query)) == (["Red lids"] if found else [])


@pytest.mark.parametrize("number", ["0", "2", "9" * 18, "9" * 400, "-1", "\u0661"])
def test_what_is_not_there_is_not_found(as_bob: Client, item: WorkItem, number: str) -> None:
    assert as_bob.get(f"{LIST}{number}/").status_code == 404


def test_the_list_asks_the_same_however_long_it_is(
    as_bob: Client, bob: Person, organization: Organization, django_assert_num_queries
) -> None:
    counts = []
    for more in (1, 2):
        with tenant(organization):
            for _ in range(more):
                author = PersonFactory(organization=organization)
                submit_improvement(author=author, title="Idea", team=[bob])
        with django_assert_num_queries(0, exact=False) as asked:
            as_bob.get(LIST)
        counts.append(len(asked))
    assert counts[0] == counts[1]
