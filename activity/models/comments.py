from django.db import models
from django.db.models import Q

from activity.models.items import WorkItem
from people.models import Person
from people.tenancy import TenantForeignKey, TenantModel


class Comment(TenantModel):
    """What somebody said about an item. Append-only; its author may withdraw it, and then its text is gone."""

    item = TenantForeignKey(WorkItem, related_name="comments")
    author = TenantForeignKey(Person)
    text = models.TextField(blank=True, max_length=4000)
    written_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(withdrawn_at=None) & ~Q(text="")) | (Q(withdrawn_at__isnull=False) & Q(text="")),
                name="comment_says_something",
            ),
        ]
        indexes = [models.Index(fields=["organization", "item", "id"], name="comment_in_order")]
