"""Reading CSV strictly: every bad row is named by line and reason, and nothing is guessed."""

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, TYPE_CHECKING

from integrations.encodings import MARKS_OF_UTF16, UTF8, UTF16, WESTERN, Western, utf16_lines

if TYPE_CHECKING:
    from _csv import Reader

GZIP = b"\x1f\x8b"
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
DELIMITERS = ",;\t"
SAID = {f"sep={delimiter}" for delimiter in DELIMITERS}
MOST_BYTES = 512 * 1024 * 1024
MOST_ROWS = 5_000_000
LONGEST_FIELD = 131_072
CONTROLS = set(range(32)) - set(b"\t\r\n")


class Unreadable(ValueError):
    """The file as a whole cannot be read; the message says how to mend it."""


class NotInUtf8(Unreadable):
    """It may be in Windows-1252."""


@dataclass(frozen=True)
class Fault:
    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class BadRows(ValueError):
    """Some rows cannot be taken, so none is."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: fault.line)
        super().__init__(f"{len(self.faults)} bad rows")


@dataclass(frozen=True)
class Row:
    line: int
    values: dict[str, str]


def read_rows(
    file: IO[bytes],
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    mapping: Mapping[str, str] | None = None,
    encoding: str = UTF8,
) -> Iterator[Row | Fault]:
    """Yield each row, or why it cannot be one. Raises `Unreadable` for what spoils the whole file.

    `file` holds UTF-8 (a byte order mark is welcome) or UTF-16, perhaps gzipped; its first line names the columns, and
    shows whether commas, semicolons or tabs stand between them.
    With a `mapping` (our column → the file's), columns go by the file's own names, and others are passed over.
    """
    lines = _Lines(file, encoding=encoding)
    reader = lines.cells()
    try:
        header = _header(_translated(next(reader, []), mapping), required, optional)
        for cells in reader:
            if reader.line_num > MOST_ROWS:
                raise Unreadable(f"The file has more than {MOST_ROWS:,} lines. Please split it.")
            if is_blank(cells):
                continue
            line = lines.number
            if len(cells) != len(header):
                yield Fault(line, _uneven(len(cells), len(header), reader.dialect.delimiter))
            else:
                yield Row(line, {n: cell.strip() for n, cell in zip(header, cells, strict=True) if n})
    except csv.Error as error:
        raise Unreadable(_csv_message(error, lines.number)) from None


@dataclass(frozen=True)
class Surveyed:
    """What a file is: its columns, how many rows follow, and what it is written in.

    `words` are some by which a reader can tell that a guessed encoding is right.
    """

    header: list[str]
    rows: int
    encoding: str = UTF8
    words: list[str] = field(default_factory=list)


def survey_file(file: IO[bytes], *, most_bytes: int, most_rows: int) -> Surveyed:
    """Raises `Unreadable` for what no import could take."""
    return _as_written(file, most_bytes, lambda lines: _surveyed(lines, most_rows))


def encoding_of(file: IO[bytes]) -> tuple[str, list[str]]:
    """What a file is written in, and some words to judge that by, where it is guessed. Raises `Unreadable`."""
    return _as_written(file, MOST_BYTES, _encoding)


def _encoding(lines: "_Lines") -> tuple[str, list[str]]:
    for _ in lines:
        pass
    return lines.encoding, lines.western.words


def _as_written[T](file: IO[bytes], most_bytes: int, look: Callable[["_Lines"], T]) -> T:
    """In UTF-8 or UTF-16; else in Windows-1252, if that looks like a western language."""
    try:
        return look(_Lines(file, most_bytes))
    except NotInUtf8 as refused:
        lines = _Lines(file, most_bytes, WESTERN)
        found = look(lines)
        if not lines.western.is_plausible:
            raise refused from None
        return found


def _surveyed(lines: "_Lines", most_rows: int) -> Surveyed:
    reader = lines.cells()
    try:
        header = [name for name in _header(distinct(next(reader, [])), (), None) if name]
        rows = 0
        for cells in reader:
            rows += not is_blank(cells)
            if rows > most_rows:
                raise Unreadable(f"The file has more than {most_rows:,} rows. Please split it.")
    except csv.Error as error:
        raise Unreadable(_csv_message(error, lines.number)) from None
    if not rows:
        raise Unreadable("The file names its columns, but no row follows.")
    return Surveyed(header, rows, lines.encoding, lines.western.words)


def parse_all[T](
    rows: Iterable[Row | Fault], parse: Callable[[dict[str, str]], T]
) -> Iterator[tuple[int, T]]:
    """Yield (line, parsed) of every row; at the end raise `BadRows` if any could not be parsed (a ValueError)."""
    faults: list[Fault] = []
    for row in rows:
        if isinstance(row, Fault):
            faults.append(row)
            continue
        try:
            yield row.line, parse(row.values)
        except ValueError as error:
            faults.append(Fault(row.line, str(error)))
    if faults:
        raise BadRows(faults)


class _Lines:
    """The text lines of a file that may be gzipped, with what no CSV may contain refused."""

    def __init__(self, file: IO[bytes], most_bytes: int = MOST_BYTES, encoding: str = UTF8) -> None:
        start = _start(file)
        if start in {ZIP, OLE}:
            raise Unreadable(
                "This is a workbook or a ZIP file, whatever its name says. "
                "Open it, choose Save as, and there “CSV UTF-8”."
            )
        raw: IO[bytes] = gzip.open(file) if start[:2] == GZIP else file  # type: ignore[assignment]  # noqa: SIM115
        is_utf16 = _start(raw)[:2] in MARKS_OF_UTF16
        self._lines = utf16_lines(raw) if is_utf16 else iter(raw)
        self.encoding = UTF16 if is_utf16 else encoding
        self.western = Western()
        self.number = 0
        self._bytes, self._most_bytes = 0, most_bytes

    def cells(self) -> "Reader":
        """The rows as cells. The names of the columns show what stands between them: commas, semicolons or tabs.

        A first line such as `sep=;`, which spreadsheets write for one another, is passed over.
        """
        csv.field_size_limit(LONGEST_FIELD)
        first = next(self, "")
        if first.rstrip("\r\n").strip('"') in SAID:
            first = next(self, "")
        delimiter = max(DELIMITERS, key=first.count)
        return csv.reader(chain([first], self), strict=True, delimiter=delimiter)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = next(self._lines)
        except (EOFError, OSError) as error:
            raise Unreadable(f"The compressed file is damaged ({error}).") from None
        except UnicodeDecodeError:
            raise Unreadable("The file is in UTF-16, but damaged. Please save it as “CSV UTF-8”.") from None
        self.number += 1
        self._bytes += len(line)
        if self._bytes > self._most_bytes:
            raise Unreadable(f"The file is larger than {self._most_bytes >> 20} MB. Please split it.")
        return self._decode(line)

    def _decode(self, line: bytes) -> str:
        if self.number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if b"\0" in line:
            raise Unreadable(
                f"Line {self.number} contains a NUL byte, so this is not a text file. "
                "Please save it as “CSV UTF-8”."
            )
        text = self._western(line) if self.encoding == WESTERN else self._utf8(line)
        if "\r" in text.rstrip("\r\n"):
            raise Unreadable(
                "The lines end in old Macintosh style (CR). Please save the file as “CSV UTF-8”."
            )
        return text

    def _utf8(self, line: bytes) -> str:
        try:
            return line.decode(UTF8)
        except UnicodeDecodeError:
            raise self._not_utf8(line) from None

    def _western(self, line: bytes) -> str:
        try:
            text = line.decode(WESTERN)
        except UnicodeDecodeError:
            raise self._not_utf8(line) from None
        if CONTROLS & set(line):
            raise self._not_utf8(line)
        self.western.look_at(text)
        return text

    def _not_utf8(self, line: bytes) -> Unreadable:
        if CONTROLS & set(line):
            return Unreadable(
                f"Line {self.number} contains what no text does. Please save the file as “CSV UTF-8”."
            )
        return NotInUtf8(
            f"Line {self.number} is not in UTF-8, and it cannot be told what its letters are. "
            "Please save the file as “CSV UTF-8”."
        )


def _start(raw: IO[bytes]) -> bytes:
    try:
        start = raw.read(4)
        raw.seek(0)
    except (EOFError, OSError) as error:
        raise Unreadable(f"The compressed file is damaged ({error}).") from None
    return start


def is_blank(cells: Iterable[str]) -> bool:
    """Nothing at all, or nothing between the delimiters: what spreadsheets leave below a table."""
    return not any(cell.strip() for cell in cells)


def so_many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _uneven(cells: int, columns: int, delimiter: str) -> str:
    mark = {",": "comma", ";": "semicolon"}.get(delimiter, "tab")
    mend = f"put cells that hold a {mark} in quotation marks" if cells > columns else f"{mark}s are missing"
    return f"has {so_many(cells, 'cell')}, but the header names {so_many(columns, 'column')}: {mend}"


def _translated(cells: list[str], mapping: Mapping[str, str] | None) -> list[str]:
    if mapping is None:
        return cells
    ours = {theirs: name for name, theirs in mapping.items()}
    return [ours.get(name, "") for name in distinct(cells)]


def distinct(cells: Sequence[str]) -> list[str]:
    """The names of columns; those that several have say in which column they stand."""
    names = [cell.strip() for cell in cells]
    times = Counter(names)
    return [
        f"{name} (column {number})" if name and times[name] > 1 else name
        for number, name in enumerate(names, 1)
    ]


def _header(cells: list[str], required: Sequence[str], optional: Sequence[str] | None) -> list[str]:
    """The names, checked; `optional` None welcomes any. A column without a name is nobody's."""
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise Unreadable("The file is empty: its first line must name the columns.")
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise Unreadable(f"The column {', '.join(twice)} is named twice.")
    if missing := [name for name in required if name not in names]:
        raise Unreadable(f"The column {', '.join(missing)} is missing. The first line must name the columns.")
    if optional is None:
        return names
    if unknown := [name for name in names if name and name not in {*required, *optional}]:
        raise Unreadable(f"There is no column {', '.join(map(repr, unknown))}; take it out of the file.")
    return names


def _csv_message(error: csv.Error, line: int) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "A quotation mark is opened and never closed, so the rest of the file reads as one cell."
    if "field larger" in text:
        return f"Line {line} has a cell of more than {LONGEST_FIELD:,} characters."
    return f"Line {line} cannot be read: {text}."


def raw_rows(file: IO[bytes], wanted: set[int], encoding: str) -> tuple[list[str], dict[int, list[str]]]:
    """The names of all columns, and the cells of some rows, as they came, by line."""
    lines = _Lines(file, encoding=encoding)
    reader = lines.cells()
    header, found = next(reader, []), dict[int, list[str]]()
    for cells in reader:
        if lines.number in wanted:
            found[lines.number] = cells
    return header, found
