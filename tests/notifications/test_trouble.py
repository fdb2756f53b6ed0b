"""Mail that does not arrive makes itself known where administrators look."""

import pytest
from django.test import Client

from notifications.actions import make_notices
from notifications.delivering import deliver_due
from notifications.models import Delivery
from notifications.queries import mail_trouble
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory
from tests.notifications.conftest import Give
from tests.notifications.sink import Sink

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture
def refused(committed_db: None, organization: Organization, give: Give, bob: Person, sink: Sink) -> Delivery:
    """Bob's address was refused for good."""
    sink.plans.append({"RCPT": "550 no such <user>"})
    give(bob)
    make_notices(organization=organization)
    deliver_due(organization=organization)
    with tenant(organization):
        return Delivery.objects.get()


def trouble(person: Person) -> str | None:
    with tenant(person.organization):
        last = mail_trouble(Person.objects.get(pk=person.pk))
        return last and last.said


def test_it_stays_at_the_person_until_a_mail_gets_through(
    organization: Organization, refused: Delivery, give: Give, bob: Person, mary: Person, sink: Sink
) -> None:
    assert (trouble(bob), trouble(mary)) == ("550 no such <user>", None)
    give(bob, badge=BadgeFactory(organization=organization))
    make_notices(organization=organization)
    assert trouble(bob) == "550 no such <user>"
    deliver_due(organization=organization)
    assert trouble(bob) is None


def test_a_new_address_is_trusted(refused: Delivery, bob: Person) -> None:
    with tenant(bob.organization):
        Person.objects.filter(pk=bob.pk).update(email="bob.brown@riverside.example")
    assert trouble(bob) is None


def test_the_profile_tells_administrators_and_nobody_else(
    refused: Delivery, bob: Person, as_alice: Client, as_mary: Client, as_bob: Client
) -> None:
    page = as_alice.get(f"/riverside/people/{bob.pk}/").content.decode()
    assert "Mail to bob@riverside.example does not arrive" in page
    assert "550 no such &lt;user&gt;" in page
    assert f'href="/riverside/deliveries/?to={bob.pk}"' in page
    for client in (as_mary, as_bob):
        assert "does not arrive" not in client.get(f"/riverside/people/{bob.pk}/").content.decode()


def test_the_mails_of_one_person_can_be_looked_at(
    organization: Organization, refused: Delivery, give: Give, bob: Person, as_alice: Client
) -> None:
    other = PersonFactory(organization=organization)
    give(other)
    make_notices(organization=organization)
    for person, tab, found in ((bob, "problems", 1), (bob, "waiting", 0), (other, "waiting", 1)):
        page = as_alice.get(f"/riverside/deliveries/?to={person.pk}&show={tab}")
        assert len(page.context["page"]) == found
    assert len(as_alice.get("/riverside/deliveries/?show=waiting").context["page"]) == 1


@pytest.mark.parametrize("asked", ["x", "9" * 18, "9" * 40, "%00", "١", ""])
def test_odd_people_are_nobody_in_particular(refused: Delivery, as_alice: Client, asked: str) -> None:
    page = as_alice.get(f"/riverside/deliveries/?to={asked}")
    assert (page.status_code, len(page.context["page"])) == (200, 1)


def test_the_list_of_notices_says_how_many_were_given_up(
    refused: Delivery, as_alice: Client, as_bob: Client
) -> None:
    assert "Mail sent, 1 given up" in as_alice.get("/riverside/notices/").content.decode()
    assert "given up" not in as_bob.get("/riverside/notices/").content.decode()
