"""They may run any number of times and side by side; what expires in the queue, a sweep finds again."""

import logging
import time

from celery import shared_task
from django.core.cache import cache

from notifications.actions import make_notices
from notifications.channels import Unreachable
from notifications.delivering import deliver_due
from notifications.reminding import remind
from people.models import Organization
from people.sweeping import for_each_organization

# While the mail server is away, only the sweep asks for it: workers waiting for it could give nobody a badge.
AWAY, AWAY_S = "mail-server-away", 30
# Well below the limit at which a worker is stopped in the middle of a mail.
SWEEP_S = 120
log = logging.getLogger(__name__)


@shared_task(expires=60)
def tell(organization_id: int) -> None:
    """Make an organization's notices, and deliver what is due."""
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None:
        return
    make_notices(organization=organization)
    if not cache.get(AWAY):
        _deliver(organization)


@shared_task(expires=10)
def sweep() -> None:
    """The same for every organization."""
    for_each_organization(make_notices, "notices")
    end = time.monotonic() + SWEEP_S
    for organization in Organization.objects.order_by("?"):
        if time.monotonic() > end or not _deliver(organization):
            return


@shared_task(expires=60)
def sweep_reminders() -> None:
    """Tell who holds what is about to end; the mails go out with the next sweep."""
    for_each_organization(remind, "reminders")


def _deliver(organization: Organization) -> bool:
    """One organization's trouble is not the others'; False while the mail server is away, which is."""
    try:
        deliver_due(organization=organization)
    except Unreachable as error:
        log.warning("the mail server does not answer (%s); mails wait", error)
        cache.set(AWAY, True, AWAY_S)
        return False
    except Exception:
        log.exception("mails of organization %s could not be delivered", organization.pk)
    return True
