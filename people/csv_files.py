"""CSV files to take home, in which no spreadsheet finds a formula."""

import csv
import io
from collections.abc import Iterable

from people.text import safe_cell

BOM = "\ufeff"  # without it, spreadsheets take the file for one of an older encoding


def csv_lines(rows: Iterable[Iterable[object]], *, begins: bool = False) -> bytes:
    """A file, or a part of one; what it `begins` with says how it is encoded."""
    file = io.StringIO()
    file.write(BOM if begins else "")
    csv.writer(file).writerows([*map(safe_cell, row)] for row in rows)
    return file.getvalue().encode()


def csv_headers(name: str) -> dict[str, str]:
    """Of a response, whole or streamed, that is kept as a file of this name."""
    return {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
