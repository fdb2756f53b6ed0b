from typing import TYPE_CHECKING, Self

from django.db import models

from people.roles import CAPABILITIES, Capability

if TYPE_CHECKING:
    from integrations.models import Import  # noqa: F401
    from people.models import Person

PEOPLE, ACTIVITIES, GRANTS = "people", "activities", "grants"


def kinds_for(person: "Person") -> list[str]:
    """What somebody may import. A role that is bound to a location brings nothing: files are about everybody."""
    held: set[Capability] = set()
    for role, location in person.assigned_roles:
        if location is None:
            held |= CAPABILITIES[role]
    if Capability.MANAGE_PEOPLE not in held:
        return []
    return [PEOPLE, ACTIVITIES, *([GRANTS] if Capability.MANAGE_BADGES in held else [])]


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, person: "Person") -> Self:
        return self.filter(organization=person.organization_id, kind__in=kinds_for(person))

    def at_work(self) -> Self:
        return self.filter(state__in=["checking", "running", "undoing"])
