"""What all that workers do with imports shares: having one to oneself, its file looked through, and giving up."""

import io
from typing import Any

from django.db import connection

from integrations.models import Import, ImportData, ImportPart, ImportState
from integrations.surveying import File, Progress, Survey
from integrations.surveys import SURVEYS
from people.clock import now
from people.models import Organization
from people.tenancy import tenant

FIELDS = (
    "state", "new", "changed", "same", "bad", "remarks", "failure", "done", "tries", "progressed_at", "finished_at",
    "taken_back", "kept",
)  # fmt: skip
OUTSIDE = "works outside the locations of whoever undid it"
UNDONE = "The import was undone."
MOST_LEFT = 200  # named
NOT_ANY_MORE = "Whoever started it may not import this any more."
NOT_UNDO_ANY_MORE = "Whoever wanted it undone may not do so any more."
CONTRADICTS = "It contradicts what was recorded meanwhile. Upload the file again."


def locked(import_id: int, *, holds: bool = False) -> Import | None:
    """The import, if it waits for work and nobody is at it. Its row stays free for telling progress, or is held."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('import'), %s)", [import_id % 2**31])
        if not cursor.fetchall()[0][0]:
            return None
    at_work = Import.objects.at_work().filter(pk=import_id)
    found: Import | None = (at_work.select_for_update(no_key=True) if holds else at_work).first()
    return found


def file_of(found: Import, by_id: int | None) -> File:
    data = ImportData.objects.only("file").get(of=found)
    by: Any = found.started_by if by_id == found.started_by_id and found.started_by else found.made_by
    file = io.BytesIO(bytes(data.file))
    return File(found.organization, by, file, found.mapping, found.encoding, found.day_order)


def look_through(found: Import, file: File, progress: Progress) -> Survey:
    survey = SURVEYS[found.kind](file, progress)
    found.new, found.changed, found.same = survey.new, survey.changed, survey.same
    found.remarks = survey.remarks
    list_faults(found, survey)
    ImportData.objects.filter(of=found).update(samples=survey.samples, left=survey.left[:MOST_LEFT])
    return survey


def list_faults(found: Import, survey: Survey) -> None:
    faults = sorted(survey.faults, key=lambda fault: fault.line)
    found.bad = len({fault.line for fault in faults})
    listed = [[fault.line, fault.reason.replace("\0", "")[:300]] for fault in faults]
    ImportData.objects.filter(of=found).update(faults=listed)


def leave(found: Import, left: list[list[str]]) -> None:
    """Undoing left these as they are: each who or what it is, and why."""
    found.kept += len(left)
    if left:
        data = ImportData.objects.get(of=found)
        data.left = [*data.left, *left][:MOST_LEFT]
        data.save(update_fields=["left"])


def stop(found: Import, why: str = "") -> None:
    """It is not stored. What came of it already, in parts, is taken back first."""
    has_parts = ImportPart.objects.filter(of=found, undone_at=None).exists()
    found.failure = why[:500]
    if has_parts:
        found.state, found.tries = ImportState.STOPPING, 0
    else:
        found.state, found.finished_at = ImportState.FAILED, now()


def fail(organization: Organization, import_id: int, why: str) -> None:
    """Nothing stays stored. An undoing that failed leaves everything as it was imported."""
    with tenant(organization):
        found = Import.objects.at_work().filter(pk=import_id).first()
        if found is None:
            return
        if found.state == ImportState.UNDOING:
            found.state, found.failure = ImportState.DONE, why[:500]
        else:
            stop(found, why)
        found.progressed_at = now()
        found.save(update_fields=["state", "failure", "tries", "progressed_at", "finished_at"])
