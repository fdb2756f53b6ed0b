"""The tables that imports hand out: a file to fill in, and the rows to mend."""

import io
from collections import defaultdict
from collections.abc import Iterator

from integrations.kinds import Kind
from integrations.models import Import, ImportData
from integrations.reading import raw_rows


def template_table(kind: Kind) -> list[list[str]]:
    columns = [column for column in kind.columns if column.in_template]
    return [[column.name for column in columns], [column.example for column in columns]]


def faults_table(found: Import, data: ImportData) -> Iterator[list[str]]:
    """Line, reasons and the cells as they came."""
    reasons: dict[int, list[str]] = defaultdict(list)
    for line, reason in data.faults:
        reasons[line].append(reason)
    header, cells = found.header, dict[int, list[str]]()
    if data.file:
        header, cells = raw_rows(io.BytesIO(bytes(data.file)), set(reasons), found.encoding)
    yield ["line", "reason", *header]
    for line in sorted(reasons):
        yield [str(line), "; ".join(reasons[line]), *cells.get(line, [])]
