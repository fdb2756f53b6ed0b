"""Going through all organizations, as sweeps do."""

import logging
from collections.abc import Callable

from people.models import Organization

log = logging.getLogger(__name__)


def for_each_organization(action: Callable[..., object], what: str) -> None:
    """In no fixed order, so that none always comes last; one organization's trouble is logged, and not the others'."""
    for organization in Organization.objects.order_by("?"):
        try:
            action(organization=organization)
        except Exception:
            log.exception("%s: organization %s could not be served", what, organization.pk)


def prove(recount: Callable[..., int], what: str) -> None:
    """Count anew, and say where that made a difference: any is a mistake somewhere."""

    def of_one(organization: Organization) -> None:
        if wrong := recount(organization=organization):
            log.warning("%s: %s were wrong in organization %s", what, wrong, organization.pk)

    for_each_organization(of_one, what)
