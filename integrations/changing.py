"""Changing many people at once is an import that Lapel writes itself: checked, shown, done and undone like any."""

import csv
import io
from collections.abc import Iterable, Mapping

from integrations.imports import MOST_ROWS, upload_file
from integrations.models import Import, ImportKind
from people.changes import Refused
from people.models import Person


def draft_changes(*, by: Person, people: Iterable[Person], changes: Mapping[str, str]) -> Import:
    """An import that says the same of everybody: `changes` are cells by column. Raises `Refused`."""
    rows = [[person.external_id, person.name, *changes.values()] for person in people]
    if not rows:
        raise Refused("Tick the people to change first.")
    if len(rows) > MOST_ROWS:
        raise Refused(f"These are more than {MOST_ROWS:,} people. Choose fewer.")
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([["external_id", "name", *changes], *rows])
    whom = "1 person" if len(rows) == 1 else f"{len(rows):,} people"
    return upload_file(
        by=by,
        kind=ImportKind.PEOPLE,
        name=f"Change of {whom}",
        file=io.BytesIO(text.getvalue().encode()),
    )
