"""What can be imported: the columns of each kind, what they mean, and guessing which of a file's they are."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from integrations import rows
from integrations.models import ImportKind


@dataclass(frozen=True)
class Column:
    """`others` are names under which files know it as well; `example` stands in the template."""

    name: str
    label: str
    hint: str
    example: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    name: str
    about: str
    columns: tuple[Column, ...]
    required: tuple[str, ...]

    @property
    def optional(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.name not in self.required)


PEOPLE = Kind(
    ImportKind.PEOPLE,
    "Adds who is new and brings the others up to date. Nobody is removed. A column that the file does not have "
    "stays as it is; an empty cell empties.",
    (
        Column("external_id", "Staff number", "Never changes, and belongs to one person.", "1001",
               ("id", "staff number", "employee id", "employee number", "employee no",
                "staff no", "personnel number", "personnel no", "person id", "number")),
        Column("name", "Name", "As colleagues read it.", "Ann Adams",
               ("full name", "display name", "employee", "employee name", "person")),
        Column("email", "E-mail address", "", "ann.adams@example.org",
               ("e-mail", "mail", "email address", "e-mail address", "work email")),
        Column("title", "Job title", "", "Nurse", ("job title", "position", "function", "job")),
        Column("location", "Location", "Its short code. Unknown ones are added: where Part of says, else at the top.",
               "ward-1",
               ("site", "department", "ward", "unit", "office", "location code", "team")),
        Column("part_of", "Part of",
               "Where an unknown location is added: the short code of what it belongs to, or the way from the top "
               "such as hospital > surgery. Known ones stay where they are.",
               "hospital > surgery",
               ("parent location", "location parent", "parent", "parent code", "belongs to", "below")),
        Column("joined_on", "Joined on", "A day such as 2026-03-02.", "2024-03-01",
               ("start date", "hire date", "hired", "hired on", "joined", "entry date")),
        Column("manager", "Manager", "The manager's staff number.", "1002",
               ("supervisor", "boss", "reports to", "manager id", "line manager", "manager number")),
    ),
    rows.PEOPLE,
)  # fmt: skip
ACTIVITIES = Kind(
    ImportKind.ACTIVITIES,
    "Records what people did. What was recorded before, under the same source and id, stays as it was.",
    (
        Column("external_id", "Id of the activity", "Never changes, so that the file can come again.", "A-1",
               ("id", "activity id", "number", "key", "reference")),
        Column("person_external_id", "Staff number", "Whose activity it is.", "1001",
               ("person", "person id", "staff number", "employee id", "employee number", "author")),
        Column("kind", "Kind", "A dotted name such as improvement.submitted.", "improvement.submitted",
               ("type", "activity", "activity type", "event")),
        Column("occurred_at", "When", "With its time zone, such as 2026-03-02T15:00:00Z.", "2026-03-02T15:00:00Z",
               ("date", "when", "time", "timestamp", "occurred", "happened at")),
        Column("role", "Role", "Such as author or leader; author where it is empty.", "author", ()),
        Column("value", "Value", "A number such as 1250.50.", "1250.50", ("amount", "saving", "points")),
        Column("subject", "Subject", "What it was about, in a few words.", "Red lids",
               ("title", "description", "topic")),
        Column("location", "Location", "Its short code; the person's own where it is empty.", "",
               ("site", "department", "ward", "unit", "location code")),
        Column("source", "Source", "The system it comes from; import where it is empty.", "", ("system", "origin")),
        Column("attributes", "Attributes", "A JSON object, for rules that ask about it.", "", ("data", "extra")),
    ),
    rows.ACTIVITIES,
)  # fmt: skip
GRANTS = Kind(
    ImportKind.GRANTS,
    "Gives badges by hand. Whoever holds the badge by hand already has it renewed, or keeps it as it is.",
    (
        Column("person", "Person", "Staff number or e-mail address.", "1001",
               ("external id", "staff number", "employee id", "email", "e-mail", "mail", "person id")),
        Column("badge", "Badge", "Its short name, as in its address.", "first-idea",
               ("badge slug", "slug", "badge name", "award")),
        Column("given_on", "Given on", "A day such as 2026-03-02; today where it is empty.", "2026-03-02",
               ("date", "given", "awarded on", "awarded", "granted on", "day")),
        Column("ends_on", "Ends on", "The last day it is held; as the badge says where it is empty.", "2030-12-31",
               ("end", "ends", "until", "valid until", "held until", "expires on", "expires", "expiry", "expiry date")),
        Column("reason", "Reason", "People read it on the badge.", "Held the first workshop",
               ("why", "comment", "note", "because")),
        Column("evidence", "Evidence", "A link; badges that demand evidence need one.", "https://example.org/c/7",
               ("link", "url", "certificate", "proof")),
    ),
    rows.GRANTS,
)  # fmt: skip
KINDS: dict[str, Kind] = {kind.name: kind for kind in (PEOPLE, ACTIVITIES, GRANTS)}


def plain(name: str) -> str:
    """A name as names are compared: without case, accents, spaces and marks."""
    spread = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[^a-z0-9]", "", spread)


def guess(kind: Kind, header: Sequence[str], remembered: Iterable[Mapping[str, str]] = ()) -> dict[str, str]:
    """Which of the file's columns each of ours is: as chosen for such a file before, else by its name."""
    mapping: dict[str, str] = {}
    for earlier in remembered:
        for name, theirs in earlier.items():
            if theirs in header and theirs not in mapping.values():
                mapping.setdefault(name, theirs)
    by_name = {plain(theirs): theirs for theirs in reversed(header)}
    exact = [(column.name, column.name) for column in kind.columns]
    similar = [(column.name, other) for column in kind.columns for other in (column.label, *column.others)]
    for name, wanted in [*exact, *similar]:
        found = by_name.get(plain(wanted))
        if found and name not in mapping and found not in mapping.values():
            mapping[name] = found
    return mapping


def is_clear(kind: Kind, header: Sequence[str]) -> bool:
    """Whether the file names its columns exactly as we do, so that nothing is to be asked."""
    known = {column.name for column in kind.columns}
    return set(header) <= known and set(kind.required) <= set(header)
