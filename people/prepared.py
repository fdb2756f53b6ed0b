"""Large statements that are asked again and again: planned once for each connection."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg import RawCursor

KEPT = 20  # a plan of dozens of rules takes some megabytes
# For these a general plan is as good as one for the values at hand, and compiling them takes longer than running.
SETTINGS = "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true)"


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


def array(values: Sequence[object]) -> str:
    """An array of numbers as PostgreSQL writes it: sent as text, its type is the statement's."""
    return "{" + ",".join(map(str, values)) + "}"
