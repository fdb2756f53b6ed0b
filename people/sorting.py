"""Tables that are whole on their page, sorted by a column as the address asks (`sort`)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict


@dataclass(frozen=True)
class Order:
    """A column, the way round that is asked for most, or turned round (`-`)."""

    column: str
    rises: bool
    is_turned: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.is_turned else ''}{self.column}"

    @property
    def head(self) -> "Order":
        return replace(self, is_turned=False)

    @property
    def turned(self) -> "Order":
        return replace(self, is_turned=not self.is_turned)

    @property
    def ascends(self) -> bool:
        return self.rises != self.is_turned


@dataclass(frozen=True)
class Column[Row]:
    """What its rows are sorted by: most first, or (`rises`) from A to Z. None comes last either way round."""

    value: Callable[[Row], Any]
    rises: bool = False


@dataclass(frozen=True)
class Sorting[Row]:
    """The columns of a table by their names, and the order that is asked for; None for the table's own."""

    columns: Mapping[str, Column[Row]]
    order: Order | None

    @property
    def by(self) -> dict[str, Order]:
        """What the head of each column asks for."""
        return {name: Order(name, column.rises) for name, column in self.columns.items()}

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        """Equals stay as they came."""
        if self.order is None:
            return list(rows)
        rows, value = list(rows), self.columns[self.order.column].value
        known = [row for row in rows if value(row) is not None]
        unknown = [row for row in rows if value(row) is None]
        return sorted(known, key=value, reverse=not self.order.ascends) + unknown


def sorting[Row](query: QueryDict, columns: Mapping[str, Column[Row]]) -> Sorting[Row]:
    """As the address asks; what is not known changes nothing."""
    asked = query.get("sort", "")
    name = asked.removeprefix("-")
    if name not in columns:
        return Sorting(columns, None)
    return Sorting(columns, Order(name, columns[name].rises, is_turned=asked != name))
