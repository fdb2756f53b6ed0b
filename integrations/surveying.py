"""A file that is looked through: its rows as values, and what was found."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from integrations.encodings import UTF8
from integrations.kinds import Kind
from integrations.reading import Fault, Row, read_rows
from integrations.rows import day_first
from integrations.samples import MOST
from people.models import Location, Organization, Person

BATCH = 1000
Progress = Callable[[int], object]


@dataclass
class Survey:
    """`ready` is what may be stored as it is; `samples` tell the first changes as [line, who, what].

    `left` are those whom it leaves out, as [who, why]. `anew` are people who left when an import was undone, and
    `reopened` the locations that were closed with it: they come with this file as if they never had been there.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    faults: list[Fault] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    ready: list[Any] = field(default_factory=list)
    samples: list[list[Any]] = field(default_factory=list)
    most_samples: int = MOST
    left: list[list[str]] = field(default_factory=list)
    anew: set[int] = field(default_factory=set)
    reopened: list[Location] = field(default_factory=list)

    def sample(self, line: int, who: str, what: str) -> None:
        if len(self.samples) < self.most_samples:
            self.samples.append([line, who, what])


@dataclass(frozen=True)
class File:
    """An uploaded file with what is known of it. `by` is who imports."""

    organization: Organization
    by: Person
    data: IO[bytes]
    mapping: Mapping[str, str]
    encoding: str = UTF8
    day_order: str = ""

    def rows(self, kind: Kind) -> Iterator[Row | Fault]:
        self.data.seek(0)
        return read_rows(
            self.data,
            required=kind.required,
            optional=kind.optional,
            mapping=self.mapping,
            encoding=self.encoding,
        )

    def parsed[T](
        self,
        kind: Kind,
        parse: Callable[[dict[str, str], Mapping[str, str]], T],
        survey: Survey,
        progress: Progress,
    ) -> Iterator[tuple[int, T]]:
        """(line, parsed) of every row that can be; the others are the survey's faults."""
        for number, row in enumerate(self.rows(kind), 1):
            if number % BATCH == 0:
                progress(BATCH)
            if isinstance(row, Fault):
                survey.faults.append(row)
                continue
            try:
                yield row.line, parse(self._ordered(kind, row.values), self.mapping)
            except ValueError as error:
                survey.faults.append(Fault(row.line, str(error)))

    def _ordered(self, kind: Kind, cells: dict[str, str]) -> dict[str, str]:
        """With days with slashes as whoever chose the columns said that they are."""
        return cells | {name: day_first(cells[name], self.day_order) for name in kind.days if name in cells}
