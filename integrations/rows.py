"""From the cells of a CSV row to clean values; every refusal is a ValueError in the user's words."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from activity.actions import Delivery
from activity.crediting import SOURCE as LAPEL
from people.bulk import PersonRow
from people.text import plain_text

PEOPLE = ("external_id", "name")
PEOPLE_OPTIONAL = ("email", "title", "location", "joined_on", "manager")
ACTIVITIES = ("external_id", "person_external_id", "kind", "occurred_at")
ACTIVITIES_OPTIONAL = ("value", "attributes", "subject", "source", "role", "location")
GRANTS = ("person", "badge", "reason")
GRANTS_OPTIONAL = ("given_on",)
VOIDS = ("external_id",)
VOIDS_OPTIONAL = ("voided_at", "source")

KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
MOST_DIGITS = Decimal(10) ** 12


def person_row(cells: dict[str, str]) -> PersonRow:
    return PersonRow(
        external_id=_text(cells, "external_id", 100, needed=True),
        name=_text(cells, "name", 150, needed=True),
        email=_email(cells.get("email", "")),
        title=_text(cells, "title", 100),
        location=_text(cells, "location", 100),
        joined_on=_day(cells.get("joined_on", "")),
        manager=_text(cells, "manager", 100),
    )


def delivery(cells: dict[str, str]) -> Delivery:
    return Delivery(
        person_external_id=_text(cells, "person_external_id", 100, needed=True),
        kind=_kind(cells["kind"]),
        occurred_at=instant(cells["occurred_at"], "occurred_at"),
        external_id=_text(cells, "external_id", 200, needed=True),
        role=_text(cells, "role", 30) or "author",
        value=_decimal(cells.get("value", "")),
        attributes=_attributes(cells.get("attributes", "")),
        location_external_id=_text(cells, "location", 100) or None,
        subject=_text(cells, "subject", 200),
    )


@dataclass(frozen=True)
class GrantRow:
    """A badge given by hand as a file tells it: the person by external id or address, the badge by short name."""

    person: str
    badge: str
    reason: str
    given_on: date | None


def grant_row(cells: dict[str, str]) -> GrantRow:
    return GrantRow(
        person=_text(cells, "person", 254, needed=True),
        badge=_text(cells, "badge", 60, needed=True),
        reason=_text(cells, "reason", 500, needed=True),
        given_on=_day(cells.get("given_on", ""), "given_on"),
    )


def source_of(cells: dict[str, str], default: str) -> str:
    """Where a row comes from. What Lapel writes itself keeps a name of its own."""
    source = _text(cells, "source", 60) or default
    if source == LAPEL:
        raise ValueError(f"source {source!r} is the name of what Lapel itself records")
    return source


def instant(text: str, column: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{column} {text!r} is not an instant such as 2026-03-02T15:00:00Z") from None
    if moment.tzinfo is None:
        raise ValueError(
            f"{column} {text!r} says no time zone; write it as 2026-03-02T15:00:00Z or with +01:00"
        )
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = datetime.max.replace(tzinfo=UTC)
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"{column} {text!r} is not between the years 1900 and 2200")
    return moment


def _text(cells: dict[str, str], column: str, most: int, *, needed: bool = False) -> str:
    text = cells.get(column, "")
    if needed and not text:
        raise ValueError(f"{column} is empty")
    if len(text) > most:
        raise ValueError(f"{column} has {len(text)} characters, at most {most} are possible")
    try:
        plain_text(text)
    except ValidationError:
        raise ValueError(f"{column} contains invisible or control characters") from None
    return text


def _email(text: str) -> str:
    if text:
        try:
            validate_email(text)
        except ValidationError:
            raise ValueError(f"email {text[:80]!r} is not an e-mail address") from None
    return text


def _day(text: str, column: str = "joined_on") -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{column} {text!r} is not a day such as 2026-03-02") from None
    if not EARLIEST.date() <= day < LATEST.date():
        raise ValueError(f"{column} {text!r} is not between the years 1900 and 2200")
    return day


def _kind(text: str) -> str:
    if len(text) > 60 or not KIND.fullmatch(text):
        raise ValueError(f"kind {text[:80]!r} is not a dotted name such as improvement.submitted")
    return text


def _decimal(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"value {text[:40]!r} is not a number such as 1250.50") from None
    if not value.is_finite() or abs(value) >= MOST_DIGITS or value != round(value, 4):
        raise ValueError(f"value {text[:40]!r} has more than 12 digits before or 4 after the point")
    return value


def _attributes(text: str) -> dict[str, Any]:
    if not text:
        return {}

    def refuse(constant: str) -> None:
        raise ValueError(f"attributes contain {constant}")

    try:
        attributes = json.loads(text, parse_constant=refuse)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("attributes are not JSON") from None
    if not isinstance(attributes, dict):
        raise ValueError("attributes are not a JSON object such as {}")
    _refuse_broken_text(attributes)
    return attributes


def _refuse_broken_text(attributes: dict[str, Any]) -> None:
    try:
        text = json.dumps(attributes, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("attributes contain half a character") from None
    if "\\u0000" in text:
        raise ValueError("attributes contain a NUL character")
