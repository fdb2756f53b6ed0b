from django.db import models

from people.models.persons import Person
from people.tenancy import TenantForeignKey, TenantModel


class RecordChange(TenantModel):
    """What rules depend on was changed: somebody's, or with no person everybody's. `rules` works it off.

    Written in the change's own transaction, so that a lost bell loses nothing; deleted when it is worked off.
    """

    person = TenantForeignKey(Person, null=True, blank=True)
    changed_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "id"], name="record_change_in_order")]


class AuditEntry(TenantModel):
    """Who did what when. Append-only; `details` is what a reader needs besides the sentence."""

    at = models.DateTimeField()
    actor = TenantForeignKey(Person, null=True, blank=True)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    details = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["organization", "-at", "-id"], name="audit_newest_first")]
