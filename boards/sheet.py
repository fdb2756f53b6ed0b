"""A table of people as a CSV file, with the columns that the page shows."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from boards.columns import DEFINITIONS, Table
from boards.models import Column
from people.csv_files import csv_lines


def _day(at: datetime) -> str:
    return timezone.localdate(at).isoformat()


TEXTS: Mapping[str, Callable[[Any], object]] = {
    Column.BADGES: lambda held: ", ".join(
        one.badge.name + (f" ×{one.times}" if one.times > 1 else "") for one in held
    ),
    Column.IMPROVEMENTS: lambda rhythm: rhythm.total,
    Column.LOGIN: lambda has_one: "yes" if has_one else "no",
    Column.NEXT_END: lambda end: f"{end.badge}, {_day(end.at)}",
    Column.LAST_AWARD: lambda award: f"{award.badge.name}, {_day(award.starts_at)}",
}


def heading(columns: list[str]) -> bytes:
    """The first line, after the mark that says how the file is encoded."""
    return csv_lines([["Name", *(DEFINITIONS[name].label for name in columns)]], begins=True)


def body(table: Table) -> bytes:
    return csv_lines(
        [
            [row.person.name, *(_text(cell.definition.name, cell.value) for cell in row.cells)]
            for row in table.rows
        ]
    )


def _text(column: str, value: Any) -> object:
    return "" if value is None else TEXTS.get(column, str)(value)
