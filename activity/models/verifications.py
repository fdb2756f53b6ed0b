from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from activity.models.impacts import ImpactKind
from activity.models.items import WorkItem
from people.figures import amount
from people.models import Person
from people.tenancy import TenantForeignKey, TenantModel


class Verification(TenantModel):
    """Somebody who had no hand in an item looked at what it brings. Append-only but for `withdrawn_at`.

    Without a kind it is about the yearly saving. `value` 0 says that it brings nothing; null, that what is said in
    words is so. Of each kind the latest stands; a correction withdraws it, and so does opening the item again.
    """

    item = TenantForeignKey(WorkItem, related_name="verifications")
    kind: "models.ForeignKey[ImpactKind | None, ImpactKind | None]" = TenantForeignKey(
        ImpactKind, null=True, blank=True, db_index=False
    )
    value = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    reason = models.TextField(blank=True, max_length=1000)
    by = TenantForeignKey(Person)
    verified_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["verified_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "item", "kind"],
                condition=Q(withdrawn_at=None),
                nulls_distinct=False,
                name="verification_stands_once",
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0, value__isnull=False) | Q(value=None, kind__isnull=False),
                name="verification_value",
            ),
        ]
        indexes = [models.Index(fields=["organization", "item"], name="verification_by_item")]

    @property
    def holds(self) -> bool:
        """Whether it brings anything at all."""
        return self.value is None or self.value > 0

    def in_words(self, currency: str) -> str:
        if self.kind is None:
            return amount(self.value, currency)
        if self.holds:
            return self.kind.in_words(self.value, currency) or "It is so"
        return "Nothing" if self.kind.has_figure else "It is not so"
