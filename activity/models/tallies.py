from datetime import UTC, datetime

from django.db import models

from people.models import Person
from people.tenancy import TenantModel, TenantOneToOneField

NEVER = datetime(1, 1, 1, tzinfo=UTC)


class ImprovementTally(TenantModel):
    """How many improvements a person submitted in the last twelve months: what lists of people are ordered by.

    Everybody has one: a trigger makes it with the person. `since` is the beginning of the months that were counted.
    """

    person = TenantOneToOneField(Person, primary_key=True, related_name="improvement_tally")
    count = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(default=NEVER)

    class Meta:
        indexes = [models.Index(fields=["organization", "-count", "person"], name="tally_by_improvements")]

    def __str__(self) -> str:
        return f"{self.count} improvements of {self.person}"
