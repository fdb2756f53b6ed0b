"""Signing in and out, and passwords: in the frame's look, and without telling who has an account."""

import re

import pytest
from django.core import mail
from django.test import Client

from people.models import Person
from tests.factories import PersonFactory, UserFactory

PASSWORD = "a window in the rain"  # noqa: S105


@pytest.fixture
def bob_with_password(bob: Person) -> Person:
    assert bob.user is not None
    bob.user.set_password(PASSWORD)
    bob.user.save()
    return bob


def sign_in(client: Client, email: str, password: str) -> str:
    response = client.post("/accounts/login/", {"login": email, "password": password})
    return response.content.decode()


def test_login_page_stands_alone(db: None) -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert '<label for="id_login">Work e-mail address</label>' in page
    assert "placeholder" not in page
    assert "sign up" not in page.lower()


def test_wrong_password_and_unknown_address_read_the_same(bob_with_password: Person) -> None:
    error = r"data-error-summary>.*?<strong>([^<]+)</strong>"
    wrong = re.findall(error, sign_in(Client(), "bob@riverside.example", "not it at all"))
    unknown = re.findall(error, sign_in(Client(), "nobody@riverside.example", "not it at all"))
    assert wrong == unknown
    assert len(wrong) == 1


def test_what_is_missing_is_listed_as_the_page_calls_it(db: None) -> None:
    page = Client().post("/accounts/login/", {"login": "", "password": ""}).text
    assert '<a href="#id_login">Work e-mail address: Please fill this in.</a>' in page


def test_login_error_does_not_show_what_was_typed_as_markup(db: None) -> None:
    assert "<script>alert" not in sign_in(Client(), "<script>alert(1)</script>@x.example", "p")


def test_right_password_signs_in_and_the_frame_signs_out(bob_with_password: Person) -> None:
    client = Client()
    response = client.post("/accounts/login/", {"login": "bob@riverside.example", "password": PASSWORD})
    assert (response.status_code, response["Location"]) == (302, "/")
    page = client.get("/accounts/password/change/").content.decode()
    assert '<form method="post" action="/accounts/logout/">' in page
    client.post("/accounts/logout/")
    assert "sessionid" not in client.cookies or client.cookies["sessionid"].value == ""


def test_password_is_reset_by_a_link_that_works_once(bob_with_password: Person) -> None:
    client = Client()
    sent = client.post("/accounts/password/reset/", {"email": "bob@riverside.example"}, follow=True)
    assert "Look in your inbox" in sent.content.decode()
    [message] = mail.outbox
    assert message.subject == "Set a new password"
    [link] = re.findall(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", str(message.body))
    form = client.get(link, follow=True)
    twice = {"password1": "another rainy window", "password2": "another rainy window"}
    assert "Set a new password" in form.content.decode()
    done = client.post(form.request["PATH_INFO"], twice, follow=True)
    assert "Your password is changed" in done.content.decode()
    assert "This link no longer works" in Client().get(link, follow=True).content.decode()
    assert Client().login(email="bob@riverside.example", password="another rainy window")  # noqa: S106


def test_reset_of_an_unknown_address_reads_the_same_and_sends_nothing(db: None) -> None:
    sent = Client().post("/accounts/password/reset/", {"email": "nobody@riverside.example"}, follow=True)
    assert "Look in your inbox" in sent.content.decode()
    assert mail.outbox == []


def test_weak_password_says_why_beside_the_field(bob_with_password: Person) -> None:
    client = Client()
    sign_in(client, "bob@riverside.example", PASSWORD)
    data = {"oldpassword": PASSWORD, "password1": "short"}
    page = client.post("/accounts/password/change/", data).content.decode()
    assert re.findall(r'id="id_password1-err">.*?</svg>([^<]+)', page) == [
        "This password is too short. It must contain at least 10 characters."
    ]


@pytest.mark.parametrize(
    "path",
    ["login/", "logout/", "inactive/", "password/reset/", "password/reset/done/", "password/reset/key/done/",
     "password/reset/key/1-set-password/", "password/change/", "password/set/", "reauthenticate/"],
)  # fmt: skip
def test_no_account_page_breaks(db: None, path: str) -> None:
    response = Client().get(f"/accounts/{path}", follow=True)
    assert response.status_code == 200
    assert response.content.decode().count("<h1") == 1


def test_too_many_tries_are_stopped(bob_with_password: Person) -> None:
    client = Client()
    pages = [sign_in(client, "bob@riverside.example", f"guess number {i}") for i in range(12)]
    assert ("Too many" in pages[-1], "Too many" in pages[0]) == (True, False)


def test_nothing_here_is_a_page_of_ours(db: None) -> None:
    response = Client().get("/static-but-not/nowhere/")
    assert (response.status_code, "nothing on this hook" in response.content.decode()) == (404, True)


def test_form_from_a_page_that_is_too_old(db: None) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {})
    assert (response.status_code, "open for too long" in response.content.decode()) == (403, True)


def test_who_belongs_to_several_organizations_chooses_one_of_them(bob: Person, charlie: Person) -> None:
    assert bob.user is not None
    client = Client()
    client.force_login(bob.user)
    assert client.get("/")["Location"] == bob.organization.get_absolute_url()
    PersonFactory(organization=charlie.organization, name="Bob Elsewhere", user=bob.user)
    page = client.get("/").content.decode()
    for organization in (bob.organization, charlie.organization):
        assert f'href="{organization.get_absolute_url()}"' in page
    assert "You belong to no organization" not in page


def test_who_belongs_to_none_is_told_so(db: None) -> None:
    client = Client()
    client.force_login(UserFactory())
    assert "You belong to no organization" in client.get("/").content.decode()
