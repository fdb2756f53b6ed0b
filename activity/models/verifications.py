from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from activity.models.items import WorkItem
from people.models import Person
from people.tenancy import TenantForeignKey, TenantModel


class Verification(TenantModel):
    """Somebody who had no hand in an item looked at what it saves. Append-only but for `withdrawn_at`.

    The one that stands is the latest; a correction withdraws it, and so does opening the item again.
    """

    item = TenantForeignKey(WorkItem, related_name="verifications")
    value = models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(0)])
    reason = models.TextField(blank=True, max_length=1000)
    by = TenantForeignKey(Person)
    verified_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["verified_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "item"],
                condition=Q(withdrawn_at=None),
                name="verification_stands_once",
            ),
            models.CheckConstraint(condition=Q(value__gte=0), name="verification_value"),
        ]
        indexes = [models.Index(fields=["organization", "item"], name="verification_by_item")]
