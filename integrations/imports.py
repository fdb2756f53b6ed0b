"""Imports in the browser: uploaded, mapped, started and undone here; `import_work` carries them out in a worker.

An import goes mapping → checking → checked → running → done (→ undoing → undone), or ends as failed with
nothing stored. Each step is a conditional change of its state, so a second click finds nothing left to do.
"""

import hashlib
import io
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import IO, Any

from django.db import transaction
from django.db.models import Q

from integrations.kinds import KINDS, Kind, guess, is_clear
from integrations.models import Import, ImportData, ImportKind, ImportPart, ImportState
from integrations.reading import Unreadable, so_many, survey_file
from people.audit import note
from people.bells import ring
from people.changes import Refused
from people.clock import now
from people.models import Person

MOST_BYTES = 50 * 1024 * 1024
MOST_ROWS = 100_000
MOST_OPEN = 20
MOST_COLUMNS = 200
UNDOABLE = timedelta(days=30)
OPEN = [ImportState.MAPPING, ImportState.CHECKING, ImportState.CHECKED]


@transaction.atomic
def upload_file(*, by: Person, kind: str, name: str, file: IO[bytes]) -> Import:
    """Keep an uploaded file, and have it checked if its columns are ours. Raises `Unreadable` and `Refused`."""
    if Import.objects.filter(organization=by.organization_id, state__in=OPEN).count() >= MOST_OPEN:
        raise Refused(f"{MOST_OPEN} imports are waiting to be started already. Start or drop some first.")
    data = file.read()
    found = survey_file(io.BytesIO(data), most_bytes=MOST_BYTES, most_rows=MOST_ROWS)
    header, chosen = found.header, _chosen(by, kind)
    _refuse_header(header, KINDS[kind])
    at = now()
    row = Import.objects.create(
        organization=by.organization,
        kind=kind,
        name=_readable(name),
        size=len(data),
        digest=hashlib.sha256(data).hexdigest(),
        rows=found.rows,
        encoding=found.encoding,
        words=found.words,
        header=header,
        mapping=guess(KINDS[kind], header, [earlier.mapping for earlier in chosen]),
        day_order=chosen[0].day_order if chosen else "",
        made_by=by,
        made_at=at,
        progressed_at=at,
    )
    ImportData.objects.create(organization=by.organization, of=row, file=data)
    if is_clear(KINDS[kind], header):
        map_columns(found=row, mapping={name: name for name in header})
    return row


@transaction.atomic
def map_columns(*, found: Import, mapping: Mapping[str, str], day_order: str = "") -> bool:
    """Say which of the file's columns are ours, and have a worker check it; False if it has started already.

    `day_order` says what comes first in days with slashes.

    Raises `Refused` for a needed column without one of the file's, and for one that is chosen twice.
    """
    from integrations.tasks import work_on_import  # tasks call these actions

    kind = KINDS[found.kind]
    chosen = {name: theirs for name, theirs in mapping.items() if theirs}
    if set(chosen.values()) - set(found.header) or set(kind.required) - set(chosen):
        raise Refused("Choose a column of the file for each that is needed.")
    if len(set(chosen.values())) < len(chosen):
        raise Refused("A column of the file is chosen twice. Choose another one for one of them.")
    waiting = Import.objects.filter(pk=found.pk, state__in=[ImportState.MAPPING, ImportState.CHECKED])
    at_work = waiting.update(
        state=ImportState.CHECKING,
        mapping=chosen,
        day_order=day_order,
        done=0,
        tries=0,
        bad=0,
        progressed_at=now(),
    )
    found.refresh_from_db()
    if at_work:
        ring(work_on_import, found.organization_id, found.pk)
    return bool(at_work)


@transaction.atomic
def start_import(*, found: Import, by: Person, tells: bool = False) -> bool:
    """Queue what was checked; False if it is under way already. Raises `Refused`."""
    from integrations.tasks import work_on_import

    at = now()
    started = Import.objects.filter(pk=found.pk, state=ImportState.CHECKED, bad=0).update(
        state=ImportState.RUNNING,
        started_by=by,
        started_at=at,
        tells=tells,
        done=0,
        tries=0,
        progressed_at=at,
    )
    if started:
        note(by, "import.started", found, rows=found.rows, file=found.name)
        ring(work_on_import, found.organization_id, found.pk)
    elif Import.objects.filter(pk=found.pk, state__in=OPEN).exists():
        raise Refused("This file cannot be imported before every row is in order.")
    return bool(started)


@transaction.atomic
def undo_import(*, found: Import, by: Person) -> bool:
    """Have a worker undo what was imported; False if it is being undone already. Raises `Refused`.

    Badges by hand that are still being given stop first: they come in parts.
    """
    from integrations.tasks import work_on_import

    at = now()
    if found.finished_at is not None and at - found.finished_at > UNDOABLE:
        raise Refused(f"An import can be undone for {UNDOABLE.days} days.")
    stored = Q(state=ImportState.DONE) | Q(state=ImportState.RUNNING, kind=ImportKind.GRANTS)
    undone = Import.objects.filter(stored, pk=found.pk).update(
        state=ImportState.UNDOING, undone_by=by, undone_at=at, done=0, tries=0, progressed_at=at
    )
    if undone:
        ring(work_on_import, found.organization_id, found.pk)
    elif not Import.objects.filter(pk=found.pk, undone_at__isnull=False).exists():
        raise Refused("Nothing of this file is stored, so there is nothing to undo.")
    return bool(undone)


@transaction.atomic
def drop_import(*, found: Import) -> bool:
    """Forget a file that was never stored; False where it was, or is just being stored."""
    dropable = [ImportState.MAPPING, ImportState.CHECKED, ImportState.FAILED]
    unstored = Import.objects.filter(pk=found.pk, state__in=dropable).exclude(pk__in=_in_parts())
    row = unstored.select_for_update(no_key=True).first()
    if row is None:
        return False
    ImportData.objects.filter(of=row).delete()
    row.delete()
    return True


@transaction.atomic
def forget_files(*, drafts_before: datetime, files_before: datetime) -> None:
    """Files are about people: what nobody started goes after days, what was stored once it cannot be undone."""
    dropable = [ImportState.MAPPING, ImportState.CHECKED, ImportState.FAILED]
    drafts = Import.objects.filter(state__in=dropable, made_at__lt=drafts_before).exclude(pk__in=_in_parts())
    for row in drafts.order_by("pk")[:20]:
        drop_import(found=row)
    over = Import.objects.filter(
        state__in=[ImportState.DONE, ImportState.UNDONE, ImportState.FAILED], finished_at__lt=files_before
    )
    ImportData.objects.filter(of__in=over).exclude(file=b"").update(file=b"", faults=[], samples=[], made=[])
    ImportPart.objects.filter(of__in=over).exclude(made=[]).update(made=[])


def _in_parts() -> Any:
    """Those of which something was given, even if it was taken back: people may ask about it."""
    return ImportPart.objects.values("of")


def earlier_of(found: Import, reader: Person) -> Import | None:
    """The latest import of the very same file that stored it, if the reader may see it."""
    stored = [ImportState.RUNNING, ImportState.DONE]
    seen: Any = Import.objects.visible_to(reader)
    same = seen.filter(kind=found.kind, digest=found.digest, state__in=stored)
    earlier: Import | None = same.exclude(pk=found.pk).select_related("started_by").first()
    return earlier


def _chosen(by: Person, kind: str) -> list[Import]:
    """Imports of the kind whose columns were chosen of late, newest first."""
    chosen = Import.objects.filter(organization=by.organization_id, kind=kind)
    return list(chosen.exclude(state=ImportState.MAPPING).only("mapping", "day_order")[:20])


def _refuse_header(header: list[str], kind: Kind) -> None:
    if len(header) < len(kind.required):
        needed = ", ".join(column.label for column in kind.columns if column.name in kind.required)
        raise Unreadable(
            f"The first line names {so_many(len(header), 'column')}, but these are needed: {needed}. "
            "Commas, semicolons or tabs stand between them."
        )
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"The file has {len(header)} columns, at most {MOST_COLUMNS} are possible.")
    if long := [name for name in header if len(name) > 100]:
        raise Unreadable(f"The column {long[0][:40]!r}… has a name of more than 100 characters.")
    if any(unicodedata.category(mark) in {"Cc", "Cf", "Cs", "Co"} for name in header for mark in name):
        raise Unreadable("The name of a column contains invisible or control characters.")


def _readable(name: str) -> str:
    """A file's name without what hides, turns or steers."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(mark for mark in last if unicodedata.category(mark)[0] != "C").strip()[:100] or "file.csv"
