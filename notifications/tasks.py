"""They may run any number of times and side by side; what expires in the queue, a sweep finds again."""

import logging
import time
from collections.abc import Callable

from celery import shared_task
from django.core.cache import cache

from notifications.actions import make_notices
from notifications.channels import Unreachable
from notifications.delivering import deliver_due
from notifications.reminding import remind
from people.models import Organization

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
        fenced(deliver_due, organization)


@shared_task(expires=10)
def sweep() -> None:
    """The same for every organization, in no fixed order, so that none always comes last."""
    organizations = list(Organization.objects.order_by("?"))
    for organization in organizations:
        fenced(make_notices, organization)
    _deliver(organizations)


@shared_task(expires=60)
def sweep_reminders() -> None:
    """Tell who holds what is about to end; the mails go out with the next sweep."""
    for organization in Organization.objects.order_by("?"):
        fenced(remind, organization)


def _deliver(organizations: list[Organization]) -> None:
    end = time.monotonic() + SWEEP_S
    for organization in organizations:
        if time.monotonic() > end or not fenced(deliver_due, organization):
            return


def fenced(action: Callable[..., int], organization: Organization) -> bool:
    """One organization's trouble is not the others'; False while the mail server is away, which is."""
    try:
        action(organization=organization)
    except Unreachable as error:
        log.warning("the mail server does not answer (%s); mails wait", error)
        cache.set(AWAY, True, AWAY_S)
        return False
    except Exception:
        log.exception("%s failed for organization %s", action.__name__, organization.pk)
    return True
