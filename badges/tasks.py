"""Envelopes for the worker. They may run any number of times and side by side; what a lost bell or a dead
worker left, the sweep finds."""

from datetime import timedelta

from celery import shared_task

from badges import batch_work, batches
from badges.counts import recount_everybody
from badges.models import Batch
from people.clock import now
from people.models import Organization
from people.sweeping import for_each_organization, prove
from people.tenancy import tenant

SILENCE = timedelta(seconds=20)
DRAFTS_KEPT = timedelta(days=2)


@shared_task
def run_batch(organization_id: int, batch_id: int) -> None:
    """Carry on with a bulk edit, and hand the rest to a task of its own, which has a time limit of its own."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization and batch_work.work_on_batch(organization=organization, batch_id=batch_id):
        run_batch.delay(organization_id, batch_id)


@shared_task(expires=30)
def sweep_batches() -> None:
    """Take up what has not moved for a while, and forget previews that nobody started."""
    for_each_organization(_take_up, "bulk edits")


def _take_up(organization: Organization) -> None:
    for batch_id in _left_lying(organization):
        run_batch.delay(organization.pk, batch_id)


def _left_lying(organization: Organization) -> list[int]:
    with tenant(organization):
        batches.forget_drafts(made_before=now() - DRAFTS_KEPT)
        at_work = Batch.objects.at_work().filter(progressed_at__lt=now() - SILENCE)
        return list(at_work.values_list("pk", flat=True))


@shared_task
def prove_tallies() -> None:
    """Nightly: count everybody's badges anew, and say where that made a difference."""
    prove(recount_everybody, "tallies of badges")
