"""Putting one SQL statement together from common table expressions. All values are quoted literals."""

from collections.abc import Iterable
from typing import Any

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal


def sql(template: str, **values: Any) -> Composed:
    """The template with its `{names}` filled in: SQL as it is, anything else as a quoted literal."""
    quoted = {
        name: value if isinstance(value, Composable) else Literal(value) for name, value in values.items()
    }
    return SQL(template).format(**quoted)


def ids(values: Iterable[int]) -> Composed:
    return sql("{ids}::bigint[]", ids="{" + ",".join(str(int(value)) for value in values) + "}")


def texts(values: Iterable[str]) -> Composed:
    return sql("ARRAY[{texts}]::text[]", texts=SQL(", ").join(map(Literal, values)))


def union(queries: Iterable[Composable]) -> Composed:
    return SQL("\n  UNION ALL ").join(queries)


class Statement:
    """The expressions of one statement, in the order in which they look at each other."""

    def __init__(self) -> None:
        self.expressions: list[Composable] = []

    def add(self, hint: str, template: str, *, again: bool = False, **values: Any) -> Identifier:
        """Name a query. With `again` it is repeated where it is used: an ordered index beats sorting a copy."""
        name = Identifier(f"{hint}_{len(self.expressions)}")
        mode = SQL("NOT MATERIALIZED ") if again else SQL("")
        self.expressions.append(
            sql("{name} AS {mode}(\n  {query}\n)", name=name, mode=mode, query=sql(template, **values))
        )
        return name

    def ending(self, template: str, **values: Any) -> Composed:
        if not self.expressions:
            return sql(template, **values)
        return sql("WITH {all}\n{last}", all=SQL(",\n").join(self.expressions), last=sql(template, **values))
