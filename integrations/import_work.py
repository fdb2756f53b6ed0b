"""A worker's part of imports: checking, storing and undoing, each whole or not at all; `parts` has badges by hand.

The work is one transaction. A worker that is killed leaves nothing of it, and whoever comes next begins anew; of
two workers, one finds the lock taken and goes away. Progress is told on a connection of its own, because what a
transaction writes is seen by nobody before its end.
"""

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
from integrations.checks import above, edited_by
from integrations.kinds import ACTIVITIES
from integrations.models import Import, ImportData, ImportKind, ImportState
from integrations.parts import work_on_parts
from integrations.querysets import kinds_for
from integrations.reading import Unreadable
from integrations.retracting import untouched_people
from integrations.surveying import BATCH, File, Progress, Survey
from integrations.surveys import sourced
from integrations.undone import is_planted, open_again
from integrations.worker import (
    CONTRADICTS,
    FIELDS,
    NOT_ANY_MORE,
    NOT_UNDO_ANY_MORE,
    OUTSIDE,
    UNDONE,
    fail,
    file_of,
    leave,
    locked,
    look_through,
    stop,
)
from people.audit import note
from people.bulk import PersonChange, let_leave, put_people, restore_people
from people.changes import Refused
from people.clock import now
from people.leaving import Settled, put_back, settle
from people.models import Organization, Person, Placement
from people.planting import Planted, close_planted
from people.statistics import LARGE, refresh_statistics
from people.tenancy import tenant

log = logging.getLogger(__name__)
MOST_TRIES = 3
# Why undoing left somebody or something as it is.
HAPPENED = "something has happened to them since: a login, a role, an activity, a badge or an edit"
CHANGED = "changed since"
ABOVE = "has a role that whoever undid it could not have given, so the e-mail address stays"
VOID = "void already"
SETTLED_SINCE = "has left again, is back or has a new role since"


def work(*, organization: Organization, import_id: int) -> None:
    """Do what the import waits for. May be called at any time, any number of times and side by side."""
    begun = _begin(organization, import_id)
    if begun is None:
        return
    if _in_parts(begun):
        work_on_parts(organization=organization, import_id=import_id)
        return
    try:
        with tenant(organization):
            found = locked(import_id)
            if found is None:
                return
            with Telling(found) as progress:
                STEPS[found.state](found, progress)
            found.progressed_at = now()
            found.save(update_fields=FIELDS)
    except (Unreadable, Refused) as error:
        fail(organization, import_id, str(error))
    except IntegrityError:
        log.exception("import %s was refused by the database", import_id)
        fail(organization, import_id, CONTRADICTS)


def _begin(organization: Organization, import_id: int) -> Import | None:
    """The try counted, committed for itself: what kills its worker time and again has to stop.

    Taking badges back goes on as long as it takes: it may not stay half done.
    """
    with tenant(organization):
        found = locked(import_id)
        if found is None:
            return None
        found.tries += 1
        found.progressed_at = now()
        found.save(update_fields=["tries", "progressed_at"])
    if found.tries > MOST_TRIES and not (_in_parts(found) and found.state != ImportState.RUNNING):
        fail(organization, import_id, "The work broke off several times. Try a smaller file.")
    return found


def _in_parts(found: Import) -> bool:
    return found.kind == ImportKind.GRANTS and found.state != ImportState.CHECKING


# --- checking and storing


def _check(found: Import, progress: Progress) -> None:
    look_through(found, file_of(found, found.made_by_id), progress)
    found.state = ImportState.CHECKED


def _store(found: Import, progress: Progress) -> None:
    if found.started_by is None or found.kind not in kinds_for(found.started_by):
        raise Refused(NOT_ANY_MORE)
    file = file_of(found, found.started_by_id)
    survey = look_through(found, file, lambda done: None)
    if found.bad:
        stop(found)
        return
    made = STORES[found.kind](found, file, survey, progress)
    ImportData.objects.filter(of=found).update(made=made)
    if found.new >= LARGE:
        refresh_statistics(*WRITTEN[found.kind])
    found.state, found.finished_at, found.done = ImportState.DONE, now(), found.rows
    is_leaving = found.kind == ImportKind.LEAVING
    counted = {
        "return" if is_leaving else "new": found.new,
        "leave" if is_leaving else "changed": found.changed,
    }
    note(found.started_by, "import.done", found, **counted, same=found.same)


def _store_people(found: Import, file: File, survey: Survey, progress: Progress) -> list[Any]:
    reopened = open_again(survey.reopened, file.by)
    put = put_people(organization=found.organization, rows=survey.ready, anew=survey.anew, progress=progress)
    return [*put.new_ids, *map(vars, [*put.changes, *reopened, *put.planted])]


def _store_leaving(found: Import, file: File, survey: Survey, progress: Progress) -> list[Any]:
    settled, hindered = settle(organization=found.organization, by=file.by, stays=dict(survey.ready))
    if hindered:
        raise Refused(CONTRADICTS)
    return [asdict(one) for one in settled]


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


# --- undoing


def _undo(found: Import, progress: Progress) -> None:
    if found.undone_by is None or found.kind not in kinds_for(found.undone_by):
        raise Refused(NOT_UNDO_ANY_MORE)
    made = ImportData.objects.values_list("made", flat=True).get(of=found)
    ImportData.objects.filter(of=found).update(left=[])
    leave(found, UNDOES[found.kind](found, made))
    found.taken_back = sum(not is_planted(row) for row in made) - found.kept
    found.state, found.failure, found.done = ImportState.UNDONE, "", found.rows
    note(found.undone_by, "import.undone", found, taken_back=found.taken_back, kept=found.kept)


def _undo_people(found: Import, made: list[Any]) -> list[list[str]]:
    assert found.finished_at is not None
    assert found.undone_by is not None
    zone = found.organization.time_zone
    planted = [Planted(**row) for row in made if is_planted(row)]
    changes = [PersonChange(**row) for row in made if isinstance(row, dict) and not is_planted(row)]
    new_ids = {row for row in made if isinstance(row, int)}
    ids = new_ids | {change.person_id for change in changes}
    readdressed = [change.person_id for change in changes if "email" in change.after]
    why = dict.fromkeys(new_ids, HAPPENED) | dict.fromkeys(ids - new_ids, CHANGED)
    why |= dict.fromkeys(above(found.undone_by, readdressed), ABOVE)
    why |= dict.fromkeys(ids - edited_by(found.undone_by, ids), OUTSIDE)
    changes = [change for change in changes if why[change.person_id] == CHANGED]
    stored_on = timezone.localdate(found.finished_at, zone)
    restored = restore_people(organization=found.organization, changes=changes, on=stored_on)
    today = timezone.localdate(now(), zone)
    here = [pk for pk in new_ids if why[pk] == HAPPENED]
    untouched = untouched_people(found.organization, here, today)
    gone = let_leave(organization=found.organization, person_ids=untouched, left_on=today)
    close_planted(organization=found.organization, planted=planted, by=found.undone_by, on=today)
    left = Person.objects.filter(pk__in=ids - restored - gone).order_by("name", "pk")
    return [[name, why[pk]] for pk, name in left.values_list("pk", "name")]


def _undo_leaving(found: Import, made: list[Any]) -> list[list[str]]:
    assert found.undone_by is not None
    settled = [Settled(**row) for row in made]
    ids = {one.person_id for one in settled}
    within = edited_by(found.undone_by, ids)
    back = put_back(
        organization=found.organization,
        by=found.undone_by,
        settled=[one for one in settled if one.person_id in within],
        reason=UNDONE,
    )
    left = Person.objects.filter(pk__in=ids - back).order_by("name", "pk")
    return [[name, SETTLED_SINCE if pk in within else OUTSIDE] for pk, name in left.values_list("pk", "name")]


def _undo_activities(found: Import, made: list[Any]) -> list[list[str]]:
    rows = Activity.objects.filter(pk__in=made, voided_at=None).order_by("source__name", "pk")
    left = Activity.objects.filter(pk__in=made).exclude(voided_at=None).order_by("pk")
    told = [
        [f"{name}, {external_id}", VOID]
        for name, external_id in left.values_list("person__name", "external_id")
    ]
    by_source: dict[str, list[str]] = {}
    for source, external_id in rows.values_list("source__name", "external_id"):
        by_source.setdefault(source, []).append(external_id)
    for source, ids in by_source.items():
        void_activities(organization=found.organization, source=source, external_ids=ids, at=now())
    return told


STEPS: dict[str, Callable[[Import, Progress], None]] = {
    ImportState.CHECKING: _check,
    ImportState.RUNNING: _store,
    ImportState.UNDOING: _undo,
}
STORES: dict[str, Callable[[Import, File, Survey, Progress], list[Any]]] = {
    ImportKind.PEOPLE: _store_people,
    ImportKind.LEAVING: _store_leaving,
    ImportKind.ACTIVITIES: _store_activities,
}
WRITTEN: dict[str, list[type[Model]]] = {
    ImportKind.PEOPLE: [Person, Placement],
    ImportKind.LEAVING: [Person],
    ImportKind.ACTIVITIES: [Activity],
}
UNDOES: dict[str, Callable[[Import, list[Any]], list[list[str]]]] = {
    ImportKind.PEOPLE: _undo_people,
    ImportKind.LEAVING: _undo_leaving,
    ImportKind.ACTIVITIES: _undo_activities,
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
