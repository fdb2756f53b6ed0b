"""From the cells of a CSV row to clean values; every refusal is a ValueError in the user's words."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from activity.actions import Delivery
from activity.crediting import SOURCE as LAPEL
from badges.evidence_forms import safe_link
from integrations.models import DAY_FIRST
from people.bulk import PersonRow
from people.text import plain_text

PEOPLE = ("external_id", "name")
PEOPLE_OPTIONAL = ("first_name", "email", "title", "location", "part_of", "joined_on", "manager")
LEAVING = ("external_id", "left_on")
ACTIVITIES = ("external_id", "person_external_id", "kind", "occurred_at")
ACTIVITIES_OPTIONAL = ("value", "attributes", "subject", "source", "role", "location")
GRANTS = ("person", "badge", "reason")
VOIDS = ("external_id",)
VOIDS_OPTIONAL = ("voided_at", "source")

KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
MOST_DIGITS = Decimal(10) ** 12


NAMED_ALIKE: Mapping[str, str] = {}  # a file whose columns are named as ours are


def named(column: str, names: Mapping[str, str]) -> str:
    """A column of ours as the file names it, in quotes."""
    return f"“{names.get(column, column)}”"


class Cells:
    """A row's cells on their way to clean values; what is wrong with them is gathered, and told as a whole.

    `names` are what the file calls our columns: faults speak of them so.
    """

    def __init__(self, cells: dict[str, str], names: Mapping[str, str]) -> None:
        self.cells, self.names = cells, names
        self.wrong: list[str] = []

    def read[T](self, clean: Callable[[str, str], T], column: str, default: T) -> T:
        """`clean` of the cell's text; the default for an empty cell, and for one that is wrong."""
        text = self.cells.get(column, "")
        try:
            return clean(text, named(column, self.names)) if text else default
        except ValueError as error:
            self.wrong.append(str(error))
            return default

    def needed[T](self, clean: Callable[[str, str], T], column: str, default: T) -> T:
        if not self.cells.get(column):
            self.wrong.append(f"{named(column, self.names)} is empty")
        return self.read(clean, column, default)

    def whole[T](self, row: T) -> T:
        """The row, unless something in it is wrong."""
        if self.wrong:
            raise ValueError("; ".join(self.wrong))
        return row


def person_row(cells: dict[str, str], names: Mapping[str, str] = NAMED_ALIKE) -> PersonRow:
    row = Cells(cells, names)
    if cells.get("part_of") and not cells.get("location"):
        row.wrong.append(
            f"{named('part_of', names)} says what a location belongs to, but {named('location', names)} is empty"
        )
    return row.whole(
        PersonRow(
            external_id=row.needed(_id, "external_id", ""),
            name=_whole_name(row),
            email=row.read(_email, "email", ""),
            title=row.read(_at_most(100), "title", ""),
            location=row.read(_id, "location", ""),
            joined_on=row.read(_day, "joined_on", None),
            manager=row.read(_id, "manager", ""),
            part_of=row.read(_way, "part_of", ()),
        )
    )


def _whole_name(row: Cells) -> str:
    """The first name, where it stands apart, before the name; unless that begins with it already."""
    first, name = row.cells.get("first_name", ""), row.needed(_at_most(150), "name", "")
    if not first or name.casefold().startswith(f"{first} ".casefold()):
        return name
    try:
        return _at_most(150)(f"{first} {name}", named("first_name", row.names))
    except ValueError as error:
        row.wrong.append(str(error))
        return name


@dataclass(frozen=True)
class LeavingRow:
    """Somebody by external id, and their last day; none where they are here."""

    external_id: str
    left_on: date | None
    reason: str = ""


def leaving_row(cells: dict[str, str], names: Mapping[str, str] = NAMED_ALIKE) -> LeavingRow:
    row = Cells(cells, names)
    return row.whole(
        LeavingRow(
            external_id=row.needed(_id, "external_id", ""),
            left_on=row.read(_day, "left_on", None),
            reason=row.read(_at_most(200), "reason", ""),
        )
    )


def delivery(cells: dict[str, str], names: Mapping[str, str] = NAMED_ALIKE) -> Delivery:
    row = Cells(cells, names)
    return row.whole(
        Delivery(
            person_external_id=row.needed(_id, "person_external_id", ""),
            kind=row.needed(_kind, "kind", ""),
            occurred_at=row.needed(instant, "occurred_at", EARLIEST),
            external_id=row.needed(_at_most(200), "external_id", ""),
            role=row.read(_at_most(30), "role", "author"),
            value=row.read(_decimal, "value", None),
            attributes=row.read(_attributes, "attributes", {}),
            location_external_id=row.read(_id, "location", None),
            subject=row.read(_at_most(200), "subject", ""),
        )
    )


@dataclass(frozen=True)
class GrantRow:
    """A badge given by hand as a file tells it: the person by external id or address, the badge by name."""

    person: str
    badge: str
    reason: str
    given_on: date | None
    ends_on: date | None = None
    evidence: str = ""


def grant_row(cells: dict[str, str], names: Mapping[str, str] = NAMED_ALIKE) -> GrantRow:
    row = Cells(cells, names)
    return row.whole(
        GrantRow(
            person=row.needed(_at_most(254), "person", ""),
            badge=row.needed(_at_most(80), "badge", ""),
            reason=row.needed(_at_most(500), "reason", ""),
            given_on=row.read(_day, "given_on", None),
            ends_on=row.read(_day, "ends_on", None),
            evidence=row.read(_link, "evidence", ""),
        )
    )


def source_of(cells: dict[str, str], default: str, names: Mapping[str, str] = NAMED_ALIKE) -> str:
    """Where a row comes from. What Lapel writes itself keeps a name of its own."""
    source = _at_most(60)(cells.get("source", ""), named("source", names)) or default
    if source == LAPEL:
        raise ValueError(f"{named('source', names)} {source!r} is the name of what Lapel itself records")
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


def _at_most(most: int) -> Callable[[str, str], str]:
    def clean(text: str, column: str) -> str:
        if len(text) > most:
            raise ValueError(f"{column} has {len(text)} characters, at most {most} are possible")
        try:
            plain_text(text)
        except ValidationError:
            raise ValueError(f"{column} contains invisible or control characters") from None
        return text

    return clean


_id = _at_most(100)


def _way(text: str, column: str) -> tuple[str, ...]:
    """Short codes from the top down, with > between them."""
    names = [name.strip() for name in text.split(">")]
    if not all(names):
        raise ValueError(f"{column} {text[:80]!r} is not a way such as hospital > surgery")
    return tuple(_id(name, column) for name in names)


def _email(text: str, column: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ValueError(f"{column} {text[:80]!r} is not an e-mail address") from None
    return text


def _link(text: str, column: str) -> str:
    try:
        return safe_link(text)
    except ValidationError as error:
        raise ValueError(f"{column} {error.messages[0]}") from None


DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(.*)")
MIDNIGHT = re.compile(r"[T ]00:00(:00(\.0+)?)?")


def _day(text: str, column: str) -> date | None:
    """As 2026-03-02, or 2.3.2026 where dots say that the day comes first; a spreadsheet's midnight is no matter."""
    plain = text[: -len(end[0])] if (end := MIDNIGHT.search(text)) and text.endswith(end[0]) else text
    dotted = DOTTED.fullmatch(plain)
    try:
        day = date(*map(int, dotted.group(3, 2, 1))) if dotted else date.fromisoformat(plain)
    except ValueError:
        raise ValueError(f"{column} {text[:40]!r} {_no_day(plain)}") from None
    if not EARLIEST.date() <= day < LATEST.date():
        raise ValueError(f"{column} {text!r} is not between the years 1900 and 2200")
    return day


def _no_day(text: str) -> str:
    if SLASHED.fullmatch(text):
        return "may begin with the day or with the month: choose which with the columns, or write it as 2026-03-02"
    if text.isascii() and text.isdigit() and len(text) == 5:
        return "is a spreadsheet's number of a day: show the column as a date there, and save the file again"
    return "is not a day such as 2026-03-02 or 2.3.2026"


def day_first(text: str, order: str) -> str:
    """A day with slashes as one with dots, which begins with the day; any other text as it is."""
    if order and (found := SLASHED.fullmatch(text)):
        first, second, year, rest = found.groups()
        day, month = (first, second) if order == DAY_FIRST else (second, first)
        return f"{day}.{month}.{year}{rest}"
    return text


def _kind(text: str, column: str) -> str:
    if len(text) > 60 or not KIND.fullmatch(text):
        raise ValueError(f"{column} {text[:80]!r} is not a dotted name such as improvement.submitted")
    return text


def _decimal(text: str, column: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{column} {text[:40]!r} is not a number such as 1250.50") from None
    if not value.is_finite() or abs(value) >= MOST_DIGITS or value != round(value, 4):
        raise ValueError(f"{column} {text[:40]!r} has more than 12 digits before or 4 after the point")
    return value


def _attributes(text: str, column: str) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise ValueError(f"{column} contains {constant}")

    try:
        attributes = json.loads(text, parse_constant=refuse)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError(f"{column} is not JSON") from None
    if not isinstance(attributes, dict):
        raise ValueError(f"{column} is not a JSON object such as {{}}")
    _refuse_broken_text(attributes, column)
    return attributes


def _refuse_broken_text(attributes: dict[str, Any], column: str) -> None:
    try:
        text = json.dumps(attributes, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{column} contains half a character") from None
    if "\\u0000" in text:
        raise ValueError(f"{column} contains a NUL character")
