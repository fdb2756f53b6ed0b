"""Mail through a provider, and what becomes of it afterwards."""

import base64
import hashlib
import hmac
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from badges.models import Badge, Emblem, EmblemImage
from config.mail import events
from notifications.actions import make_notices
from notifications.bouncing import mark_of, trust_address, whose
from notifications.channels import Unreachable
from notifications.delivering import deliver, deliver_due
from notifications.models import Bounce, Delivery, Notice, StoppedAddress
from people.clock import now
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory
from tests.notifications import esp as provider
from tests.notifications.conftest import Give
from tests.notifications.esp import Esp

pytestmark = pytest.mark.usefixtures("committed_db")
SECRET = "lapel:a-long-password"
INACTIVE = (
    "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: "
    "bob@riverside.example. Inactive recipients are ones that have generated a hard bounce."
)
URL = "/accounts/mail/events/"


@pytest.fixture
def esp(settings: Settings) -> Iterator[Esp]:
    with provider.listening() as esp:
        settings.MAILERS = esp.mailers()
        settings.MAIL_PROVIDER, settings.ANYMAIL = "postmark", events("postmark", SECRET)
        yield esp


@pytest.fixture
def queued(committed_db: None, organization: Organization, give: Give, bob: Person) -> Delivery:
    return another(organization, give, bob)


@pytest.fixture
def sent(esp: Esp, queued: Delivery) -> Delivery:
    assert deliver(organization=queued.organization, delivery_id=queued.pk) == "sent"
    return again(queued)


def another(organization: Organization, give: Give, person: Person) -> Delivery:
    give(person, badge=BadgeFactory(organization=organization))
    make_notices(organization=organization)
    with tenant(organization):
        return Delivery.objects.latest("pk")


def again(delivery: Delivery) -> Delivery:
    with tenant(delivery.organization):
        return Delivery.objects.get(pk=delivery.pk)


def attempt(delivery: Delivery) -> str | None:
    try:
        return deliver(organization=delivery.organization, delivery_id=delivery.pk)
    except Unreachable:
        return again(delivery).state


def stopped(organization: Organization) -> list[tuple[str, str]]:
    with tenant(organization):
        return list(StoppedAddress.objects.filter(trusted_at=None).values_list("address", "why"))


def report(delivery: Delivery, **changes: Any) -> dict[str, Any]:
    """What Postmark tells of a mail that came back."""
    told = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 42,
        "MessageID": "esp-1",
        "Email": delivery.address,
        "BouncedAt": "2026-11-24T01:02:03Z",
        "Details": "550 5.1.1 no such user",
        "Metadata": {"lapel": mark_of(delivery)},
    }
    return {**told, **changes}


def tell(body: Any, secret: str = SECRET, **headers: str) -> int:
    login = base64.b64encode(secret.encode()).decode()
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(enforce_csrf_checks=True, raise_request_exception=True)
    return client.post(
        URL, data, content_type="application/json", headers={"Authorization": f"Basic {login}", **headers}
    ).status_code


# --- sending


def test_the_provider_gets_everything_that_a_mail_has(sent: Delivery, esp: Esp) -> None:
    [message] = esp.received
    headers = {header["Name"]: header["Value"] for header in message["Headers"]}
    assert message["To"] == "Bob Brown <bob@riverside.example>"
    assert message["Subject"].startswith("You earned")
    assert message["TextBody"].startswith("Well done, Bob")
    assert "Well done, Bob" in message["HtmlBody"]
    assert headers["Message-ID"] == sent.message_id
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["List-Unsubscribe"].startswith("<http://testserver/accounts/mail/stop/")
    assert "Date" not in headers
    assert message["Metadata"] == {"lapel": mark_of(sent)}
    assert len(mark_of(sent)) <= 80
    assert (sent.provider_id, sent.state) == ("esp-1", "sent")


def test_the_emblem_goes_with_it(
    esp: Esp, organization: Organization, give: Give, bob: Person, picture: bytes
) -> None:
    give(bob)
    make_notices(organization=organization)
    deliver_due(organization=organization)
    [attachment] = esp.received[0]["Attachments"]
    assert (attachment["ContentID"], base64.b64decode(attachment["Content"])) == ("cid:emblem@lapel", picture)
    assert 'src="cid:emblem@lapel"' in esp.received[0]["HtmlBody"]


@pytest.fixture
def picture(organization: Organization, badge: Badge) -> bytes:
    with tenant(organization):
        emblem = Emblem.objects.create(organization=organization)
        EmblemImage.objects.create(
            organization=organization, emblem=emblem, width=168, data=b"\x89PNG picture"
        )
        badge.emblem = emblem
        badge.save()
    return b"\x89PNG picture"


@pytest.mark.parametrize(
    ("status", "answer", "state", "uncertain"),
    [
        (422, {"ErrorCode": 406, "Message": INACTIVE}, "dead", False),
        (422, {"ErrorCode": 300, "Message": "Invalid email request"}, "dead", False),
        (401, {"ErrorCode": 10, "Message": "No such server"}, "queued", False),
        (429, {}, "queued", False),
        (500, {}, "queued", False),
        (503, {}, "queued", False),
        (0, {}, "queued", True),
    ],
)
def test_each_refusal_has_its_consequence(
    queued: Delivery, esp: Esp, status: int, answer: dict[str, Any], state: str, uncertain: bool
) -> None:
    esp.plans.append((status, answer))
    assert attempt(queued) == state
    after = again(queued)
    assert (after.uncertain, bool(after.last_error), "k3y" in after.last_error) == (uncertain, True, False)
    assert esp.received == []


def test_a_mute_provider_may_have_taken_it(queued: Delivery, esp: Esp, settings: Settings) -> None:
    settings.MAILERS = esp.mailers(timeout=0.3)
    esp.plans.append((-1, {}))
    with pytest.raises(Unreachable):
        deliver(organization=queued.organization, delivery_id=queued.pk)
    assert (again(queued).state, again(queued).uncertain) == ("queued", True)


def test_a_provider_that_is_away_did_not_take_it(queued: Delivery, esp: Esp, settings: Settings) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        settings.MAILERS["default"]["OPTIONS"]["api_url"] = f"http://127.0.0.1:{nobody.getsockname()[1]}/"
        with pytest.raises(Unreachable):
            deliver(organization=queued.organization, delivery_id=queued.pk)
    assert (again(queued).state, again(queued).uncertain) == ("queued", False)


def test_one_poisoned_mail_does_not_stop_the_others(
    queued: Delivery, esp: Esp, give: Give, mary: Person
) -> None:
    second = another(queued.organization, give, mary)
    esp.plans.append((500, {"Message": "cannot read this"}))
    assert deliver_due(organization=queued.organization) == 1
    assert [again(queued).state, again(second).state] == ["queued", "sent"]


# --- what is reported


def test_a_hard_bounce_stops_the_address(
    organization: Organization, sent: Delivery, give: Give, bob: Person, esp: Esp
) -> None:
    assert tell(report(sent)) == 200
    after = again(sent)
    assert (after.state, after.came_back, after.last_error) == ("sent", "bounced", "550 5.1.1 no such user")
    assert stopped(organization) == [("bob@riverside.example", "bounced")]
    later = another(organization, give, bob)
    assert attempt(later) == "withheld"
    assert again(later).last_error.startswith("Mail to this address came back")
    assert len(esp.received) == 1
    with tenant(organization):
        assert AuditEntry.objects.filter(action="address.stopped", actor=None).count() == 1
        assert Notice.objects.filter(recipient=bob).count() == 2


def test_told_again_nothing_changes(organization: Organization, sent: Delivery, alice: Person) -> None:
    assert [tell(report(sent)), tell(report(sent))] == [200, 200]
    with tenant(organization):
        assert Bounce.objects.count() == 1
        assert trust_address(stopped=StoppedAddress.objects.get(), by=alice)
        assert not trust_address(stopped=StoppedAddress.objects.get(), by=alice)
    assert tell(report(sent)) == 200
    assert stopped(organization) == []


def test_a_late_report_of_a_mail_before_does_not_stop_it_again(
    organization: Organization, sent: Delivery, alice: Person
) -> None:
    tell(report(sent))
    with tenant(organization):
        trust_address(stopped=StoppedAddress.objects.get(), by=alice)
    assert tell(report(sent, ID=43)) == 200
    assert stopped(organization) == []


def test_a_report_of_a_mail_after_stops_it_again(
    organization: Organization, sent: Delivery, alice: Person, give: Give, bob: Person
) -> None:
    tell(report(sent))
    with tenant(organization):
        trust_address(stopped=StoppedAddress.objects.get(), by=alice)
    later = another(organization, give, bob)
    assert attempt(later) == "sent"
    tell(report(later, ID=43))
    assert stopped(organization) == [("bob@riverside.example", "bounced")]


def test_a_new_address_gets_mail(
    organization: Organization, sent: Delivery, give: Give, bob: Person, esp: Esp
) -> None:
    tell(report(sent))
    with tenant(organization):
        Person.objects.filter(pk=bob.pk).update(email="bob.brown@riverside.example")
        bob.refresh_from_db()
    assert attempt(another(organization, give, bob)) == "sent"


def test_a_complaint_stops_it_too(organization: Organization, sent: Delivery) -> None:
    tell(report(sent, RecordType="SpamComplaint", Type="SpamComplaint"))
    assert again(sent).came_back == "complained"
    assert stopped(organization) == [("bob@riverside.example", "complained")]


@pytest.mark.parametrize("kind", ["SoftBounce", "Transient"])
def test_what_was_put_off_is_only_counted(
    organization: Organization, sent: Delivery, as_alice: Client, kind: str
) -> None:
    for number in (1, 2, 2):
        tell(report(sent, Type=kind, ID=number))
    assert (again(sent).soft_bounces, again(sent).came_back, stopped(organization)) == (2, "", [])
    assert "Put off 2 times on its way" in as_alice.get("/riverside/deliveries/?show=sent").content.decode()


def test_a_report_may_come_before_we_know_that_it_went(queued: Delivery, esp: Esp, alice: Person) -> None:
    with tenant(queued.organization):
        Delivery.objects.update(state="sending", attempts=1)
    tell(report(queued))
    with tenant(queued.organization):
        assert StoppedAddress.objects.count() == 1
    assert (again(queued).state, again(queued).came_back) == ("sending", "bounced")
    with tenant(queued.organization):
        StoppedAddress.objects.update(trusted_at=now(), trusted_by=alice)
        Delivery.objects.update(state="queued", lease_until=None)
    assert attempt(queued) == "sent"
    assert (again(queued).came_back, again(queued).last_error) == ("bounced", "550 5.1.1 no such user")


@pytest.mark.parametrize(
    "changes",
    [
        {"Email": "mallory@x.example"},
        {"Metadata": {}},
        {"Metadata": {"lapel": "1-1:forged"}},
        {"Metadata": {"lapel": 7}},
        {"Metadata": {"lapel": "\u0000"}},
        {"Metadata": []},
        {"RecordType": "Delivery"},
        {"RecordType": "Open"},
    ],
)
def test_what_is_not_of_this_mail_changes_nothing(
    organization: Organization, sent: Delivery, changes: dict[str, Any]
) -> None:
    assert tell(report(sent, **changes)) in {200, 400}
    assert (again(sent).came_back, stopped(organization)) == ("", [])


def test_another_organization_does_not_notice(sent: Delivery, charlie: Person) -> None:
    tell(report(sent))
    assert stopped(charlie.organization) == []


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b"7", b'"x"', b"{}", b"\x00\xff", b'[{"RecordType": 1}]'])
def test_nonsense_is_refused(esp: Esp, body: bytes) -> None:
    assert tell(body) in {200, 400}


def test_without_the_secret_nobody_is_believed(organization: Organization, sent: Delivery) -> None:
    assert [tell(report(sent), secret="lapel:wrong"), tell(report(sent), secret=":")] == [400, 400]
    assert Client().post(URL, report(sent), content_type="application/json").status_code == 400
    assert Client().get(URL).status_code == 405
    assert Client().head(URL).status_code == 200
    assert stopped(organization) == []


@pytest.mark.parametrize(("provider", "secret"), [("", SECRET), ("postmark", "")])
def test_there_is_no_such_page_where_nothing_is_set_up(
    sent: Delivery, settings: Settings, provider: str, secret: str
) -> None:
    settings.MAIL_PROVIDER, settings.ANYMAIL = provider, events(provider, secret)
    assert tell(report(sent)) == 404


def test_a_signature_is_believed(organization: Organization, sent: Delivery, settings: Settings) -> None:
    key = "a-signing-key-of-theirs"
    settings.MAIL_PROVIDER, settings.ANYMAIL = "mailgun", events("mailgun", key)

    def signed(key: str) -> dict[str, Any]:
        signature = hmac.new(key.encode(), b"1700000000t0k3n", hashlib.sha256).hexdigest()
        return {
            "signature": {"timestamp": "1700000000", "token": "t0k3n", "signature": signature},
            "event-data": {
                "event": "failed",
                "severity": "permanent",
                "id": "e1",
                "timestamp": 1700000000.5,
                "recipient": sent.address,
                "user-variables": {"lapel": mark_of(sent)},
                "delivery-status": {"message": "550 no such user"},
            },
        }

    assert tell(signed("another-key-altogether")) == 400
    assert stopped(organization) == []
    assert tell(signed(key)) == 200
    assert stopped(organization) == [("bob@riverside.example", "bounced")]


def sparkpost(bounce_class: str, to: str, mark: str) -> Any:
    event = {"type": "bounce", "bounce_class": bounce_class, "raw_rcpt_to": to, "rcpt_meta": json.loads(mark)}
    return [{"msys": {"message_event": event}}]


SAYS: list[tuple[str, Callable[[str, str], Any], str]] = [
    ("brevo", lambda to, mark: {"event": "hard_bounce", "email": to, "X-Mailin-custom": mark}, "bounced"),
    ("brevo", lambda to, mark: {"event": "soft_bounce", "email": to, "X-Mailin-custom": mark}, ""),
    ("mailjet", lambda to, mark: {"event": "bounce", "email": to, "hard_bounce": True, "Payload": mark}, "bounced"),
    ("mailjet", lambda to, mark: {"event": "bounce", "email": to, "hard_bounce": False, "Payload": mark}, ""),
    ("mailjet", lambda to, mark: {"event": "spam", "email": to, "Payload": mark}, "complained"),
    (
        "resend",
        lambda to, mark: {
            "type": "email.bounced",
            "data": {
                "to": [to],
                "bounce": {"message": "sent a bounce message", "type": "Transient"},
                "headers": [{"name": "X-Metadata", "value": mark}],
            },
        },
        "",
    ),
    (
        "resend",
        lambda to, mark: {
            "type": "email.bounced",
            "data": {
                "to": [to],
                "bounce": {"message": "sent a hard bounce message", "type": "Permanent"},
                "headers": [{"name": "X-Metadata", "value": mark}],
            },
        },
        "bounced",
    ),
    (
        "sparkpost",
        lambda to, mark: sparkpost("22", to, mark),
        "",
    ),
    (
        "sparkpost",
        lambda to, mark: sparkpost("10", to, mark),
        "bounced",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("provider", "says", "came_back"), SAYS)
def test_each_provider_has_its_words(
    sent: Delivery, settings: Settings, provider: str, says: Callable[[str, str], Any], came_back: str
) -> None:
    settings.MAIL_PROVIDER, settings.ANYMAIL = provider, events(provider, SECRET)
    assert tell(says(sent.address, json.dumps({"lapel": mark_of(sent)}))) == 200
    assert again(sent).came_back == came_back
    assert again(sent).soft_bounces == (0 if came_back else 1)


def test_a_mark_names_only_what_lapel_signed(sent: Delivery) -> None:
    named = whose(mark_of(sent))
    assert named is not None
    assert (named.organization_id, named.delivery_id) == (sent.organization_id, sent.pk)
    assert whose(mark_of(sent).replace(f"-{sent.pk}:", f"-{sent.pk + 1}:")) is None


# --- pages


def test_it_is_shown_where_people_look(
    sent: Delivery, bob: Person, as_alice: Client, as_bob: Client, as_mary: Client, organization: Organization
) -> None:
    tell(report(sent))
    for url in (f"people/{bob.pk}/", f"settings/people/{bob.pk}/", f"deliveries/?to={bob.pk}"):
        page = as_alice.get(f"/riverside/{url}").content.decode()
        assert "Mail to bob@riverside.example does not arrive" in page
        assert "550 5.1.1 no such user" in page
        assert "Send mail there again" in page
    assert "Came back" in as_alice.get("/riverside/deliveries/?show=back").content.decode()
    for url in ("/riverside/", "/riverside/notices/", "/riverside/notices/mail/"):
        assert "Mail to bob@riverside.example does not reach you" in as_bob.get(url).content.decode()
        assert "does not reach you" not in as_mary.get(url).content.decode()


def test_an_administrator_says_that_it_works(
    sent: Delivery, bob: Person, as_alice: Client, as_bob: Client, organization: Organization
) -> None:
    tell(report(sent))
    with tenant(organization):
        url = f"/riverside/deliveries/addresses/{StoppedAddress.objects.get().pk}/trust/"
    assert as_bob.post(url).status_code == 403
    assert stopped(organization) == [("bob@riverside.example", "bounced")]
    assert as_alice.post(url, follow=True).status_code == 200
    assert stopped(organization) == []
    assert "does not reach you" not in as_bob.get("/riverside/").content.decode()
    with tenant(organization):
        assert AuditEntry.objects.filter(action="address.trusted").count() == 1


def test_mail_trouble_costs_the_same_for_one_and_for_many(
    sent: Delivery, give: Give, mary: Person, as_alice: Client
) -> None:
    tell(report(sent))

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            as_alice.get("/riverside/deliveries/?show=back")
        return len(seen)

    one = queries()
    for _ in range(2):
        later = another(sent.organization, give, mary)
        assert attempt(later) == "sent"
        with tenant(sent.organization):
            Delivery.objects.filter(pk=later.pk).update(came_back="bounced")
    assert queries() == one
