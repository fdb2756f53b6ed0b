"""One message through a provider that takes mail over HTTP, and what the provider reports of it later."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import requests
from anymail.exceptions import AnymailError, AnymailRequestsAPIError
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from urllib3.exceptions import MaxRetryError

from notifications.channels import NoAnswer, PermanentFailure, TemporaryFailure, Unreachable, plain

# Under this name the provider keeps what says whose message it is, and hands it back with what it reports.
MARK = "lapel"
# Providers put their own; Mailjet refuses messages that bring one.
OF_PROVIDERS = {"date"}
OF_MAILJET = {"message-id"}
LETS_NOBODY_IN = {401, 403, 429, 502, 503, 504}
LATER = {408, 425, 500}


def send(connection: Any, message: EmailMessage) -> str:
    """The provider's own id of the message. Raises like `channels.mail.send`."""
    theirs = OF_PROVIDERS | (OF_MAILJET if connection.esp_name == "Mailjet" else set())
    message.extra_headers = {k: v for k, v in message.extra_headers.items() if k.lower() not in theirs}
    try:
        connection.send_messages([message])
    except AnymailRequestsAPIError as error:
        raise _failure(error)(_said(error)) from error
    except (AnymailError, ValueError, TypeError) as error:  # refused by the provider, or cannot be written
        raise PermanentFailure(_said(error)) from error
    status: Any = message.anymail_status  # type: ignore[attr-defined]
    if status.status == {"failed"}:
        raise TemporaryFailure("The provider could not send it, and does not say why.")
    return str(status.message_id or "")[:200]


def _failure(error: AnymailRequestsAPIError) -> type[Exception]:
    status = error.status_code
    if status is None:
        return Unreachable if _never_left(error.__cause__) else NoAnswer
    if 200 <= status < 300:  # taken, and then something that nobody can read
        return NoAnswer
    if status in LETS_NOBODY_IN:
        return Unreachable
    return TemporaryFailure if status in LATER or status > 504 else PermanentFailure


def _never_left(cause: BaseException | None) -> bool:
    """Whether no connection came about: otherwise the message may have arrived."""
    if isinstance(
        cause, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError
    ):
        return True
    return isinstance(cause, requests.ConnectionError) and any(
        isinstance(inner, MaxRetryError) for inner in cause.args
    )


def _said(error: Exception) -> str:
    return plain(str(error) or type(error).__name__)


@dataclass(frozen=True)
class Report:
    """Something that became of a message. `key` is the same when it is told again."""

    mark: str
    what: str  # "bounced", "soft" or "complained"
    address: str
    said: str
    key: str


def hook() -> Any:
    """What reads the reports of the provider that Lapel is set up for; None where none are believed."""
    if not settings.MAIL_PROVIDER or not settings.ANYMAIL:
        return None
    views = import_module(f"anymail.webhooks.{settings.MAIL_PROVIDER}")
    return getattr(views, VIEWS[settings.MAIL_PROVIDER])()


VIEWS = {
    "brevo": "BrevoTrackingWebhookView",
    "mailgun": "MailgunTrackingWebhookView",
    "mailjet": "MailjetTrackingWebhookView",
    "mailtrap": "MailtrapTrackingWebhookView",
    "mandrill": "MandrillCombinedWebhookView",
    "postmark": "PostmarkTrackingWebhookView",
    "resend": "ResendTrackingWebhookView",
    "sparkpost": "SparkPostTrackingWebhookView",
}


def reports(hook: Any, request: HttpRequest) -> Iterator[Report]:
    """What a believed request tells of our messages that came back. `ValueError` where it makes no sense."""
    try:
        events = list(hook.parse_events(request))
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, AnymailError) as error:
        raise ValueError("not what this provider sends") from error
    for event in events:
        metadata = getattr(event, "metadata", None)
        mark = metadata.get(MARK) if isinstance(metadata, dict) else None
        what = _what(event)
        if isinstance(mark, str) and what:
            said = str(event.mta_response or event.description or event.reject_reason or "")
            yield Report(mark, what, str(event.recipient or ""), plain(said), _key(event, what))


def _what(event: AnymailTrackingEvent) -> str:
    if event.event_type == EventType.COMPLAINED:
        return "complained"
    if event.event_type in (EventType.DEFERRED, EventType.FAILED):
        return "soft"
    if event.event_type == EventType.BOUNCED:
        return "soft" if _is_soft(event.esp_event) else "bounced"
    if event.event_type == EventType.REJECTED:
        return _REJECTED.get(event.reject_reason, "soft")
    return ""


# The provider keeps its own list of those it does not write to any more.
_REJECTED = {
    RejectReason.BOUNCED: "bounced",
    RejectReason.INVALID: "bounced",
    RejectReason.SPAM: "complained",
    RejectReason.UNSUBSCRIBED: "complained",
}
# What providers call a bounce that may pass: under any of these names.
_SOFT = {"soft_bounce", "softbounce", "transient", "temporary"}
# SparkPost's classes of bounces: only 10 (no such recipient), 30 and 90 are for good.
_HARD_CLASSES = {"10", "30", "90"}


def _is_soft(said: Any) -> bool:
    """Looks only where providers say it."""
    if not isinstance(said, dict):
        return False
    if said.get("hard_bounce") is False:  # Mailjet
        return True
    inner = said.get("msys", {}).get("message_event", {}) if isinstance(said.get("msys"), dict) else {}
    if inner.get("bounce_class"):
        return str(inner["bounce_class"]) not in _HARD_CLASSES
    data = said.get("data")
    bounce = data.get("bounce", {}) if isinstance(data, dict) else {}
    words = [said.get("event"), said.get("Type"), bounce.get("type") if isinstance(bounce, dict) else None]
    return any(str(word).lower() in _SOFT for word in words)


def _key(event: AnymailTrackingEvent, what: str) -> str:
    """The provider's id of the event, or what tells it from others: several may come of one message."""
    if event.event_id:
        return hashlib.sha256(f"id {event.event_id}".encode()).hexdigest()
    parts = [what, event.message_id, event.timestamp, event.recipient]
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
