from django.db import models
from django.db.models import Q
from django.urls import reverse

from activity.models.items import WorkItem
from people.models import Person
from people.tenancy import TenantForeignKey, TenantModel
from people.text import plain_text


class Attachment(TenantModel):
    """A file with an item. Append-only; once it is removed its bytes are gone, and that it was there stays."""

    item = TenantForeignKey(WorkItem, related_name="attachments")
    name = models.CharField(max_length=100, validators=[plain_text])
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField()
    added_by = TenantForeignKey(Person)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = TenantForeignKey(Person, null=True, blank=True)
    removed_because = models.CharField(max_length=200, blank=True, validators=[plain_text])

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(removed_at__isnull=False) | Q(removed_by=None, removed_because=""),
                name="attachment_removal",
            ),
            models.CheckConstraint(condition=Q(size__range=(1, 10 * 1024 * 1024)), name="attachment_size"),
        ]
        indexes = [
            models.Index(fields=["organization", "item", "id"], name="attachment_in_order"),
            models.Index(
                fields=["organization"],
                include=["size"],
                condition=Q(removed_at=None),
                name="attachment_quota",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("activity:attachment", args=[self.organization.slug, self.pk])

    @property
    def is_picture(self) -> bool:
        return bool(self.content_type.startswith("image/"))

    @property
    def type_in_words(self) -> str:
        return (
            "Text" if self.content_type.startswith("text/") else self.content_type.partition("/")[2].upper()
        )


class AttachmentData(TenantModel):
    """The bytes of an attachment, in a table of their own, so that no list reads them."""

    attachment = TenantForeignKey(Attachment)
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "attachment"], name="attachment_data_once")
        ]
