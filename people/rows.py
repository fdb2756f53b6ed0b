"""Many rows changed in one statement, each to values of its own; among them the places of an order."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from psycopg.sql import SQL, Composed, Identifier

UPDATE = SQL("UPDATE {table} t SET {sets} FROM unnest({arrays}) AS v(id, {columns}) WHERE t.id = v.id")


def update_each(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """As `bulk_update` does, which asks about each row for each column, and so takes longer with every row."""
    if not rows:
        return
    meta = type(rows[0])._meta
    fields: list[Any] = [meta.get_field(name) for name in names]
    columns = [Identifier(field.column) for field in fields]
    statement = UPDATE.format(
        table=Identifier(meta.db_table),
        sets=SQL(", ").join(SQL("{0} = v.{0}").format(column) for column in columns),
        arrays=SQL(", ").join(map(_array, [meta.pk, *fields])),
        columns=SQL(", ").join(columns),
    )
    values = [[_value(field, row) for row in rows] for field in (meta.pk, *fields)]
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(None), values)


def shift_row(rows: Sequence[Any], pk: int, by: int) -> None:
    """Of all rows of an order, one earlier or later by so many places.

    Beyond the ends, or where it is there no more, nothing happens.
    """
    ordered = list(rows)
    place = next((place for place, row in enumerate(ordered) if row.pk == pk), None)
    if place is None:
        return
    ordered.insert(max(0, place + by), ordered.pop(place))
    for position, row in enumerate(ordered):
        row.position = position
    update_each(ordered, ["position"])


def _array(field: Any) -> Composed:
    """Without the type's length, to which a cast would cut silently what assigning refuses."""
    kind, _, _ = field.db_type(connection).partition("(")
    return SQL("%s::{}[]").format(SQL(kind))


def _value(field: Any, row: models.Model) -> Any:
    value = field.get_db_prep_save(getattr(row, field.attname), connection)
    return str(value) if isinstance(value, str) else value
