"""Mail as files, one .eml a message in `settings.MAIL_DIR`: for the demo."""

import base64
import os
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as Mime
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from people import clock

NAME = r"[0-9]{8}T[0-9]{12}Z-[0-9a-f]{8}"
_STAMP = "%Y%m%dT%H%M%S%fZ"
_LONGEST_HEAD = 16_384
MOST_LISTED = 1_000


class EmailBackend(BaseEmailBackend):
    """Writes each message whole or not at all, readable to nobody else; names sort by time."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        messages = [message for message in email_messages if message.recipients()]
        for message in messages:
            _write(message.message(policy=policy.SMTP).as_bytes())
        return len(messages)


def _write(data: bytes) -> None:
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{clock.now().astimezone(UTC):{_STAMP}}-{secrets.token_hex(4)}"
    unfinished = folder / f".{name}.part"
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(folder / f"{name}.eml")


@dataclass(frozen=True)
class Entry:
    """A mail as the list shows it."""

    name: str
    at: datetime
    to: list[str]
    subject: str

    def is_to(self, address: str) -> bool:
        return address.casefold() in (to.casefold() for to in self.to)


def entries() -> Iterator[Entry]:
    """Newest first, as far back as anybody looks."""
    return filter(None, map(_entry, _names()[:MOST_LISTED]))


def _names() -> list[str]:
    try:
        names = [file.stem for file in _folder().iterdir() if re.fullmatch(NAME + r"\.eml", file.name)]
    except FileNotFoundError:
        return []
    return sorted(names, reverse=True)


def _entry(name: str) -> Entry | None:
    try:
        with open(_path(name), "rb") as file:
            head = BytesHeaderParser(policy=policy.default).parsebytes(file.read(_LONGEST_HEAD))
    except FileNotFoundError:
        return None
    at = datetime.strptime(name.split("-")[0], _STAMP).replace(tzinfo=UTC)
    to = [address for _, address in getaddresses([str(head.get("To", ""))])]
    return Entry(name, at, to, str(head.get("Subject", "")))


@dataclass(frozen=True)
class Opened:
    """A mail as its page shows it. `html` carries its pictures in itself."""

    entry: Entry
    sender: str
    to: str
    message_id: str
    text: str
    html: str


def opened(name: str) -> Opened | None:
    """The mail of a name that fits `NAME`; None where there is no such file."""
    entry = _entry(name)
    if entry is None:
        return None
    mime: Mime = message_from_bytes(_path(name).read_bytes(), policy=policy.default)
    return Opened(
        entry=entry,
        sender=str(mime.get("From", "")),
        to=str(mime.get("To", "")),
        message_id=str(mime.get("Message-ID", "")),
        text=_body(mime, "plain"),
        html=_with_pictures(_body(mime, "html"), mime),
    )


def _body(mime: Mime, subtype: str) -> str:
    part = mime.get_body((subtype,))
    return str(part.get_content()) if part is not None else ""


def _with_pictures(html: str, mime: Mime) -> str:
    """`cid:` addresses name parts of the mail; a browser knows only `data:`."""
    for part in mime.walk():
        cid = str(part.get("Content-ID", "")).strip("<>")
        if cid and part.get_content_type() == "image/png":
            picture = base64.b64encode(part.get_payload(decode=True) or b"").decode()  # type: ignore[arg-type]
            html = html.replace(f'"cid:{cid}"', f'"data:image/png;base64,{picture}"')
    return html


def _folder() -> Path:
    return Path(settings.MAIL_DIR)


def _path(name: str) -> Path:
    if not re.fullmatch(NAME, name):
        raise ValueError("not the name of a mail")
    return _folder() / f"{name}.eml"
