"""What lists of people are ordered by, in a table as narrow as can be: it changes far more often than people do."""

from django.db import models
from django.db.models import Q

from activity.models import NEVER
from people.models import Person
from people.tenancy import TenantForeignKey, TenantModel


class Audience(models.IntegerChoices):
    """For whom a tally counts. Of people who hide a badge there are two: for `TRUSTED` and for `COLLEAGUES`."""

    EVERYBODY = 0, "Everybody"
    TRUSTED = 1, "Whoever may see histories"
    COLLEAGUES = 2, "Everybody else"


class AwardTally(TenantModel):
    """How many badges a person holds, and when the latest of their awards began; withdrawn badges count for nothing.

    Everybody has one for each audience: a trigger makes it with the person. Kept by whoever changes awards
    (`badges.counts`) or hides badges.
    """

    pk = models.CompositePrimaryKey("person_id", "audience")
    person = TenantForeignKey(Person, db_index=False, related_name="award_tallies")
    audience = models.PositiveSmallIntegerField(
        choices=Audience.choices, default=Audience.EVERYBODY, db_default=Audience.EVERYBODY
    )
    badge_count = models.PositiveIntegerField(default=0)
    latest_at = models.DateTimeField(default=NEVER)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="tally_audience_known")
        ]
        indexes = [
            models.Index(fields=["organization", "-badge_count", "person"], name="tally_by_badges"),
            models.Index(fields=["organization", "-latest_at", "person"], name="tally_by_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.badge_count} badges of {self.person}"
