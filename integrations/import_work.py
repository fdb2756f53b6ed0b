"""A worker's part of imports: checking, storing and undoing, each whole or not at all.

The work is one transaction. A worker that is killed leaves nothing of it, and whoever comes next begins anew; of
two workers, one finds the lock taken and goes away. Progress is told on a connection of its own, because what a
transaction writes is seen by nobody before its end.
"""

import io
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any

from django.db import DatabaseError, IntegrityError, connection
from django.db.models import Model
from django.utils import timezone

from activity.actions import Delivery, record_activities, void_activities
from activity.models import Activity
from badges.granting import Change, give_many, take_many_back
from badges.models import Award, AwardEvent
from badges.querysets import reached_by
from integrations.checks import above
from integrations.kinds import ACTIVITIES
from integrations.models import Import, ImportData, ImportKind, ImportState
from integrations.querysets import kinds_for
from integrations.reading import Unreadable
from integrations.retracting import untouched_people
from integrations.surveys import BATCH, SURVEYS, File, Progress, Survey, sourced
from people.access import editable_by
from people.audit import note
from people.bulk import PersonChange, let_leave, put_people, restore_people
from people.changes import Refused
from people.clock import now
from people.models import Organization, Person, Placement
from people.planting import Planted, close_planted
from people.statistics import LARGE, refresh_statistics
from people.tenancy import tenant

log = logging.getLogger(__name__)
MOST_TRIES = 3
UNDONE = "The import was undone."
FIELDS = (
    "state", "new", "changed", "same", "bad", "remarks", "done", "progressed_at", "finished_at", "taken_back", "kept",
)  # fmt: skip


def work(*, organization: Organization, import_id: int) -> None:
    """Do what the import waits for. May be called at any time, any number of times and side by side."""
    if not _begin(organization, import_id):
        return
    try:
        with tenant(organization):
            found = _locked(import_id)
            if found is None:
                return
            with Telling(found) as progress:
                STEPS[found.state](found, progress)
            found.progressed_at = now()
            found.save(update_fields=FIELDS)
    except (Unreadable, Refused) as error:
        _fail(organization, import_id, str(error))
    except IntegrityError:
        log.exception("import %s was refused by the database", import_id)
        _fail(organization, import_id, "It contradicts what was recorded meanwhile. Upload the file again.")


def _begin(organization: Organization, import_id: int) -> bool:
    """Count the try, committed for itself: what kills its worker time and again has to stop."""
    with tenant(organization):
        found = _locked(import_id)
        if found is None:
            return False
        found.tries += 1
        found.progressed_at = now()
        found.save(update_fields=["tries", "progressed_at"])
    if found.tries > MOST_TRIES:
        _fail(organization, import_id, "The work broke off several times. Try a smaller file.")
    return found.tries <= MOST_TRIES


def _locked(import_id: int) -> Import | None:
    """The import, if it waits for work and nobody is at it. Its row stays free for telling progress."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('import'), %s)", [import_id % 2**31])
        if not cursor.fetchall()[0][0]:
            return None
    found: Import | None = Import.objects.at_work().filter(pk=import_id).first()
    return found


def _fail(organization: Organization, import_id: int, why: str) -> None:
    """Nothing is stored. An undoing that failed leaves everything as it was imported."""
    with tenant(organization):
        found = Import.objects.at_work().filter(pk=import_id).first()
        if found is None:
            return
        is_undoing = found.state == ImportState.UNDOING
        found.state = ImportState.DONE if is_undoing else ImportState.FAILED
        found.failure, found.progressed_at = why[:500], now()
        if not is_undoing:
            found.finished_at = now()
        found.save(update_fields=["state", "failure", "progressed_at", "finished_at"])


# --- checking and storing


def _check(found: Import, progress: Progress) -> None:
    _survey(found, _file(found, found.made_by_id), progress)
    found.state = ImportState.CHECKED


def _store(found: Import, progress: Progress) -> None:
    if found.started_by is None or found.kind not in kinds_for(found.started_by):
        raise Refused("Whoever started it may not import this any more.")
    file = _file(found, found.started_by_id)
    survey = _survey(found, file, lambda done: None)
    if found.bad:
        found.state, found.finished_at = ImportState.FAILED, now()
        return
    made = STORES[found.kind](found, file, survey, progress)
    ImportData.objects.filter(of=found).update(made=made)
    if found.new >= LARGE:
        refresh_statistics(*WRITTEN[found.kind])
    found.state, found.finished_at, found.done = ImportState.DONE, now(), found.rows
    note(found.started_by, "import.done", found, new=found.new, changed=found.changed, same=found.same)


def _file(found: Import, by_id: int | None) -> File:
    data = ImportData.objects.only("file").get(of=found)
    by: Any = found.started_by if by_id == found.started_by_id and found.started_by else found.made_by
    return File(found.organization, by, io.BytesIO(bytes(data.file)), found.mapping)


def _survey(found: Import, file: File, progress: Progress) -> Survey:
    survey = SURVEYS[found.kind](file, progress)
    faults = sorted(survey.faults, key=lambda fault: fault.line)
    found.new, found.changed, found.same = survey.new, survey.changed, survey.same
    found.bad, found.remarks = len({fault.line for fault in faults}), survey.remarks
    listed = [[fault.line, fault.reason.replace("\0", "")[:300]] for fault in faults]
    ImportData.objects.filter(of=found).update(faults=listed, samples=survey.samples)
    return survey


def _store_people(found: Import, file: File, survey: Survey, progress: Progress) -> list[Any]:
    put = put_people(organization=found.organization, rows=survey.ready, progress=progress)
    return [*put.new_ids, *map(asdict, put.changes), *map(asdict, put.planted)]


def _store_activities(found: Import, file: File, survey: Survey, progress: Progress) -> list[Any]:
    made: list[int] = []
    batch: list[tuple[str, Delivery]] = []
    for _, pair in file.parsed(ACTIVITIES, sourced, Survey(), progress):
        batch.append(pair)
        if len(batch) == BATCH:
            made += _record(found.organization, batch)
            batch.clear()
    return made + _record(found.organization, batch)


def _record(organization: Organization, batch: list[tuple[str, Delivery]]) -> list[int]:
    made: list[int] = []
    for name in sorted({source for source, _ in batch}):
        deliveries = [delivery for source, delivery in batch if source == name]
        recorded = record_activities(
            organization=organization, source=name, deliveries=deliveries, deliberate=True
        )
        made += recorded.new_ids
    return made


def _store_grants(found: Import, file: File, survey: Survey, progress: Progress) -> list[Any]:
    assert found.started_by is not None
    changes = give_many(
        organization=found.organization,
        by=found.started_by,
        grants=survey.ready,
        tells=found.tells,
        progress=progress,
    )
    return [change.to_json() for change in changes]


# --- undoing


def _undo(found: Import, progress: Progress) -> None:
    if found.undone_by is None or found.kind not in kinds_for(found.undone_by):
        raise Refused("Whoever wanted it undone may not do so any more.")
    made = ImportData.objects.values_list("made", flat=True).get(of=found)
    found.taken_back = UNDOES[found.kind](found, made)
    found.kept = sum(not _is_planted(row) for row in made) - found.taken_back
    found.state, found.failure, found.done = ImportState.UNDONE, "", found.rows
    note(found.undone_by, "import.undone", found, taken_back=found.taken_back, kept=found.kept)


def _undo_people(found: Import, made: list[Any]) -> int:
    assert found.finished_at is not None
    assert found.undone_by is not None
    zone = found.organization.time_zone
    planted = [Planted(**row) for row in made if _is_planted(row)]
    changes = [PersonChange(**row) for row in made if isinstance(row, dict) and not _is_planted(row)]
    readdressed = [change.person_id for change in changes if "email" in change.after]
    kept = above(found.undone_by, readdressed)
    new_ids = [row for row in made if isinstance(row, int)]
    reached = _reached(found.undone_by, [*new_ids, *(change.person_id for change in changes)])
    changes = [change for change in changes if change.person_id in reached - kept]
    stored_on = timezone.localdate(found.finished_at, zone)
    restored = restore_people(organization=found.organization, changes=changes, on=stored_on)
    today = timezone.localdate(now(), zone)
    ids = untouched_people(found.organization, reached & {*new_ids}, today)
    gone = let_leave(organization=found.organization, person_ids=ids, left_on=today)
    close_planted(organization=found.organization, planted=planted, by=found.undone_by, on=today)
    return restored + gone


def _is_planted(row: Any) -> bool:
    """A location that came along: it is closed again where it may be, and not counted among the rows."""
    return isinstance(row, dict) and "location" in row


def _reached(by: Person, person_ids: list[int]) -> set[int]:
    """Those whom somebody edits by now: an administrator of some locations leaves whoever has moved away."""
    people = editable_by(by, Person.objects.filter(pk__in=person_ids))
    return set(people.order_by().values_list("pk", flat=True))


def _undo_activities(found: Import, made: list[Any]) -> int:
    rows = Activity.objects.filter(pk__in=made).order_by("source__name", "pk")
    by_source: dict[str, list[str]] = {}
    for source, external_id in rows.values_list("source__name", "external_id"):
        by_source.setdefault(source, []).append(external_id)
    return sum(
        void_activities(organization=found.organization, source=source, external_ids=ids, at=now())
        for source, ids in by_source.items()
    )


def _undo_grants(found: Import, made: list[Any]) -> int:
    assert found.undone_by is not None
    given = [Change.from_json(row) for row in made]
    awards = Award.objects.filter(pk__in=[change.award for change in given])
    within = set(awards.filter(person__in=reached_by(found.undone_by)).values_list("pk", flat=True))
    changes = [change for change in given if change.award in within]
    return take_many_back(organization=found.organization, by=found.undone_by, changes=changes, reason=UNDONE)


STEPS: dict[str, Callable[[Import, Progress], None]] = {
    ImportState.CHECKING: _check,
    ImportState.RUNNING: _store,
    ImportState.UNDOING: _undo,
}
STORES: dict[str, Callable[[Import, File, Survey, Progress], list[Any]]] = {
    ImportKind.PEOPLE: _store_people,
    ImportKind.ACTIVITIES: _store_activities,
    ImportKind.GRANTS: _store_grants,
}
WRITTEN: dict[str, list[type[Model]]] = {
    ImportKind.PEOPLE: [Person, Placement],
    ImportKind.ACTIVITIES: [Activity],
    ImportKind.GRANTS: [Award, AwardEvent],
}
UNDOES: dict[str, Callable[[Import, list[Any]], int]] = {
    ImportKind.PEOPLE: _undo_people,
    ImportKind.ACTIVITIES: _undo_activities,
    ImportKind.GRANTS: _undo_grants,
}


# --- telling how far it is


class Telling:
    """Called with how many rows more are done; shown about once a second, never in the way of the work."""

    def __init__(self, found: Import, pause_s: float = 1.0) -> None:
        self.found, self.done, self.pause_s = found, 0, pause_s
        self.side = connection.copy()
        self._shown = time.monotonic()

    def __enter__(self) -> "Telling":
        return self

    def __exit__(self, *error: object) -> None:
        self.side.close()

    def __call__(self, more: int) -> None:
        self.done = min(self.done + more, self.found.rows)
        if time.monotonic() - self._shown < self.pause_s:
            return
        self._shown = time.monotonic()
        with suppress(DatabaseError):
            self._tell()

    def _tell(self) -> None:
        """On another connection, in a transaction that ends at once."""
        self.side.ensure_connection()
        with self.side.connection.transaction(), self.side.connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.organization', %s, true)", [str(self.found.organization_id)]
            )
            cursor.execute(
                "UPDATE integrations_import SET done = %s, progressed_at = %s WHERE organization_id = %s AND id = %s",
                [self.done, now(), self.found.organization_id, self.found.pk],
            )
