from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from activity.models.impacts import ImpactKind, Said
from activity.models.items import WorkItem
from people.figures import amount
from people.models import Person
from people.tenancy import TenantForeignKey, TenantModel

SAVING = "Yearly saving"  # what has no kind of impact


class SentBack(TenantModel):
    """What an item was said to bring, sent back by somebody who had no hand in it. Append-only but for `settled_at`.

    Without a kind it is the yearly saving. Until its people report it anew, or take it back, the item says nothing of
    it, and nobody verifies it.
    """

    item = TenantForeignKey(WorkItem, related_name="sent_back")
    kind: "models.ForeignKey[ImpactKind | None, ImpactKind | None]" = TenantForeignKey(
        ImpactKind, null=True, blank=True, db_index=False
    )
    amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    words = models.TextField(blank=True, max_length=1000)
    reason = models.TextField(max_length=1000)
    by = TenantForeignKey(Person)
    sent_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["sent_at", "id"]
        verbose_name_plural = "sent back"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "item", "kind"],
                condition=Q(settled_at=None),
                nulls_distinct=False,
                name="sent_back_once",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, amount__isnull=False, words="")
                | (Q(amount=None, kind__isnull=False) & ~Q(words="")),
                name="sent_back_something",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="sent_back_for_a_reason"),
        ]
        indexes = [models.Index(fields=["organization", "item"], name="sent_back_by_item")]

    def __str__(self) -> str:
        return f"{self.of}: {self.said}"

    @property
    def of(self) -> str:
        return self.kind.name if self.kind else SAVING

    @property
    def said(self) -> Said:
        return self.words if self.amount is None else self.amount

    def in_words(self, currency: str) -> str:
        return self.kind.in_words(self.said, currency) if self.kind else amount(self.amount, currency)
