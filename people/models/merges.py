from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from people.models.persons import Person
from people.tenancy import TenantForeignKey, TenantModel


class Merge(TenantModel):
    """Two records of one person became one: `merged` is a signpost to `kept` until this is undone.

    `before` and `after` are what was known of both, `moved` the rows that went over by model and column, `dropped`
    those that the kept record had already, `awards` those that ended because their like stands, and `nominations` those
    that were withdrawn because nobody takes two parts.
    """

    kept = TenantForeignKey(Person, related_name="merges")
    merged = TenantForeignKey(Person)
    by = TenantForeignKey(Person)
    at = models.DateTimeField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    dropped = models.JSONField(default=dict)
    awards = models.JSONField(default=list)
    nominations = models.JSONField(default=list)
    undone_by = TenantForeignKey(Person, null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "merged"], condition=Q(undone_at=None), name="merge_stands_once"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "kept", "-at"], name="merge_by_kept"),
        ]

    def __str__(self) -> str:
        return f"{self.merged} into {self.kept}"

    def get_absolute_url(self) -> str:
        return reverse("people:merged", args=[self.organization.slug, self.pk])
