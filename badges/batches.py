"""Bulk edits: drawn up, previewed, started and undone here; `batch_work` carries them out in a worker.

The preview of many people is a worker's part as well: the draft is planning meanwhile, and a draft again then.
A batch goes draft (→ planning → draft) → queued → running → done (→ undoing → undone), each step a conditional
change of its state, so that a second click, or a second administrator at the same moment, finds nothing to do.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from badges.actions import EARLIEST_YEARS
from badges.batch_rows import write_plans
from badges.models import Badge, Batch, BatchBadge, BatchState, Verb
from badges.planning import GIVING
from badges.surveys import plans, wanted_of
from people.audit import note as note_down
from people.bells import ring
from people.changes import Refused
from people.clock import now
from people.models import Person

MOST_PEOPLE = 200_000
MOST_BADGES = 20
PLANNED_AT_ONCE = 2_000  # people up to whom the preview is worked out while one waits
FRESH = timedelta(days=1)
UNDOABLE = timedelta(days=30)
UNSTARTED = {BatchState.DRAFT, BatchState.PLANNING}
STARTED = {BatchState.QUEUED, BatchState.RUNNING, BatchState.DONE}

ENTRIES = """
INSERT INTO badges_batchentry
    (organization_id, batch_id, person_id, planned, outcome, why, steps, kept_by_rule, is_mailed)
SELECT organization_id, %(batch)s, id, '', '', '', '[]', 0, false FROM people_person
WHERE organization_id = %(organization)s AND id = ANY(%(people)s::bigint[]) ORDER BY id
"""


FORGET = "DELETE FROM badges_batchentry WHERE batch_id = ANY(%s)"


@transaction.atomic
def draft_batch(*, by: Person, verb: str, person_ids: Iterable[int]) -> Batch:
    """A bulk edit of these people, with nothing decided but whom. Ids of nobody here are passed over.

    Raises `Refused` for nobody at all and for too many.
    """
    ids = sorted(set(person_ids))
    if len(ids) > MOST_PEOPLE:
        raise Refused(f"These are more than {MOST_PEOPLE:,} people. Narrow the list first.")
    batch = Batch.objects.create(organization=by.organization, verb=verb, made_by=by, made_at=now())
    asked: dict[str, Any] = {
        "batch": batch.pk,
        "organization": batch.organization_id,
        "people": ids,
    }
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, asked)
        batch.people = cursor.rowcount
    if not batch.people:
        raise Refused("Nobody is chosen. Tick the people first.")
    batch.save(update_fields=["people"])
    return batch


@transaction.atomic
def plan_batch(
    *,
    batch: Batch,
    verb: str,
    badges: Sequence[Badge],
    reason: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    tells: bool = True,
    link: str = "",
    note: str = "",
) -> Batch:
    """Work out, person by person, what would happen, and keep it as the draft's preview; changes no award.

    For more than some thousands of people a worker does so, and the batch is planning until it has. May be
    repeated as long as the batch has not started. Raises `Refused` where it has, or where what is asked for is
    unsound.
    """
    batch = _locked_draft(batch)
    _refuse_plan(verb, badges, reason)
    _refuse_day(starts_at)
    if ends_at is not None and ends_at <= now():
        raise Refused("The day on which it ends is over. Choose a later day.")
    batch.verb, batch.reason, batch.tells = verb, reason, tells
    batch.starts_at, batch.ends_at = (starts_at, ends_at) if verb in GIVING else (None, None)
    batch.link, batch.note = (link, note) if verb in GIVING else ("", "")
    batch.planned_at = now()
    batch.save(
        update_fields=["verb", "reason", "tells", "starts_at", "ends_at", "link", "note", "planned_at"]
    )
    _list_badges(batch, [] if verb == Verb.CLEAR else badges)
    is_large = batch.people > PLANNED_AT_ONCE
    ids = [] if is_large else list(batch.entries.order_by("person_id").values_list("person", flat=True))
    wanted = wanted_of(batch, batch.planned_at, ids)
    if wanted.barred:
        names = ", ".join(badge.name for badge in badges if badge.pk in wanted.barred)
        raise Refused(
            f"{names} cannot be given by hand, or not without evidence, or would have ended already."
        )
    if is_large:
        _have_planned(batch)
    else:
        write_plans(batch, "planned", plans(wanted, ids, batch.made_by))
    return batch


@transaction.atomic
def start_batch(*, batch: Batch, by: Person, planned_at: datetime) -> bool:
    """Queue what was previewed at `planned_at`; False if it is under way already. Raises `Refused`."""
    from badges.tasks import run_batch  # tasks call these actions

    at = now()
    if at - planned_at > FRESH:
        raise Refused("This preview is more than a day old. Look at it anew first.")
    drafts = Batch.objects.filter(pk=batch.pk, state=BatchState.DRAFT, planned_at=planned_at)
    started = drafts.update(state=BatchState.QUEUED, started_by=by, started_at=at, progressed_at=at)
    if started:
        _note(by, "batch.started", batch)
        ring(run_batch, batch.organization_id, batch.pk)
    elif Batch.objects.filter(pk=batch.pk, state__in=UNSTARTED).exists():
        raise Refused("The preview has changed meanwhile. Look at it anew first.")
    return bool(started)


@transaction.atomic
def undo_batch(*, batch: Batch, by: Person) -> bool:
    """Have a worker restore exactly what the batch changed; one that is still at work stops first.

    False if it is being undone already. Raises `Refused` after thirty days.
    """
    from badges.tasks import run_batch

    at = now()
    if batch.started_at is not None and at - batch.started_at > UNDOABLE:
        raise Refused(f"A bulk edit can be undone for {UNDOABLE.days} days.")
    undone = Batch.objects.filter(pk=batch.pk, state__in=STARTED).update(
        state=BatchState.UNDOING, undone_by=by, undone_at=at, progressed_at=at
    )
    if undone:
        _note(by, "batch.undone", batch)
        ring(run_batch, batch.organization_id, batch.pk)
    elif Batch.objects.filter(pk=batch.pk, state__in=UNSTARTED).exists():
        raise Refused("This bulk edit has not started, so there is nothing to undo.")
    return bool(undone)


def _note(by: Person, action: str, batch: Batch) -> None:
    names = list(batch.badges.order_by("name").values_list("name", flat=True))
    note_down(by, action, batch, batch=batch.pk, verb=batch.verb, badges=names, people=batch.people)


@transaction.atomic
def forget_drafts(*, made_before: datetime) -> int:
    """Previews that nobody started are not kept: they are about people, and nothing came of them."""
    drafts = Batch.objects.filter(state__in=UNSTARTED, made_at__lt=made_before)
    ids = list(drafts.select_for_update(skip_locked=True).values_list("pk", flat=True)[:100])
    with connection.cursor() as cursor:
        cursor.execute(FORGET, [ids])
    Batch.objects.filter(pk__in=ids).delete()
    return len(ids)


def _locked_draft(batch: Batch) -> Batch:
    locked: Batch = Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)
    if locked.state == BatchState.PLANNING:
        raise Refused("The preview is being worked out. Wait until it is there.")
    if locked.state != BatchState.DRAFT:
        raise Refused("This bulk edit has started already.")
    return locked


def _refuse_plan(verb: str, badges: Sequence[Badge], reason: str) -> None:
    if verb not in Verb.values:
        raise Refused("Choose what to do.")
    if verb != Verb.CLEAR and not badges:
        raise Refused("Choose at least one badge.")
    if len(badges) > MOST_BADGES:
        raise Refused(f"Choose at most {MOST_BADGES} badges at once.")
    if not reason.strip():
        raise Refused("Say why, in a sentence that the people may read.")


def _refuse_day(starts_at: datetime | None) -> None:
    if starts_at is not None and starts_at > now():
        raise Refused("The day lies ahead. Choose today or an earlier day.")
    if starts_at is not None and starts_at.year < now().year - EARLIEST_YEARS:
        raise Refused(f"The day lies more than {EARLIEST_YEARS} years back. Choose a later one.")


def _list_badges(batch: Batch, badges: Sequence[Badge]) -> None:
    BatchBadge.objects.filter(batch=batch).delete()
    BatchBadge.objects.bulk_create(
        BatchBadge(organization_id=batch.organization_id, batch=batch, badge=badge) for badge in badges
    )


def _have_planned(batch: Batch) -> None:
    from badges.tasks import run_batch

    batch.state, batch.done, batch.progressed_at = BatchState.PLANNING, 0, batch.planned_at
    batch.save(update_fields=["state", "done", "progressed_at"])
    ring(run_batch, batch.organization_id, batch.pk)
