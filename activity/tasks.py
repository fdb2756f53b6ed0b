"""Envelopes for the worker. They may run any number of times and side by side."""

import logging

from celery import shared_task

from activity.counts import begin_month, recount_everybody
from people.models import Organization

log = logging.getLogger(__name__)


@shared_task(expires=300)
def sweep_months() -> None:
    """Where a month has begun, the last twelve are others."""
    for organization in Organization.objects.order_by("?"):
        try:
            begin_month(organization=organization)
        except Exception:
            log.exception("improvements could not be counted for organization %s", organization.pk)


@shared_task
def prove_tallies() -> None:
    """Nightly: count everybody's improvements anew, and say where that made a difference."""
    for organization in Organization.objects.order_by("?"):
        try:
            if wrong := recount_everybody(organization=organization):
                log.warning("%s counts of improvements were wrong in organization %s", wrong, organization.pk)
        except Exception:
            log.exception("improvements could not be counted for organization %s", organization.pk)
