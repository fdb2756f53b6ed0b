"""What lists of people are ordered by, in a table as narrow as can be: it changes far more often than people do."""

from django.db import models

from activity.models import NEVER
from people.models import Person
from people.tenancy import TenantModel, TenantOneToOneField


class AwardTally(TenantModel):
    """How many badges a person holds, and when the latest of their awards began; withdrawn badges count for nothing.

    Everybody has one: a trigger makes it with the person. Kept by whoever changes awards (`badges.counts`).
    """

    person = TenantOneToOneField(Person, primary_key=True, related_name="award_tally")
    badge_count = models.PositiveIntegerField(default=0)
    latest_at = models.DateTimeField(default=NEVER)

    class Meta:
        indexes = [
            models.Index(fields=["organization", "-badge_count", "person"], name="tally_by_badges"),
            models.Index(fields=["organization", "-latest_at", "person"], name="tally_by_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.badge_count} badges of {self.person}"
