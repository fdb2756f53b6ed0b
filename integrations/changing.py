"""Changing many people at once is an import that Lapel writes itself: checked, shown, done and undone like any."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date

from integrations.imports import MOST_ROWS, upload_file
from integrations.models import Import, ImportKind
from people.changes import Refused
from people.models import Person
from people.templatetags.lapel import day_year
from people.text import so_many_people


def draft_changes(*, by: Person, people: Iterable[Person], changes: Mapping[str, str]) -> Import:
    """An import that says the same of everybody: `changes` are cells by column. Raises `Refused`."""
    rows = [[person.external_id, person.name, *changes.values()] for person in people]
    header = ["external_id", "name", *changes]
    return _draft(by, ImportKind.PEOPLE, header, rows, f"Change of {so_many_people(len(rows))}")


def draft_leaving(*, by: Person, people: Iterable[Person], left_on: date | None, reason: str) -> Import:
    """An import that lets all of them leave after that day, or return where there is none. Raises `Refused`."""
    rows = [[person.external_id, left_on.isoformat() if left_on else "", reason] for person in people]
    does = ("leave" if left_on else "return") + ("s" if len(rows) == 1 else "")
    name = f"{so_many_people(len(rows))} who {does}" + (f", last day {day_year(left_on)}" if left_on else "")
    return _draft(by, ImportKind.LEAVING, ["external_id", "left_on", "reason"], rows, name)


def _draft(by: Person, kind: ImportKind, header: list[str], rows: list[list[str]], name: str) -> Import:
    if not rows:
        raise Refused("Tick the people first.")
    if len(rows) > MOST_ROWS:
        raise Refused(f"These are more than {MOST_ROWS:,} people. Choose fewer.")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return upload_file(by=by, kind=kind, name=name, file=io.BytesIO(text.getvalue().encode()))
