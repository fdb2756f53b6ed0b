"""What MAIL_URL means: a mail server (SMTP), or one of the providers that take mail over HTTP."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TIMEOUT_S = 10
SMTP = {"smtp", "smtp+tls", "smtp+ssl", "smtps"}
EUROPE = {"mailgun": "https://api.eu.mailgun.net/v3", "sparkpost": "https://api.eu.sparkpost.com/api/v1/"}
SHORTEST_SECRET = 16


@dataclass(frozen=True)
class Provider:
    """`keys` are what it is called with, in the order of the address; `signs` the setting of its signing key.

    Whoever does not sign what it reports names the secret as `user:password` in the address it reports to.
    """

    keys: tuple[str, ...]
    signs: str = ""


PROVIDERS = {
    "brevo": Provider(("api_key",)),
    "mailgun": Provider(("api_key", "sender_domain"), "MAILGUN_WEBHOOK_SIGNING_KEY"),
    "mailjet": Provider(("api_key", "secret_key")),
    "mailtrap": Provider(("api_token",), "MAILTRAP_TRACKING_SECRET"),
    "mandrill": Provider(("api_key",), "MANDRILL_WEBHOOK_KEY"),
    "postmark": Provider(("server_token",)),
    "resend": Provider(("api_key",)),
    "sparkpost": Provider(("api_key",)),
}


def mailer(url: str) -> tuple[str, dict[str, Any]]:
    """The provider ("" for SMTP) and the mailer. Raises `ImproperlyConfigured`, never with a key in it."""
    try:
        scheme = urlsplit(url).scheme
        if scheme in SMTP:
            return "", _smtp(url)
        if scheme in PROVIDERS:
            return scheme, _provided(scheme, url)
    except ValueError as error:  # a port that is none, brackets that do not close
        raise ImproperlyConfigured("MAIL_URL is no address that Lapel can read.") from error
    known = ", ".join(sorted(SMTP | PROVIDERS.keys()))
    raise ImproperlyConfigured(f"MAIL_URL begins with “{scheme}:”. Lapel knows {known}.")


def _smtp(url: str) -> dict[str, Any]:
    read = environ.Env.email_url_config(url)
    if not read["EMAIL_HOST"]:
        raise ImproperlyConfigured("MAIL_URL names no mail server, such as smtp://mail.example.com:25.")
    options = {
        "host": read["EMAIL_HOST"],
        "port": read["EMAIL_PORT"] or 25,
        "username": read["EMAIL_HOST_USER"] or "",
        "password": read["EMAIL_HOST_PASSWORD"] or "",
        "use_tls": read.get("EMAIL_USE_TLS", False),
        "use_ssl": read.get("EMAIL_USE_SSL", False),
        "timeout": TIMEOUT_S,
    }
    return {"BACKEND": "notifications.channels.smtp.EmailBackend", "OPTIONS": options}


def _provided(name: str, url: str) -> dict[str, Any]:
    address, wanted = urlsplit(url), PROVIDERS[name].keys
    second = address.hostname if "sender_domain" in wanted else address.password
    values = [unquote(value) for value in (address.username, second) if value]
    if len(values) < len(wanted):
        form = {1: f"{name}://KEY@", 2: f"{name}://KEY:SECRET@"}[len(wanted)]
        form = f"{name}://KEY@sender-domain" if "sender_domain" in wanted else form
        raise ImproperlyConfigured(f"MAIL_URL of this provider has the form {form}")
    options: dict[str, Any] = {**dict(zip(wanted, values, strict=False)), "timeout": TIMEOUT_S}
    options["ignore_unsupported_features"] = False
    if region := "".join(parse_qs(address.query).get("region", [])):
        if region != "eu" or name not in EUROPE:
            raise ImproperlyConfigured("MAIL_URL: only mailgun and sparkpost have a region, which is eu.")
        options["api_url"] = EUROPE[name]
    return {"BACKEND": f"anymail.backends.{name}.EmailBackend", "OPTIONS": options}


def events(provider: str, secret: str) -> dict[str, Any]:
    """The settings under which what the provider reports is believed; none where it reports nothing."""
    if not provider or not secret:
        return {}
    if len(secret) < SHORTEST_SECRET:
        raise ImproperlyConfigured(f"MAIL_EVENTS_SECRET needs {SHORTEST_SECRET} characters or more.")
    if signs := PROVIDERS[provider].signs:
        return {signs: secret}
    if not all(secret.partition(":")):
        raise ImproperlyConfigured("MAIL_EVENTS_SECRET has the form user:password for this provider.")
    return {"WEBHOOK_SECRET": secret}
