"""Statements that are asked again and again: planned once for each connection."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import BigIntegerField, BooleanField, Func, Value
from psycopg import RawCursor

SEEN = 1  # times before a statement is worth keeping
KEPT = 100  # a plan of several rules takes up to a megabyte
# For these a general plan is as good as one for the values at hand, and compiling them takes longer than running.
SETTINGS = "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true)"


@contextmanager
def planned_once() -> Iterator[None]:
    """What the ORM asks in here is planned once for each connection. May decorate a function.

    For reads that pages come back to, and whose best way hangs on no value: rows by their keys and the like. Lists
    that people narrow are planned for the values at hand, as everything else is.
    """
    connection.ensure_connection()
    raw = connection.connection
    before = raw.cursor_factory, raw.prepare_threshold
    raw.cursor_factory, raw.prepare_threshold = ServerBindingCursor, SEEN
    try:
        yield
    finally:
        raw.cursor_factory, raw.prepare_threshold = before


def ask_prepared(text: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement with parameters `$1`, `$2` …; inside a transaction."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    raw = connection.connection
    raw.prepare_threshold, raw.prepared_max = 0, KEPT
    with connection.wrap_database_errors, RawCursor(raw) as cursor:
        cursor.execute(SETTINGS, prepare=False)
        cursor.execute(text, parameters, prepare=True)
        return cursor.fetchall() if cursor.description else []


class OneOf(Func):
    """That a column is one of these ids, to filter by: one value, so that the text is the same however many."""

    template, arg_joiner = "(%(expressions)s))", " = ANY("
    output_field = BooleanField()

    def __init__(self, column: str, ids: Iterable[int]) -> None:
        super().__init__(column, Value(list(ids), output_field=ArrayField(BigIntegerField())))


def array(values: Sequence[object]) -> str:
    """An array of numbers or instants as PostgreSQL writes it: sent as text, its type is the statement's."""
    return "{" + ",".join(map(str, values)) + "}"
