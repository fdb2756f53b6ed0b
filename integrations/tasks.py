"""Envelopes for the worker. They may run any number of times and side by side; what a lost bell or a dead
worker left, the sweep finds."""

from datetime import timedelta

from celery import shared_task

from integrations import import_work, imports
from integrations.models import Import
from people.clock import now
from people.models import Organization
from people.sweeping import for_each_organization
from people.tenancy import tenant

SILENCE = timedelta(seconds=60)
DRAFTS_KEPT = timedelta(days=2)


@shared_task(soft_time_limit=1800, time_limit=1830)
def work_on_import(organization_id: int, import_id: int) -> None:
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is not None:
        import_work.work(organization=organization, import_id=import_id)


@shared_task(expires=30)
def sweep_imports() -> None:
    """Take up what has not moved for a while, and forget files that are no longer needed."""
    for_each_organization(_take_up, "imports")


def _take_up(organization: Organization) -> None:
    for import_id in _left_lying(organization):
        work_on_import.delay(organization.pk, import_id)


def _left_lying(organization: Organization) -> list[int]:
    with tenant(organization):
        imports.forget_files(drafts_before=now() - DRAFTS_KEPT, files_before=now() - imports.UNDOABLE)
        at_work = Import.objects.at_work().filter(progressed_at__lt=now() - SILENCE)
        return list(at_work.values_list("pk", flat=True))
