"""What MAIL_URL and MAIL_EVENTS_SECRET may say, and what is said when they do not."""

from typing import Any

import pytest
from anymail.backends.base import AnymailBaseBackend
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import mailers
from pytest_django.fixtures import Settings

from config.mail import PROVIDERS, events, mailer

ADDRESSES = {
    "brevo": "brevo://k3y@",
    "mailgun": "mailgun://k3y@mg.example.com",
    "mailjet": "mailjet://k3y:s3cret@",
    "mailtrap": "mailtrap://k3y@",
    "mandrill": "mandrill://k3y@",
    "postmark": "postmark://k3y@",
    "resend": "resend://k3y@",
    "sparkpost": "sparkpost://k3y@",
}


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost:25", ("localhost", 25, "", "", False, False)),
        ("smtp+tls://ann:p%40ss@mail.example.com:587", ("mail.example.com", 587, "ann", "p@ss", True, False)),
        ("smtp+ssl://mail.example.com:465", ("mail.example.com", 465, "", "", False, True)),
        ("smtp://mail.example.com", ("mail.example.com", 25, "", "", False, False)),
    ],
)
def test_a_mail_server(url: str, server: tuple[Any, ...]) -> None:
    provider, found = mailer(url)
    options = found["OPTIONS"]
    keys = ("host", "port", "username", "password", "use_tls", "use_ssl")
    assert (provider, found["BACKEND"]) == ("", "notifications.channels.smtp.EmailBackend")
    assert tuple(options[key] for key in keys) == server
    assert options["timeout"] == 10


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_can_be_chosen(name: str, settings: Settings) -> None:
    provider, found = mailer(ADDRESSES[name])
    assert provider == name
    settings.MAILERS = {"default": found}
    connection = mailers.default
    assert isinstance(connection, AnymailBaseBackend)
    assert connection.timeout == 10
    assert "k3y" in {getattr(connection, key, "") for key in PROVIDERS[name].keys}


def test_keys_may_hold_any_character() -> None:
    assert mailer("mailjet://a%3Ab:c%40d@")[1]["OPTIONS"]["api_key"] == "a:b"
    assert mailer("mailjet://a%3Ab:c%40d@")[1]["OPTIONS"]["secret_key"] == "c@d"


def test_a_region() -> None:
    assert mailer("mailgun://k3y@mg.example.com?region=eu")[1]["OPTIONS"]["api_url"].startswith(
        "https://api.eu.mailgun.net/"
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "begins with “:”. Lapel knows brevo, mailgun"),
        ("pigeon://k3y@", "begins with “pigeon:”"),
        ("sendgrid://k3y@", "begins with “sendgrid:”"),
        ("smtp://", "names no mail server"),
        ("smtp://localhost:mail", "no address that Lapel can read"),
        ("postmark://k3y", "has the form postmark://KEY@"),
        ("mailjet://k3y@", "has the form mailjet://KEY:SECRET@"),
        ("mailgun://k3y@", "has the form mailgun://KEY@sender-domain"),
        ("mailgun://k3y@mg.example.com?region=moon", "only mailgun and sparkpost have a region"),
        ("brevo://k3y@?region=eu", "only mailgun and sparkpost have a region"),
    ],
)
def test_what_makes_no_sense_is_said_without_the_key(url: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured) as error:
        mailer(url)
    assert said in str(error.value)
    assert "k3y" not in str(error.value)


def test_reports_are_believed_by_signature_or_by_secret() -> None:
    assert events("mailgun", "a-signing-key-of-theirs") == {
        "MAILGUN_WEBHOOK_SIGNING_KEY": "a-signing-key-of-theirs"
    }
    assert events("postmark", "lapel:a-long-password") == {"WEBHOOK_SECRET": "lapel:a-long-password"}
    assert events("postmark", "") == {}
    assert events("", "lapel:a-long-password") == {}


@pytest.mark.parametrize(
    ("secret", "said"), [("lapel:short", "16 characters"), ("no-colon-in-this-one", "user:password")]
)
def test_a_weak_secret_is_refused(secret: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        events("postmark", secret)
