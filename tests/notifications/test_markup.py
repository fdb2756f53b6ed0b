"""HTML of people's own in mails: what is allowed, what it says as text, and that nothing else gets through."""

import re
from html.parser import HTMLParser

import pytest
from django.core import mail
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from badges.models import Badge
from notifications.actions import save_text
from notifications.markup import TAGS, clean, leads_somewhere, text_of, wrong_in
from notifications.models import NoticeText
from notifications.tasks import sweep
from people.changes import Refused
from people.models import Organization, Person
from people.tenancy import tenant
from tests.factories import BadgeFactory, PersonFactory
from tests.notifications.conftest import Give

PAGE = "/riverside/notices/texts/earned/"
SOUND = '<h2>Well done</h2><p>You earned <b>{badge}</b>: <a href="{link}">see it</a>.</p>'


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_what_is_allowed_stays_as_it_is() -> None:
    html = f'{SOUND}<ul><li>one</li></ul><p>A<br>b <a href="mailto:ann@x.example">Ann</a></p><hr>'
    assert wrong_in(html) == ""
    assert clean(html) == html


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<script>alert(1)</script>", "A mail cannot hold <script>"),
        ("<img src='https://x.example/spy.png'>", "A mail cannot hold <img>"),
        ("<svg/onload=alert(1)>", "A mail cannot hold <svg>"),
        ("<style>p{}</style>", "A mail cannot hold <style>"),
        ("<form action='https://x.example'>", "A mail cannot hold <form>"),
        ("<p style='position:fixed'>x</p>", "<p> cannot have “style”"),
        ("<p onclick='x()'>x</p>", "<p> cannot have “onclick”"),
        ("<a href='javascript:x()'>x</a>", "Links lead to http"),
        ("<a href=' JaVaScRiPt:x()'>x</a>", "Links lead to http"),
        ("<a href='data:text/html,x'>x</a>", "Links lead to http"),
        ("<a href='/riverside/'>x</a>", "Links lead to http"),
        ("<a href='//x.example'>x</a>", "Links lead to http"),
        ("<a href='{name}'>x</a>", "Links lead to http"),
        ("<a href='https://x.example/?n={name}'>x</a>", "Links lead to http"),
        ("<a>x</a><a href>x</a>", "Links lead to http"),
    ],
)
def test_what_is_not_is_named_and_taken_out(html: str, said: str) -> None:
    assert wrong_in(html).startswith(said)
    assert re.search(r"script|style|onclick|onload|javascript|data:|href|<img|<form", clean(html)) is None


PIECES = [
    "<",
    ">",
    "p",
    "a",
    "href=",
    '"',
    "'",
    "javascript:",
    "onload=x",
    "/",
    "script",
    "svg",
    "&lt;",
    "{link}",
    "{name}",
    "https://x",
    "<!--",
    "-->",
    "style",
]


@given(st.lists(st.sampled_from([*PIECES, " ", "\x00"]), max_size=14).map("".join))
def test_whatever_is_written_only_the_allowed_comes_out(html: str) -> None:
    for styled in (False, True):
        for tag, attributes in Tags(clean(html, styled=styled)).found:
            assert tag in TAGS
            assert set(attributes) <= ({"href"} if tag == "a" else set()) | (
                {"class", "style"} if styled else set()
            )
            assert leads_somewhere(attributes.get("href") or "{link}")
    assert clean(clean(html)) == clean(html)
    text_of(html), wrong_in(html)


def test_the_text_says_the_same() -> None:
    html = f"{SOUND}<ul><li>one</li><li>two &amp; a half</li></ul><ol><li>x</li><li>y</li></ol><p>A<br>b</p>"
    assert text_of(html).split("\n") == [
        "Well done",
        "",
        "You earned {badge}: see it ({link}).",
        "",
        "- one",
        "- two & a half",
        "",
        "1. x",
        "2. y",
        "",
        "A",
        "b",
    ]


# --- in mails


def put(organization: Organization, by: Person, badge: Badge | None = None, **said: str) -> NoticeText:
    words = {"subject": "Hooray: {badge}", "body": "", "html": SOUND, **said}
    with tenant(organization):
        return save_text(organization=organization, kind="earned", badge=badge, by=by, **words)


def test_a_mail_carries_the_html_and_its_words(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person
) -> None:
    put(organization, alice)
    award = give(bob)
    sweep()
    [letter] = mail.outbox
    html, link = letter.alternatives[0].content, f"http://testserver/riverside/awards/{award.pk}/"
    assert "You earned <b>Coach</b>: <a " in html
    assert [attributes for _, attributes in Tags(html).found if attributes.get("href") == link][0].keys() == {
        "href",
        "class",
        "style",
    }
    assert letter.body.startswith(f"Well done\n\nYou earned Coach: see it ({link}).\n")
    assert "Stop mails like this" in html


def test_a_written_text_goes_before_the_made_one(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person
) -> None:
    put(organization, alice, body="In short: {badge}")
    give(bob)
    sweep()
    assert mail.outbox[0].body.startswith("In short: Coach\n")


def test_values_are_text_whatever_they_hold(
    committed_db: None, organization: Organization, alice: Person, give: Give
) -> None:
    put(organization, alice, html="<p>{name}, {badge}, {reason}</p>")
    person = PersonFactory(organization=organization, name="<script>alert(1)</script> {badge}")
    badge = BadgeFactory(organization=organization, name='"><img src=x>')
    give(person, badge=badge, reason="<b>{link}</b>")
    sweep()
    html = mail.outbox[0].alternatives[0].content
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {badge}, &quot;&gt;&lt;img src=x&gt;" in html
    assert "“&lt;b&gt;{link}&lt;/b&gt;”" in html
    assert "<script" not in html
    assert "<img" not in html


def test_what_got_into_a_row_is_cleaned_once_more(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person
) -> None:
    text = put(organization, alice)
    with tenant(organization):
        NoticeText.objects.filter(pk=text.pk).update(html="<p>Hi<script>alert(1)</script></p>")
    give(bob)
    sweep()
    assert "<script" not in mail.outbox[0].alternatives[0].content


def test_several_badges_each_in_their_html(
    committed_db: None, organization: Organization, alice: Person, give: Give, bob: Person
) -> None:
    put(organization, alice)
    give(bob)
    give(bob, badge=BadgeFactory(organization=organization, name="Safety"))
    sweep()
    html = mail.outbox[0].alternatives[0].content
    assert ["You earned <b>Coach</b>" in html, "You earned <b>Safety</b>" in html] == [True, True]
    assert "You earned Coach: see it (http://testserver/" in mail.outbox[0].body


def test_a_text_without_words_is_refused(inside: Organization, alice: Person) -> None:
    with pytest.raises(Refused, match="Write what the mail says"):
        put(inside, alice, html="<script>x</script>")


# --- the page


def test_saved_and_tried_out(
    organization: Organization, alice: Person, give: Give, bob: Person, as_alice: Client
) -> None:
    give(bob)
    said = {"subject": "Draft {badge}", "body": "", "html": SOUND}
    page = as_alice.post(PAGE, {**said, "preview": "1"})
    assert page.status_code == 200
    content = page.content.decode()
    assert f'src="{PAGE}mail/?draft=1"' in content
    assert "You earned Coach: see it" in content
    shown = as_alice.get(f"{PAGE}mail/?draft=1")
    assert "You earned <b>Coach</b>" in shown.content.decode()
    assert "Well done, Bob" in as_alice.get(f"{PAGE}mail/").content.decode()
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "frame-ancestors 'self'" in policy
    assert shown.headers["X-Frame-Options"] == "SAMEORIGIN"
    with tenant(organization):
        assert NoticeText.objects.count() == 0
    assert as_alice.post(PAGE, said).status_code == 302
    with tenant(organization):
        assert NoticeText.objects.values_list("subject", "body", "html").get() == ("Draft {badge}", "", SOUND)
    assert "You earned <b>Coach</b>" in as_alice.get(f"{PAGE}mail/").content.decode()


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<script>x</script>", "A mail cannot hold &lt;script&gt;"),
        ("<p>{nmae}</p>", "Lapel does not know {nmae}"),
        ("<p>{na<b>me}</b></p>", "Lapel does not know"),
        ("", "Write what the mail says"),
        ("<p></p>", "Write what the mail says"),
        ("x" * 8001, "8000"),
        ("<p>\u202egnirts</p>", "Please take out"),
        ("<p>\x00</p>", "invisible or control characters"),
    ],
)
def test_wrong_html_is_shown_beside_its_field(
    organization: Organization, as_alice: Client, html: str, said: str
) -> None:
    for press in ({}, {"preview": "1"}, {"test": "1"}):
        page = as_alice.post(PAGE, {"subject": "Hi", "body": "", "html": html, **press})
        assert page.status_code == 422
        assert said in page.content.decode()
    with tenant(organization):
        assert NoticeText.objects.count() == 0


def test_no_draft_and_no_award_have_no_picture(organization: Organization, as_alice: Client) -> None:
    assert as_alice.get(f"{PAGE}mail/?draft=1").status_code == 404
    assert as_alice.get("/riverside/notices/texts/nonsense/mail/").status_code == 404
