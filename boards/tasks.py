"""Envelopes for the worker. They may run any number of times and side by side; what a lost bell or a dead
worker left, the sweep finds."""

from datetime import timedelta

from celery import shared_task

from boards import exports
from boards.models import Export, ExportState
from people.clock import now
from people.models import Organization
from people.sweeping import for_each_organization
from people.tenancy import tenant

SILENCE = timedelta(seconds=30)


@shared_task
def write_export(organization_id: int, export_id: int) -> None:
    """Carry on with an export, and hand the rest to a task of its own, which has a time limit of its own."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        return
    try:
        more = exports.work_on_export(organization=organization, export_id=export_id)
    except Exception:
        exports.fail_export(organization=organization, export_id=export_id)
        raise
    if more:
        write_export.delay(organization_id, export_id)


@shared_task(expires=30)
def sweep_exports() -> None:
    """Take up what has not moved for a while, and forget what is a day old."""
    for_each_organization(_take_up, "exports")


def _take_up(organization: Organization) -> None:
    for export_id in _left_lying(organization):
        write_export.delay(organization.pk, export_id)


def _left_lying(organization: Organization) -> list[int]:
    with tenant(organization):
        exports.forget_exports(made_before=now() - exports.KEPT)
        at_work = Export.objects.filter(state=ExportState.AT_WORK, progressed_at__lt=now() - SILENCE)
        return list(at_work.values_list("pk", flat=True))
