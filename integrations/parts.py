"""Badges by hand given, and taken back, part by part, so that nobody waits long for the people in them.

All rows are looked at before the first part is given, and those of a part again, with their people held, before it
is. A part is one transaction: awards, their history, what undoing needs, and how far it is. A worker that is killed
leaves whole parts, and whoever comes next goes on after them. Where a part cannot be given, what the parts before it
gave is taken back, part by part as well: all of the file comes, or nothing stays of it.
"""

import logging
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Sum

from badges.counts import lock_people
from badges.granting import Change, give_many, take_many_back
from badges.models import Award, AwardChange, AwardEvent
from badges.querysets import reached_by
from integrations import rows
from integrations.grants import Ledger, Numbered, look_at_grants
from integrations.kinds import GRANTS
from integrations.models import Import, ImportPart, ImportState
from integrations.querysets import kinds_for
from integrations.surveying import Survey
from integrations.worker import (
    CONTRADICTS,
    FIELDS,
    NOT_ANY_MORE,
    NOT_UNDO_ANY_MORE,
    OUTSIDE,
    UNDONE,
    file_of,
    leave,
    list_faults,
    locked,
    look_through,
    stop,
)
from people.audit import note
from people.changes import Refused
from people.clock import now
from people.models import Organization
from people.statistics import LARGE, refresh_statistics
from people.tenancy import tenant

log = logging.getLogger(__name__)
PART = 250
SINCE = "changed or ended since"
STOPPED = "The import stopped, so what it had given was taken back."


def work_on_parts(*, organization: Organization, import_id: int) -> None:
    """Give what is still to give, or take back; may be called at any time and side by side."""
    wanted = _wanted(organization, import_id)
    while _work_once(organization, import_id, wanted):
        pass


def _wanted(organization: Organization, import_id: int) -> Sequence[Numbered]:
    """The file's rows where they are to be given. Before the first part, all of them are looked at once more."""
    with tenant(organization):
        found = locked(import_id)
        if found is None or found.state != ImportState.RUNNING:
            return []
        file = file_of(found, found.started_by_id)
        is_first = not _given(found)
        if is_first:
            look_through(found, file, lambda done: None)
            found.new = found.changed = found.same = 0
        running = Import.objects.filter(pk=found.pk, state=ImportState.RUNNING)
        if running.select_for_update(no_key=True).first() is None:
            return []  # somebody wants it undone by now
        if GRANTS.name not in kinds_for(file.by):
            stop(found, NOT_ANY_MORE)
        elif is_first and found.bad:
            stop(found)
        found.save(update_fields=FIELDS)
        return list(file.parsed(GRANTS, rows.grant_row, Survey(), lambda done: None))


def _work_once(organization: Organization, import_id: int, wanted: Sequence[Numbered]) -> bool:
    with tenant(organization):
        found = locked(import_id, holds=True)
        if found is None or (found.state == ImportState.RUNNING and not wanted):
            return False
        if found.state == ImportState.RUNNING:
            _give_or_stop(found, wanted)
        else:
            _take_back(found)
        found.tries, found.progressed_at = 0, now()
        found.save(update_fields=FIELDS)
    return True


def _give_or_stop(found: Import, wanted: Sequence[Numbered]) -> None:
    try:
        with transaction.atomic():
            _give(found, wanted)
    except Refused as refused:
        stop(found, str(refused))
    except IntegrityError:
        log.exception("a part of import %s was refused by the database", found.pk)
        stop(found, CONTRADICTS)


def _given(found: Import) -> int:
    """How many rows the parts so far are about."""
    return ImportPart.objects.filter(of=found).aggregate(sum=Sum("rows"))["sum"] or 0


def _give(found: Import, wanted: Sequence[Numbered]) -> None:
    assert found.started_by is not None
    given = _given(found)
    some = wanted[given : given + PART]
    if not some:
        _finish(found)
        return
    file = file_of(found, found.started_by_id)
    lock_people(found.organization_id, Ledger(file, [row for _, row in some]).person_ids)
    survey = Survey()
    look_at_grants(file, some, survey)
    if survey.faults:
        list_faults(found, survey)
        stop(found)
        return
    changes = give_many(
        organization=found.organization, by=found.started_by, grants=survey.ready, tells=found.tells
    )
    ImportPart.objects.create(
        organization=found.organization,
        of=found,
        number=given,
        rows=len(some),
        made=[change.to_json() for change in changes],
    )
    renewed = sum(change.change == AwardChange.RENEWED for change in changes)
    found.new += len(changes) - renewed
    found.changed += renewed
    found.same += len(some) - len(changes)
    found.done = given + len(some)


def _finish(found: Import) -> None:
    assert found.started_by is not None
    found.state, found.finished_at = ImportState.DONE, now()
    if found.new >= LARGE:
        refresh_statistics(Award, AwardEvent)
    note(found.started_by, "import.done", found, new=found.new, changed=found.changed, same=found.same)


def _take_back(found: Import) -> None:
    """The latest part that stands; after the last one, the import is over."""
    is_undoing = found.state == ImportState.UNDOING
    by = found.undone_by if is_undoing else found.started_by
    assert by is not None
    if is_undoing and not found.done and GRANTS.name not in kinds_for(by):
        found.state = ImportState.DONE if found.finished_at else ImportState.RUNNING
        found.failure = NOT_UNDO_ANY_MORE
        return
    part = ImportPart.objects.filter(of=found, undone_at=None).order_by("-number").first()
    if part is None:
        _be_over(found)
        return
    changes = [Change.from_json(row) for row in part.made]
    awards = Award.objects.filter(pk__in=[change.award for change in changes])
    mine = awards.filter(person__in=reached_by(by)) if is_undoing else awards
    within = set(mine.values_list("pk", flat=True))
    undone = take_many_back(
        organization=found.organization,
        by=by,
        changes=[change for change in changes if change.award in within],
        reason=UNDONE if is_undoing else STOPPED,
    )
    whose = awards.exclude(pk__in=undone).order_by("person__name", "pk")
    left = whose.values_list("pk", "person__name", "badge__name")
    told = [[f"{name}, {badge}", SINCE if pk in within else OUTSIDE] for pk, name, badge in left]
    leave(found, told)
    found.taken_back += len(undone)
    found.done = found.done + part.rows if is_undoing else part.number
    part.undone_at = now()
    part.save(update_fields=["undone_at"])


def _be_over(found: Import) -> None:
    if found.state == ImportState.STOPPING:
        found.state, found.finished_at = ImportState.FAILED, now()
        return
    assert found.undone_by is not None
    found.state, found.failure, found.done = ImportState.UNDONE, "", found.rows
    found.finished_at = found.finished_at or now()
    note(found.undone_by, "import.undone", found, taken_back=found.taken_back, kept=found.kept)
