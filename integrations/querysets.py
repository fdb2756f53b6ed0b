from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from people.access import has_everywhere
from people.roles import Capability

if TYPE_CHECKING:
    from integrations.models import Import  # noqa: F401
    from people.models import Person

PEOPLE, LEAVING, ACTIVITIES, GRANTS = "people", "leaving", "activities", "grants"


def kinds_for(person: "Person") -> list[str]:
    """What somebody may import, perhaps for some locations only. Activities are for those who edit everybody."""
    if not person.can(Capability.MANAGE_PEOPLE):
        return []
    kinds = [PEOPLE, LEAVING, *([ACTIVITIES] if has_everywhere(person, Capability.MANAGE_PEOPLE) else [])]
    return [*kinds, *([GRANTS] if person.gives_by_hand else [])]


def kinds_overseen(person: "Person") -> list[str]:
    """Of what somebody sees the files of others as well: what they import without bounds."""
    if not has_everywhere(person, Capability.MANAGE_PEOPLE):
        return []
    return [
        PEOPLE,
        LEAVING,
        ACTIVITIES,
        *([GRANTS] if has_everywhere(person, Capability.GIVE_BADGES) else []),
    ]


class ImportQuerySet(models.QuerySet["Import"]):
    def visible_to(self, person: "Person") -> Self:
        seen = Q(kind__in=kinds_overseen(person)) | Q(kind__in=kinds_for(person), made_by=person)
        return self.filter(seen, organization=person.organization_id)

    def at_work(self) -> Self:
        return self.filter(state__in=["checking", "running", "stopping", "undoing"])
