"""The demo keeps its mail as files and shows it as it looks."""

import os
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, send_mail
from django.test import Client
from pytest_django import Settings

from config.urls import urlpatterns as all_pages
from notifications.actions import make_notices
from notifications.delivering import deliver_due
from notifications.mailbox import entries
from notifications.messages import Letter, picture_part
from people.models import Organization, Person
from tests.notifications.conftest import Give

pytestmark = [pytest.mark.urls("tests.notifications.demo_urls")]
Later = Callable[[timedelta], None]


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    folder = tmp_path / "mail"
    settings.MAIL_DIR = str(folder)
    settings.MAILERS = {"default": {"BACKEND": "notifications.mailbox.EmailBackend"}}
    return folder


def send(subject: str = "Hello", to: str = "bob@riverside.example", html: str = "") -> str:
    send_mail(subject, "Plain words", None, [to], html_message=html or None)
    return next(entry.name for entry in entries())


def test_a_mail_is_one_file_for_nobody_else(folder: Path) -> None:
    name = send()
    assert os.listdir(folder) == [f"{name}.eml"]
    assert stat.S_IMODE((folder / f"{name}.eml").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_newest_first_and_by_recipient(folder: Path, later: Later) -> None:
    for n, to in enumerate(["bob@riverside.example", "eve@riverside.example", "bob@riverside.example"]):
        later(timedelta(minutes=n))
        send(f"Mail {n}", to)
    assert [entry.subject for entry in entries()] == ["Mail 2", "Mail 1", "Mail 0"]
    bobs = [entry.subject for entry in entries() if entry.is_to("BOB@riverside.example")]
    assert bobs == ["Mail 2", "Mail 0"]
    assert [entry for entry in entries() if entry.is_to("bob@riverside")] == []


def test_without_a_folder_there_is_no_mail(folder: Path) -> None:
    assert list(entries()) == []


def test_unfinished_and_foreign_files_are_no_mail(folder: Path) -> None:
    name = send()
    for other in (f".{name}.part", "notes.txt", "x.eml", f"{name}.eml.bak"):
        (folder / other).write_text("Subject: no")
    assert [entry.name for entry in entries()] == [name]


@pytest.mark.django_db
def test_the_list(folder: Path, client: Client) -> None:
    assert "No mail yet" in client.get("/demo/mail/").content.decode()
    send("You earned <b>Coach</b>")
    page = client.get("/demo/mail/").content.decode()
    assert page.count("You earned &lt;b&gt;Coach&lt;/b&gt;") == 1
    assert [e.subject for e in client.get("/demo/mail/?to=eve@x.example").context["page"]] == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["to=%00", "page=0", "page=-1", "page=" + "9" * 400, "to=" + "a" * 9999, "page=x"]
)
def test_odd_questions_get_an_answer(folder: Path, client: Client, query: str) -> None:
    send()
    assert client.get(f"/demo/mail/?{query}").status_code == 200


@pytest.mark.django_db
def test_a_mail_as_it_looks_is_locked_into_its_frame(folder: Path, client: Client) -> None:
    name = send(html="<html><head></head><body><script>alert(1)</script>Hi</body></html>")
    page = client.get(f"/demo/mail/{name}/")
    assert f'<iframe class="frame" src="/demo/mail/{name}/body/"' in page.content.decode()
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
    body = client.get(f"/demo/mail/{name}/body/")
    assert sorted(body["Content-Security-Policy"].split("; ")) == [
        "base-uri 'none'",
        "default-src 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "img-src data:",
        "sandbox allow-popups allow-popups-to-escape-sandbox",
        "style-src 'unsafe-inline'",
    ]
    assert body["X-Frame-Options"] == "SAMEORIGIN"
    assert '<head><base target="_blank"></head>' in body.content.decode()


@pytest.mark.django_db
def test_a_mail_as_text(folder: Path, client: Client) -> None:
    name = send(html="<p>Rich</p>")
    page = client.get(f"/demo/mail/{name}/?as=text").content.decode()
    assert "Plain words" in page
    assert "<iframe" not in page


@pytest.mark.django_db
def test_a_mail_without_html_is_shown_as_text(folder: Path, client: Client) -> None:
    send_mail("Reset", "Go to http://testserver/accounts/x/ now", None, ["bob@riverside.example"])
    name = next(entries()).name
    page = client.get(f"/demo/mail/{name}/").content.decode()
    assert '<a href="http://testserver/accounts/x/" rel="nofollow">' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fetc%2fpasswd",
        "20260101T000000000000Z-00000000",
        "x",
        "%00",
        "20260101T000000000000Z-0000000G",
    ],
)
@pytest.mark.parametrize("tail", ["", "body/"])
def test_other_names_find_nothing(folder: Path, client: Client, name: str, tail: str) -> None:
    assert client.get(f"/demo/mail/{name}/{tail}").status_code == 404


@pytest.mark.django_db
def test_nothing_is_changed_here(folder: Path, client: Client) -> None:
    name = send(html="<p>Hi</p>")
    for address in ("/demo/mail/", f"/demo/mail/{name}/", f"/demo/mail/{name}/body/"):
        assert client.post(address).status_code == 405


def test_pictures_travel_in_the_page(folder: Path) -> None:
    from notifications.mailbox import opened

    letter = Letter("Hi", "Hi", None, ["bob@riverside.example"])
    letter.attach_alternative('<img src="cid:emblem@lapel">', "text/html")
    letter.attachments = [picture_part("emblem.png", "emblem@lapel", b"PNG")]
    letter.send()
    mail = opened(next(entries()).name)
    assert mail is not None
    assert mail.html.strip() == '<img src="data:image/png;base64,UE5H">'


@pytest.mark.usefixtures("committed_db")
def test_a_congratulation_can_be_read_there(
    folder: Path, organization: Organization, give: Give, bob: Person, client: Client
) -> None:
    give(bob)
    make_notices(organization=organization)
    assert deliver_due(organization=organization) == 1
    (entry,) = client.get("/demo/mail/?to=bob@riverside.example").context["page"]
    assert entry.subject == "You earned Coach"
    page = client.get(f"/demo/mail/{entry.name}/?as=text").content.decode()
    assert "Alice Adams gave it to you on" in page
    assert "Well done, Bob" in client.get(f"/demo/mail/{entry.name}/body/").content.decode()


@pytest.mark.django_db
def test_password_mails_go_there_too(folder: Path, bob: Person, client: Client) -> None:
    client.post("/accounts/password/reset/", {"email": "bob@riverside.example"})
    assert [entry.to for entry in entries()] == [["bob@riverside.example"]]


def test_without_the_demo_there_is_no_such_page() -> None:
    assert [page for page in all_pages if str(page.pattern).startswith("demo/")] == []


def test_nobody_to_write_to_is_no_mail(folder: Path) -> None:
    assert EmailMessage("Hi", "Hi", None, []).send() == 0
    assert list(entries()) == []
