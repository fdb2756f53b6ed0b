"""Envelopes for the worker. Each may run any number of times and side by side."""

import logging

from celery import shared_task

from people import invitations
from people.models import Organization

log = logging.getLogger(__name__)


@shared_task(expires=60)
def send_invitations(organization_id: int) -> None:
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is not None:
        invitations.send_due(organization=organization)


@shared_task(expires=60)
def sweep_invitations() -> None:
    """Mail what a lost bell, or a mail server that was away, has left."""
    for organization in Organization.objects.order_by("?"):
        try:
            invitations.send_due(organization=organization)
        except Exception:
            log.exception("invitations could not be mailed for organization %s", organization.pk)
