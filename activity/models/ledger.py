from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from activity.models.items import WorkItem
from activity.models.kinds import Kind, Source
from activity.querysets import ActivityQuerySet
from people.models import Location, Person
from people.tenancy import BusyTenantModel, TenantForeignKey, TenantManager, TenantModel


class Activity(TenantModel):
    """One thing that one person did: a row of the ledger. Append-only but for `voided_at`.

    Unique by (organization, source, external_id), also after voiding: the first delivery is the record.
    `value` is an exact decimal in the unit that the kind gives it. `location` is what the source said;
    null: the person's on that local day, which follows from their moves.
    """

    person = TenantForeignKey(Person, db_index=False)
    kind = TenantForeignKey(Kind, db_index=False)
    role = models.CharField(max_length=30, default="author")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    value = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    attributes = models.JSONField(default=dict)
    location = TenantForeignKey(Location, null=True, blank=True, db_index=False)
    subject = models.CharField(max_length=200, blank=True)
    item = TenantForeignKey(WorkItem, null=True, blank=True, db_index=False)
    source = TenantForeignKey(Source, db_index=False)
    external_id = models.CharField(max_length=200)
    corrects = TenantForeignKey("self", null=True, blank=True, db_index=False)

    objects = TenantManager.from_queryset(ActivityQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["occurred_at", "source", "external_id"]
        verbose_name_plural = "activities"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "source", "external_id"], name="activity_external_id_once"
            ),
            models.CheckConstraint(
                condition=Q(occurred_at__gte="1900-01-01T00:00:00Z", occurred_at__lt="2200-01-01T00:00:00Z"),
                name="activity_in_time",
            ),
        ]
        indexes = [
            # Delivers one kind's rows of one person, or of everybody, in the order in which rules read them, with all
            # that most rules ask: neither hits nor evidence look into the table.
            models.Index(
                fields=["organization", "kind", "person", "occurred_at"],
                include=["value", "id"],
                condition=Q(voided_at=None),
                name="activity_rule",
            ),
            models.Index(fields=["organization", "person", "-occurred_at"], name="activity_by_person"),
            models.Index(
                fields=["organization", "item"], condition=Q(item__isnull=False), name="activity_by_item"
            ),
            models.Index(
                fields=["organization", "corrects"],
                condition=Q(corrects__isnull=False),
                name="activity_by_correction",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.external_id

    @property
    def role_in_words(self) -> str:
        return self.role.replace("_", " ")


class PendingEvaluation(BusyTenantModel):
    """Somebody's record has changed and their rules must be asked again. Append-only; `rules` empties it."""

    person = TenantForeignKey(Person, db_index=False)
    kinds = ArrayField(
        models.BigIntegerField(), default=list, help_text="Kinds that changed; empty means all."
    )
    since = models.DateTimeField(
        null=True, blank=True, help_text="The earliest instant that changed; null means that any may have."
    )
    deliberate = models.BooleanField(
        default=False, help_text="Somebody did it to many at once on purpose, such as an import."
    )
