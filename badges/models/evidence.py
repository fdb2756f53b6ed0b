"""What an award by hand rests on: links, notes and files. What a rule's award rests on are activities."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from badges.models.awards import Award, AwardEvent
from badges.models.nominations import Nomination
from badges.querysets import EvidenceQuerySet
from people.models import Person
from people.tenancy import TenantForeignKey, TenantManager, TenantModel

LONGEST_LINK = 500
LONGEST_NOTE = 1000


class EvidenceKind(models.TextChoices):
    LINK = "link", "Link"
    NOTE = "note", "Note"
    FILE = "file", "File"


class Evidence(TenantModel):
    """One link, note or file that an award rests on. Append-only, but for being withdrawn with a reason.

    `event` is the giving or renewing that it came with (null: it was added afterwards). `name` is a file's.
    What came with a nomination has no award until that is approved.
    """

    nomination = TenantForeignKey(Nomination, null=True, blank=True, related_name="pieces")
    award = TenantForeignKey(Award, null=True, blank=True, related_name="pieces")
    event = TenantForeignKey(AwardEvent, null=True, blank=True, related_name="pieces")
    kind = models.CharField(max_length=10, choices=EvidenceKind.choices)
    link = models.CharField(max_length=LONGEST_LINK, blank=True, default="")
    note = models.TextField(max_length=LONGEST_NOTE, blank=True, default="")
    name = models.CharField(max_length=100, blank=True, default="")
    content_type = models.CharField(max_length=60, blank=True, default="")
    size = models.PositiveIntegerField(default=0)
    added_by = TenantForeignKey(Person, null=True, blank=True)
    added_at = models.DateTimeField()
    withdrawn_by = TenantForeignKey(Person, null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_why = models.CharField(max_length=500, blank=True, default="")

    objects = TenantManager.from_queryset(EvidenceQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(award__isnull=False) | Q(nomination__isnull=False, event=None),
                name="evidence_of_something",
            ),
            models.CheckConstraint(
                condition=Q(kind="link", link__regex=r"^https?://", note="", name="", size=0)
                | (Q(kind="note", link="", name="", size=0) & ~Q(note=""))
                | (Q(kind="file", link="", note="", size__range=(1, 10 * 1024 * 1024)) & ~Q(name="")),
                name="evidence_is_of_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None, withdrawn_by=None, withdrawn_why="")
                | (Q(withdrawn_at__gte=F("added_at"), withdrawn_by__isnull=False) & ~Q(withdrawn_why="")),
                name="evidence_withdrawn_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "award", "id"], name="evidence_in_order"),
            models.Index(
                fields=["organization", "event"], condition=Q(event__isnull=False), name="evidence_of_event"
            ),
            models.Index(
                fields=["organization", "nomination"],
                condition=Q(nomination__isnull=False),
                name="evidence_of_nomination",
            ),
            models.Index(
                fields=["organization"], include=["size"], condition=Q(kind="file"), name="evidence_quota"
            ),
        ]

    def __str__(self) -> str:
        return self.link or self.name or self.note

    def get_absolute_url(self) -> str:
        """Where a file is handed out; a link leads elsewhere."""
        return reverse("badges:evidence_file", args=[self.organization.slug, self.pk])


class EvidenceData(TenantModel):
    """The bytes of a file, in a table of their own, so that no list reads them."""

    evidence = TenantForeignKey(Evidence)
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "evidence"], name="evidence_data_once")
        ]
