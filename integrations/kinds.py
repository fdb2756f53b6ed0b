"""What can be imported: the columns of each kind, what they mean, and guessing which of a file's they are."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from integrations import headings, rows
from integrations.models import ImportKind


@dataclass(frozen=True)
class Column:
    """`example` stands in the template, if the column does."""

    name: str
    label: str
    hint: str
    example: str
    in_template: bool = True


@dataclass(frozen=True)
class Kind:
    """`headings` are what files call our columns; `days` are the columns that hold days."""

    name: str
    about: str
    columns: tuple[Column, ...]
    required: tuple[str, ...]
    headings: Mapping[str, Sequence[str]]
    days: tuple[str, ...] = ()

    @property
    def optional(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.name not in self.required)


PEOPLE = Kind(
    ImportKind.PEOPLE,
    "Adds who is new and brings the others up to date. Nobody is removed. A column that the file does not have "
    "stays as it is; an empty cell empties.",
    (
        Column("external_id", "Staff number", "Never changes, and belongs to one person.", "1001"),
        Column("name", "Name", "As colleagues read it.", "Ann Adams"),
        Column("first_name", "First name", "Where the file has it apart: it is put before the name.", "", False),
        Column("email", "E-mail address", "", "ann.adams@example.org"),
        Column("title", "Job title", "", "Nurse"),
        Column("location", "Location",
               "Its short code, or its name. Unknown ones are added: where Part of says, else at the top.",
               "ward-1"),
        Column("part_of", "Part of",
               "Where an unknown location is added: the short code of what it belongs to, or the way from the top "
               "such as hospital > surgery. Known ones stay where they are.",
               "hospital > surgery"),
        Column("joined_on", "Joined on", "A day such as 2026-03-02 or 2.3.2026.", "2024-03-01"),
        Column("manager", "Manager", "The manager's staff number.", "1002"),
    ),
    rows.PEOPLE,
    headings.PEOPLE,
    ("joined_on",),
)  # fmt: skip
LEAVING = Kind(
    ImportKind.LEAVING,
    "Lets people leave, and return: where a row has a last day, they leave, and lay down their roles; where it has "
    "none, whoever had left is back.",
    (
        Column("external_id", "Staff number", "Whose row it is.", "1001"),
        Column("left_on", "Last day", "A day such as 2026-03-31 or 31.3.2026; empty for who is here.", "2026-03-31"),
        Column("reason", "Reason", "Only the audit log has it.", ""),
    ),
    rows.LEAVING,
    headings.LEAVING,
    ("left_on",),
)  # fmt: skip
ACTIVITIES = Kind(
    ImportKind.ACTIVITIES,
    "Records what people did. What was recorded before, under the same source and id, stays as it was.",
    (
        Column("external_id", "Id of the activity", "Never changes, so that the file can come again.", "A-1"),
        Column("person_external_id", "Staff number", "Whose activity it is.", "1001"),
        Column("kind", "Kind", "A dotted name such as improvement.submitted.", "improvement.submitted"),
        Column(
            "occurred_at", "When", "With its time zone, such as 2026-03-02T15:00:00Z.", "2026-03-02T15:00:00Z"
        ),
        Column("role", "Role", "Such as author or leader; author where it is empty.", "author"),
        Column("value", "Value", "A number such as 1250.50.", "1250.50"),
        Column("subject", "Subject", "What it was about, in a few words.", "Red lids"),
        Column("location", "Location", "Its short code; the person's own where it is empty.", ""),
        Column("source", "Source", "The system it comes from; import where it is empty.", ""),
        Column("attributes", "Attributes", "A JSON object, for rules that ask about it.", ""),
    ),
    rows.ACTIVITIES,
    headings.ACTIVITIES,
)
GRANTS = Kind(
    ImportKind.GRANTS,
    "Gives badges by hand. Whoever holds the badge by hand already has it renewed, or keeps it as it is.",
    (
        Column("person", "Person", "Staff number or e-mail address.", "1001"),
        Column("badge", "Badge", "Its name, or its short name as in its address.", "first-idea"),
        Column(
            "given_on",
            "Given on",
            "A day such as 2026-03-02 or 2.3.2026; today where it is empty.",
            "2026-03-02",
        ),
        Column(
            "ends_on",
            "Ends on",
            "The last day it is held; as the badge says where it is empty.",
            "2030-12-31",
        ),
        Column("reason", "Reason", "People read it on the badge.", "Held the first workshop"),
        Column(
            "evidence", "Evidence", "A link; badges that demand evidence need one.", "https://example.org/c/7"
        ),
    ),
    rows.GRANTS,
    headings.GRANTS,
    ("given_on", "ends_on"),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in (PEOPLE, LEAVING, ACTIVITIES, GRANTS)}


AMONG_SEVERAL = re.compile(r" \(column \d+\)$")  # as `reading.distinct` tells namesakes apart


def plain(name: str) -> str:
    """A name as names are compared: without case, accents, spaces and marks."""
    spread = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]", "", spread)


def guess(kind: Kind, header: Sequence[str], remembered: Iterable[Mapping[str, str]] = ()) -> dict[str, str]:
    """Which of the file's columns each of ours is: as chosen for such a file before, else by its name.

    Where several could be it, none is chosen.
    """
    mapping: dict[str, str] = {}
    for earlier in remembered:
        for name, theirs in earlier.items():
            if theirs in header and theirs not in mapping.values():
                mapping.setdefault(name, theirs)
    for names in (lambda column: (column.name,), lambda column: (column.label,), partial(_headings, kind)):
        for column in kind.columns:
            found = _named_so(header, names(column), mapping)
            if column.name not in mapping and len(found) == 1:
                mapping[column.name] = found[0]
    return mapping


def likely(kind: Kind, header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, list[str]]:
    """By our columns without one, those of the file that could be it by their names."""
    open_ones = [column for column in kind.columns if column.name not in mapping]
    return {
        column.name: _named_so(header, [column.name, column.label, *_headings(kind, column)], mapping)
        for column in open_ones
    }


def _headings(kind: Kind, column: Column) -> Sequence[str]:
    return kind.headings[column.name]


def _named_so(header: Sequence[str], names: Iterable[str], mapping: Mapping[str, str]) -> list[str]:
    wanted = {plain(name) for name in names}
    free = [theirs for theirs in header if theirs not in mapping.values()]
    return [theirs for theirs in free if {plain(theirs), plain(AMONG_SEVERAL.sub("", theirs))} & wanted]


def is_clear(kind: Kind, header: Sequence[str]) -> bool:
    """Whether the file names its columns exactly as we do, so that nothing is to be asked."""
    known = {column.name for column in kind.columns}
    return set(header) <= known and set(kind.required) <= set(header)
