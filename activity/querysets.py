from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from people.models import Person


class ActivityQuerySet(models.QuerySet):
    def visible_to(self, person: "Person") -> Self:
        return self.filter(organization=person.organization_id)

    def counting(self) -> Self:
        return self.filter(voided_at=None)


class WorkItemQuerySet(models.QuerySet):
    def visible_to(self, person: "Person") -> Self:
        return self.filter(organization=person.organization_id)
