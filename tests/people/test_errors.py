"""What the house answers to requests that fit no page."""

import pytest
from django.test import Client

from activity.steps import submit_improvement
from people.models import Organization, Person
from people.tenancy import tenant


def test_a_method_that_is_not_taken_has_a_page_and_says_what_is(as_bob: Client) -> None:
    answer = as_bob.get("/riverside/notices/read/")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    page = answer.content.decode()
    assert "This address takes forms alone" in page
    assert "Riverside Health" in page


def test_outside_of_organizations_too(db: None) -> None:
    answer = Client().delete("/accounts/invitation/none/")
    assert (answer.status_code, "This address takes forms alone" in answer.content.decode()) == (405, True)


@pytest.mark.parametrize("host", ["testserver.", "testserver.:80"])
def test_a_host_with_a_dot_at_its_end_is_another_host(db: None, host: str) -> None:
    assert Client(headers={"host": host}).get("/accounts/login/").status_code == 400
    assert Client(headers={"host": "testserver"}).get("/accounts/login/").status_code == 200


@pytest.mark.parametrize("address", ["comments/", "files/", "verify/", "move/"])
def test_a_refused_form_can_be_loaded_again(
    as_mary: Client, organization: Organization, bob: Person, address: str
) -> None:
    with tenant(organization):
        item = submit_improvement(author=bob, title="Red lids")
    page = item.get_absolute_url()
    answer = as_mary.get(f"{page}{address}")
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
