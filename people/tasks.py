"""Envelopes for the worker. Each may run any number of times and side by side."""

from celery import shared_task

from people import invitations, once
from people.models import Organization
from people.sweeping import for_each_organization


@shared_task(expires=60)
def send_invitations(organization_id: int) -> None:
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is not None:
        invitations.send_due(organization=organization)


@shared_task(expires=60)
def sweep_invitations() -> None:
    """Mail what a lost bell, or a mail server that was away, has left."""
    for_each_organization(invitations.send_due, "invitations")


@shared_task(expires=600)
def forget_sendings() -> None:
    for_each_organization(once.forget_sendings, "what was sent")
