"""Lists of people as files. Long ones are written by a worker, chunk by chunk.

A chunk is one transaction: a part of the file and the progress together. A worker that is killed leaves whole
parts, and whoever comes next goes on after them. The export's row is locked meanwhile, so that of two workers
one finds it taken and goes away. Chunks see the list each at its own instant.
"""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count

from django.db import transaction
from django.db.models import F
from django.http import QueryDict

from boards import sheet
from boards.asked import Asked, asked
from boards.columns import known, tables
from boards.filters import matching
from boards.models import Export, ExportPart, ExportState
from boards.orders import listed
from people.audit import note
from people.changes import Refused
from people.clock import now
from people.models import Organization, Person
from people.tenancy import tenant
from people.text import so_many_people

AT_ONCE = 1000
CHUNK = 1000
KEPT = timedelta(days=1)
MOST_AT_WORK = 3
MOST_FAILURES = 5


def file_of(viewer: Person, wanted: Asked, columns: list[str]) -> bytes:
    """A short list's file; of a longer one, its beginning."""
    people = listed(matching(viewer, wanted.filters), wanted.order, viewer, AT_ONCE)
    return sheet.heading(columns) + sheet.body(tables([(people, columns)], viewer)[0])


@transaction.atomic
def start_export(*, by: Person, wanted: Asked, columns: list[str]) -> Export:
    """A worker writes it; whoever calls this rings for one. Raises `Refused` while several are being written."""
    Person.objects.select_for_update(no_key=True).get(pk=by.pk)  # so that the count below holds
    at_work = Export.objects.filter(owner=by, state=ExportState.AT_WORK)
    if twin := at_work.filter(query=wanted.address, columns=known(columns)).first():
        return twin  # a second click
    if at_work.count() >= MOST_AT_WORK:
        raise Refused(f"{MOST_AT_WORK} of your exports are being written. Wait until one is ready.")
    people = matching(by, wanted.filters).order_by().count()
    export = Export.objects.create(
        organization=by.organization,
        owner=by,
        query=wanted.address,
        columns=known(columns),
        people=people,
        made_at=now(),
        progressed_at=now(),
    )
    note(by, "people.exported", so_many_people(people), export=export.pk, query=wanted.address)
    return export


def work_on_export(*, organization: Organization, export_id: int, seconds: float = 120) -> bool:
    """Carry the export on for so long; True if there is more to do. May be called at any time, side by side."""
    end = time.monotonic() + seconds
    while _work_once(organization, export_id):
        if time.monotonic() > end:
            return True
    return False


def _work_once(organization: Organization, export_id: int) -> bool:
    with tenant(organization):
        at_work = Export.objects.filter(pk=export_id, state=ExportState.AT_WORK)
        export = at_work.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
        if export is None:
            return False
        more = _write_part(export)
        export.progressed_at = now()
        export.save(update_fields=["state", "done", "after", "progressed_at"])
    return more


def _write_part(export: Export) -> bool:
    owner = export.owner
    wanted = asked(QueryDict(export.query), owner)
    page = listed(matching(owner, wanted.filters), wanted.order, owner, CHUNK, beside=export.after)
    data = sheet.body(tables([(page, export.columns)], owner)[0])
    if export.after is None:
        data = sheet.heading(export.columns) + data
    number = export.parts.count()
    ExportPart.objects.create(organization=export.organization, export=export, number=number, data=data)
    export.done += len(page)
    export.after = page[-1] if page else export.after
    if len(page) < CHUNK:
        export.state = ExportState.DONE
    return export.state == ExportState.AT_WORK


def parts_of(export: Export) -> Iterator[bytes]:
    """The file part by part, each read by itself: a long one is never held as a whole."""
    for number in count():
        with tenant(export.organization):
            part = ExportPart.objects.filter(export=export, number=number).first()
        if part is None:
            return
        yield bytes(part.data)


def fail_export(*, organization: Organization, export_id: int) -> None:
    """A worker broke down over it; after some times, nobody tries again."""
    with tenant(organization):
        at_work = Export.objects.filter(pk=export_id, state=ExportState.AT_WORK)
        at_work.update(failures=F("failures") + 1, progressed_at=now())
        at_work.filter(failures__gte=MOST_FAILURES).update(state=ExportState.FAILED)


def forget_exports(*, made_before: datetime) -> int:
    """Within a tenant."""
    old = Export.objects.filter(made_at__lt=made_before)
    ExportPart.objects.filter(export__in=old.values("pk")).delete()
    forgotten, _ = old.delete()
    return forgotten
