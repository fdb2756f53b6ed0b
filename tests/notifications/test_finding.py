"""Did Rosa get it? Mails found by person or address, badge and day."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from badges.models import Badge
from notifications.actions import make_notices
from notifications.models import Delivery, Notice
from people.actions import today_in
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory
from tests.notifications.conftest import Give

PAGE = "/riverside/deliveries/"


@pytest.fixture
def rosa(organization: Organization) -> Person:
    return PersonFactory(organization=organization, name="Rosa Díaz", email="rosa@riverside.example")


@pytest.fixture
def safety(organization: Organization) -> Badge:
    return BadgeFactory(organization=organization, name="Safety", slug="safety")


@pytest.fixture(autouse=True)
def mails(organization: Organization, give: Give, bob: Person, rosa: Person, safety: Badge) -> None:
    """Rosa was told of Safety yesterday, by a mail that went out; Bob's mail about Coach waits."""
    give(rosa, badge=safety)
    give(bob)
    make_notices(organization=organization)
    with tenant(organization):
        yesterday = timezone.now() - timedelta(days=1)
        Delivery.objects.filter(recipient=rosa).update(state="sent", sent_at=yesterday)


def found(client: Client, **asked: str) -> list[str]:
    page = client.get(PAGE, asked)
    return [mail.recipient.name for mail in page.context["page"]]


def day(organization: Organization, ago: int) -> str:
    return (today_in(organization) - timedelta(days=ago)).isoformat()


@pytest.mark.parametrize("text", ["rosa", "DIAZ", "díaz ro", "rosa@river"])
def test_by_who_got_it(as_alice: Client, text: str) -> None:
    assert found(as_alice, show="sent", q=text) == ["Rosa Díaz"]
    assert found(as_alice, show="waiting", q=text) == []


def test_by_the_address_of_then(as_alice: Client, organization: Organization, rosa: Person) -> None:
    with tenant(organization):
        Delivery.objects.filter(recipient=rosa).update(address="Old@elsewhere.example")
    assert found(as_alice, show="sent", q="old@ELSE") == ["Rosa Díaz"]
    assert found(as_alice, show="sent", q="elsewhere") == []


def test_by_badge_and_day(as_alice: Client, organization: Organization) -> None:
    yesterday, today = day(organization, 1), day(organization, 0)
    assert found(as_alice, show="sent", badge="safety", on=yesterday) == ["Rosa Díaz"]
    assert found(as_alice, show="sent", badge="coach", on=yesterday) == []
    assert found(as_alice, show="sent", badge="safety", on=today) == []
    assert found(as_alice, show="waiting", badge="coach", on=today) == ["Bob Brown"]


def test_each_tab_says_how_many_it_has_of_them(as_alice: Client) -> None:
    page = as_alice.get(PAGE, {"q": "rosa", "badge": "safety"})
    counts = {key: count for key, _, count in page.context["tabs"]}
    assert counts == {"problems": 0, "waiting": 0, "withheld": 0, "sent": 1, "back": 0}
    html = page.content.decode()
    assert 'href="?q=rosa&amp;badge=safety&amp;show=sent"' in html
    assert "No mail to “rosa” about “Safety” here" in html


def test_without_a_question_nothing_is_counted(as_alice: Client) -> None:
    assert {count for _, _, count in as_alice.get(PAGE).context["tabs"]} == {None}


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ({"on": "soon"}, "on", "Write the day as 2026-03-31."),
        ({"badge": "nosuch"}, "badge", "This badge is not there. Choose another one."),
        ({"q": "a\u202eb"}, "q", "Please take out the invisible or control characters."),
    ],
)
def test_what_cannot_be_looked_for_is_said(
    as_alice: Client, asked: dict[str, str], field: str, says: str
) -> None:
    page = as_alice.get(PAGE, {"show": "sent", "q": "rosa", **asked})
    assert page.context["find"].errors == {field: [says]}
    assert list(page.context["page"]) == []
    assert {count for _, _, count in page.context["tabs"]} == {None}
    assert says in page.content.decode()


def test_what_a_mail_went_without_is_said(as_alice: Client, organization: Organization, rosa: Person) -> None:
    with tenant(organization):
        Notice.objects.filter(recipient=rosa).update(left_out="It is over.")
    assert "Left out: It is over." in as_alice.get(PAGE, {"show": "sent", "q": "rosa"}).content.decode()


def test_trying_again_keeps_what_was_looked_for(as_alice: Client, organization: Organization) -> None:
    with tenant(organization):
        Delivery.objects.update(state="dead", sent_at=None)
    page = as_alice.get(PAGE, {"q": "bob"})
    (mail,) = page.context["page"]
    address = f"/riverside/deliveries/{mail.pk}/retry/?q=bob"
    assert address in page.content.decode()
    assert as_alice.post(address).headers["Location"] == f"{PAGE}?q=bob"


def test_another_organization_finds_nothing(as_charlie: Client) -> None:
    page = as_charlie.get("/halden/deliveries/", {"show": "sent", "q": "rosa"})
    assert list(page.context["page"]) == []
    assert as_charlie.get("/halden/deliveries/", {"badge": "safety"}).context["find"].errors


def test_finding_asks_as_often_for_many(
    as_alice: Client, organization: Organization, safety: Badge, give: Give
) -> None:
    asked = {"show": "waiting", "q": "wa", "badge": "safety", "on": day(organization, 0)}

    def add(name: str) -> None:
        give(PersonFactory(organization=organization, name=name), badge=safety)
        make_notices(organization=organization)

    def queries() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as captured:
            shown = found(as_alice, **asked)
        return len(shown), len(captured)

    add("Wang Li")
    one, few = queries()
    for number in range(3):
        add(f"Wanda {number}")
    assert (one, queries()) == (1, (4, few))
    assert few < 30
