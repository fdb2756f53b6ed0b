"""What the mail says, and that nobody can put anything else into it."""

from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from django.core import mail
from django.core.mail import EmailMessage as DjangoMessage
from pytest_django import Settings

from activity.models import Activity, Source
from badges.actions import revoke_award
from badges.models import Award, AwardChange, AwardEvent, Badge, Emblem, EmblemImage, EndedWhy, Origin
from notifications.actions import make_notices
from notifications.messages import letter
from notifications.models import Delivery, Notice
from people.clock import now
from people.models import Logo, Organization, Person
from people.organizations import remove_logo, set_logo
from people.tenancy import tenant
from rules.models import Rule, RuleVersion
from tests.badges.pictures import picture
from tests.factories import BadgeFactory, KindFactory, PersonFactory, WorkItemFactory
from tests.notifications.conftest import Give

BURST = {
    "id": "kaizen-burst",
    "name": "Kaizen Burst",
    "repeatable": False,
    "criterion": {
        "type": "count",
        "at_least": 3,
        "within": "7 days",
        "select": {"kinds": ["improvement.submitted"]},
    },
    "retention": {"type": "permanent"},
}


def written(organization: Organization) -> list[EmailMessage]:
    """The mail of each notice, if it went alone, as a mail client reads it."""
    make_notices(organization=organization)
    with tenant(organization):
        notices = Notice.objects.with_subjects().select_related("delivery__recipient", "recipient")
        return [parsed(letter(notice.delivery, [notice])) for notice in notices.order_by("id")]


def parsed(one: DjangoMessage) -> EmailMessage:
    return message_from_bytes(one.message(policy=policy.SMTP).as_bytes(), policy=policy.default)


def stop_of_mail(message: EmailMessage) -> str:
    return str(message["List-Unsubscribe"]).strip("<>")


def body(message: EmailMessage, subtype: str) -> str:
    return message.get_body((subtype,)).get_content()


@pytest.fixture
def burst(organization: Organization, bob: Person, alice: Person) -> Award:
    """Bob's Kaizen Burst: three improvements, the last one late on a Monday evening in New York."""
    badge = BadgeFactory(
        organization=organization, slug="kaizen-burst", name="Kaizen Burst", description="Ideas in a burst."
    )
    kind = KindFactory(organization=organization)
    with tenant(organization):
        rule = Rule.objects.create(organization=organization, badge=badge, current=1)
        RuleVersion.objects.create(
            organization=organization, rule=rule, number=1, definition=BURST, made_at=now(), made_by=alice
        )
        source = Source.objects.create(organization=organization, name="lapel")
    evidence = []
    for n, day in enumerate((11, 14, 17)):
        title = f"Idea number {n + 1}"
        item = WorkItemFactory(organization=organization, number=41 + n, title=title, author=bob)
        at = datetime(2026, 11, day, 3, 30, tzinfo=UTC)
        with tenant(organization):
            evidence.append(
                Activity.objects.create(
                    organization=organization,
                    person=bob,
                    kind=kind,
                    occurred_at=at,
                    recorded_at=at,
                    item=item,
                    subject=title,
                    source=source,
                    external_id=f"{n}",
                ).pk
            )
    with tenant(organization):
        award = Award.objects.create(
            organization=organization,
            badge=badge,
            person=bob,
            origin=Origin.RULE,
            starts_at=at,
            evidence=evidence,
            rule_version=1,
            recorded_at=at,
        )
    tell(award, AwardChange.GRANTED)
    return award


def tell(award: Award, change: str, **fields: object) -> None:
    with tenant(award.organization):
        AwardEvent.objects.create(
            organization=award.organization, award=award, change=change, at=now(), to_tell=True, **fields
        )


def test_the_logo_goes_with_the_html_beside_the_name(
    organization: Organization, burst: Award, alice: Person
) -> None:
    """As a part of it, small as on pages; who blocks pictures reads the name, and the text knows of none."""
    (without,) = written(organization)
    assert "logo" not in without.as_string()
    with tenant(organization):
        set_logo(organization=organization, by=alice, data=picture(400, 100))
        logo = bytes(Logo.objects.get().png)
        organization.refresh_from_db()
    with tenant(organization):
        notice = Notice.objects.with_subjects().select_related("delivery__recipient", "recipient").get()
        message = parsed(letter(notice.delivery, [notice]))
    assert body(message, "plain") == body(without, "plain")
    html = body(message, "html")
    assert '<img src="cid:logo@lapel" width="112" height="28" alt=""' in html
    assert html.count("Riverside Health</span>") == 1
    parts = [part for part in message.walk() if part["Content-ID"] == "<logo@lapel>"]
    assert [(part.get_content(), part.get_filename()) for part in parts] == [(logo, "logo.png")]
    with tenant(organization):
        remove_logo(organization=organization, by=alice)
        organization.refresh_from_db()
    assert "logo" not in written(organization)[0].as_string()


def test_a_rule_s_mail_says_how_exactly_it_was_earned(organization: Organization, burst: Award) -> None:
    (message,) = written(organization)
    assert message["Subject"] == "You earned Kaizen Burst"
    assert message["To"] == "Bob Brown <bob@riverside.example>"
    assert message["From"] == "Riverside Health by Lapel <lapel@localhost>"
    assert message["Auto-Submitted"] == "auto-generated"
    base = "http://testserver/riverside"
    assert body(message, "plain").splitlines() == [
        "Well done, Bob",
        "",
        "You earned Kaizen Burst.",
        "",
        "WHY",
        "Given to anyone who has submitted at least 3 improvements within 7 days. Kept for good.",
        "",
        "WHAT COUNTED",
        "1. Idea number 1 (IMP-41), 10 November 2026",
        "2. Idea number 2 (IMP-42), 13 November 2026",
        "3. Idea number 3 (IMP-43), 16 November 2026",
        "",
        "Ideas in a burst.",
        "It does not end by itself.",
        "",
        "See your badge",
        f"{base}/awards/{burst.pk}/",
        "",
        "--",
        "Riverside Health",
        "You get this because you earned a badge.",
        f"All your notices: {base}/notices/",
        f"Choose your mail: {base}/notices/mail/",
        f"Stop mails like this: {stop_of_mail(message)}",
    ]


def test_the_html_says_the_same(organization: Organization, burst: Award) -> None:
    (message,) = written(organization)
    html = body(message, "html")
    for fact in (
        "Well done, Bob",
        "Given to anyone who has submitted at least 3 improvements within 7 days. Kept for good.",
        '<a class="lnk" href="http://testserver/riverside/improvements/41/"',
        "Idea number 3",
        "IMP-43, 16 November 2026",
        f'<a href="http://testserver/riverside/awards/{burst.pk}/"',
    ):
        assert html.count(fact) >= 1, fact


def test_by_hand_it_says_who_and_why(organization: Organization, give: Give, bob: Person) -> None:
    award = give(bob, reason="For the hand-over card")
    with tenant(organization):
        Award.objects.filter(pk=award.pk).update(
            starts_at=datetime(2026, 11, 2, 15, tzinfo=UTC),
            expires_at=datetime(2027, 11, 2, 15, tzinfo=UTC),
            recorded_at=datetime(2026, 11, 16, 15, tzinfo=UTC),
        )
    (message,) = written(organization)
    lines = body(message, "plain").splitlines()
    assert lines[4:9] == [
        "WHY",
        "Alice Adams gave it to you on 16 November 2026, from 2 November 2026 on: “For the hand-over card”",
        "",
        "Helps others.",
        "It ends on 2 November 2027.",
    ]


def test_taken_back_it_says_by_whom_why_and_how_to_earn_it_again(
    organization: Organization, give: Give, alice: Person, bob: Person
) -> None:
    award = give(bob)
    with tenant(organization):
        revoke_award(award=award, by=alice, reason="Meant for another Bob")
        on = datetime(2026, 11, 16, 15, tzinfo=UTC)
        Award.objects.filter(pk=award.pk).update(starts_at=on - timedelta(days=1), ended_at=on)
    message = written(organization)[1]
    assert message["Subject"] == "Coach was taken back"
    assert body(message, "plain").splitlines()[:9] == [
        "Coach was taken back",
        "",
        "WHY",
        "Alice Adams took it back on 16 November 2026: “Meant for another Bob”",
        "You held it from 15 November 2026 to 16 November 2026. That stays in your history.",
        "",
        "HOW TO EARN IT AGAIN",
        "It is given by hand. Helps others.",
        "",
    ]


@pytest.mark.parametrize(
    ("why", "reason"),
    [
        (EndedWhy.EXPIRED, "It ended on 16 November 2026, because its time was over."),
        (EndedWhy.LAPSED, "It ended on 16 November 2026, because what kept it no longer holds."),
        (EndedWhy.UNSUPPORTED, "The record was corrected, and no longer supports it."),
    ],
)
def test_ended_by_itself_it_says_why_and_the_rule(
    organization: Organization, burst: Award, why: str, reason: str
) -> None:
    with tenant(organization):
        at = datetime(2026, 11, 17, 3, 30, tzinfo=UTC)
        Award.objects.filter(pk=burst.pk).update(ended_at=at, ended_why=why)
    tell(burst, AwardChange.ENDED)
    message = written(organization)[1]
    lines = body(message, "plain").splitlines()
    assert message["Subject"] == "Kaizen Burst has ended"
    assert lines[3] == reason
    assert (
        lines[7] == "Given to anyone who has submitted at least 3 improvements within 7 days. Kept for good."
    )


def test_a_retired_badge_does_not_say_how_to_earn_it(
    organization: Organization, give: Give, alice: Person, bob: Person, badge: Badge
) -> None:
    award = give(bob)
    with tenant(organization):
        revoke_award(award=award, by=alice, reason="Retired")
        Badge.objects.update(state="retired")
    assert "This badge is not given any more." in body(written(organization)[1], "plain").splitlines()


def test_the_emblem_comes_with_the_mail(
    organization: Organization, give: Give, bob: Person, badge: Badge
) -> None:
    with tenant(organization):
        emblem = Emblem.objects.create(organization=organization, digest="d")
        for width in (80, 168, 384):
            EmblemImage.objects.create(
                organization=organization, emblem=emblem, width=width, data=b"PNG %d" % width
            )
        Badge.objects.filter(pk=badge.pk).update(emblem=emblem)
    give(bob)
    (message,) = written(organization)
    (picture,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert picture.get_content() == b"PNG 168"
    assert picture["Content-ID"] == "<emblem@lapel>"
    assert picture.get_content_disposition() == "inline"
    assert body(message, "html").count('src="cid:emblem@lapel"') == 1
    assert message.get_content_type() == "multipart/alternative"


def test_without_an_emblem_there_is_no_picture(organization: Organization, give: Give, bob: Person) -> None:
    give(bob)
    (message,) = written(organization)
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    assert "<img" not in body(message, "html")


HOSTILE = [
    "{{7*123457}}{% load static %}",
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "${7*7} %s",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_names_and_reasons_comes_out_as_text(
    organization: Organization, give: Give, text: str
) -> None:
    badge = BadgeFactory(organization=organization, name=text, description=text, criteria=text)
    give(PersonFactory(organization=organization, name=text), badge=badge, reason=text)
    (message,) = written(organization)
    html = body(message, "html")
    assert message["Subject"] == f"You earned {text}"
    assert f"You earned {text}." in body(message, "plain").splitlines()
    assert (html.count("<img"), html.count("<script"), html.count("864199")) == (0, 0, 0)


@pytest.mark.parametrize("name", ["Eve\r\nBcc: all@evil.example", "Eve\nX: y\x00", '"Boss" <x@evil.example>'])
def test_names_add_no_headers_and_no_recipients(organization: Organization, give: Give, name: str) -> None:
    person = PersonFactory(organization=organization, name="Eve", email="eve@people.example")
    badge = BadgeFactory(organization=organization)
    with tenant(organization):
        Person.objects.filter(pk=person.pk).update(name=name.replace("\x00", ""))
        Badge.objects.filter(pk=badge.pk).update(name=name.replace("\x00", ""))
    give(person, badge=badge)
    (message,) = written(organization)
    assert [address.addr_spec for address in message["To"].addresses] == ["eve@people.example"]
    assert sorted(message.keys()) == [
        "Auto-Submitted",
        "Content-Language",
        "Content-Type",
        "Date",
        "From",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ]


def test_an_organization_s_name_is_no_sender(organization: Organization, give: Give, bob: Person) -> None:
    Organization.objects.filter(pk=organization.pk).update(name="Boss <x@evil.example>\nBcc: y")
    organization.refresh_from_db()
    give(bob)
    (message,) = written(organization)
    assert [address.addr_spec for address in message["From"].addresses] == ["lapel@localhost"]
    assert message["Bcc"] is None


def test_a_long_and_foreign_name_survives(organization: Organization, give: Give) -> None:
    give(PersonFactory(organization=organization, name="Žofie Nováková-Ñandú 鈴木 " * 6))
    (message,) = written(organization)
    assert message["To"].addresses[0].display_name.startswith("Žofie Nováková-Ñandú 鈴木 Žofie")
    assert body(message, "plain").splitlines()[0] == "Well done, Žofie"


@pytest.mark.django_db
@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize(
    "address",
    [
        "a@b@c.example",
        "bob@people.example\r\nBcc: all@evil.example",
        "nobody",
        "x" * 240 + "@b.example, c@d.e",
    ],
)
def test_an_address_that_cannot_be_written_to_is_given_up_at_once(
    organization: Organization, give: Give, address: str
) -> None:
    from notifications.delivering import deliver_due

    person = PersonFactory(organization=organization, email="fine@people.example")
    with tenant(organization):
        Person.objects.filter(pk=person.pk).update(email=address[:254])
    give(person)
    make_notices(organization=organization)
    assert deliver_due(organization=organization) == 0
    with tenant(organization):
        assert list(Delivery.objects.values_list("state", "attempts")) == [("dead", 1)]
    assert mail.outbox == []


def test_links_come_from_the_settings(
    organization: Organization, give: Give, bob: Person, settings: Settings
) -> None:
    settings.BASE_URL = "https://badges.example"
    give(bob)
    (message,) = written(organization)
    links = [line for line in body(message, "plain").splitlines() if "://" in line]
    with tenant(organization):
        award = Notice.objects.get().award_id
    assert links == [
        f"https://badges.example/riverside/awards/{award}/",
        "All your notices: https://badges.example/riverside/notices/",
        "Choose your mail: https://badges.example/riverside/notices/mail/",
        f"Stop mails like this: {stop_of_mail(message)}",
    ]
    assert stop_of_mail(message).startswith("https://badges.example/accounts/mail/stop/")


def test_a_badge_earned_again_says_how_often(organization: Organization, burst: Award, bob: Person) -> None:
    with tenant(organization):
        Award.objects.filter(pk=burst.pk).update(key="2026-11-01")
        earlier = Award.objects.get(pk=burst.pk)
        earlier.pk, earlier.key, earlier.starts_at = None, "2026-10-01", burst.starts_at - timedelta(days=30)
        earlier.save(force_insert=True)
    (message,) = written(organization)
    assert "You earned Kaizen Burst, for the 2nd time." in body(message, "plain").splitlines()
