from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from activity.models import Activity, WorkItem  # noqa: F401
    from people.models import Person


class ActivityQuerySet(models.QuerySet["Activity"]):
    def visible_to(self, person: "Person") -> Self:
        return self.filter(organization=person.organization_id)

    def counting(self) -> Self:
        return self.filter(voided_at=None)


class WorkItemQuerySet(models.QuerySet["WorkItem"]):
    def visible_to(self, person: "Person") -> Self:
        return self.filter(organization=person.organization_id)
