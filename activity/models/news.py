from collections.abc import Collection

from django.db import models
from django.db.models import Q

from activity.models.changes import ItemChange
from activity.models.comments import Comment
from activity.models.items import WorkItem
from activity.models.sent_back import SentBack
from activity.models.verifications import Verification
from activity.querysets import ItemNewsQuerySet
from people.models import Person
from people.tenancy import TenantForeignKey, TenantManager, TenantModel


class NewsKind(models.TextChoices):
    COMMENTED = "commented", "Commented"
    TO_VERIFY = "to_verify", "To be verified"
    VERIFIED = "verified", "Verified"
    SENT_BACK = "sent_back", "Sent back"
    LEADER = "leader", "Put in charge"
    TEAM = "team", "Put on the team"
    COMPLETED = "completed", "Completed"
    DECLINED = "declined", "Set aside"
    REOPENED = "reopened", "Opened again"
    VOIDED = "voided", "Removed"


# What became of it: the change that it was says who, when and why.
OUTCOMES = (NewsKind.COMPLETED, NewsKind.DECLINED, NewsKind.REOPENED, NewsKind.VOIDED)


def about(kinds: Collection[str], of: str = "") -> Q:
    """News of these kinds are of this, and of nothing else."""
    parts = ("comment", "verification", "sent_back", "change", "person")
    return Q(kind__in=kinds, **{f"{part}__isnull": part != of for part in parts})


class ItemNews(TenantModel):
    """Something that `by` did about an item, and that others are to be told of. Append-only but for `to_tell`.

    `to_tell` marks what `notifications` has still to work off; it is written with its cause. `person` is who
    was put in charge, or on the team.
    """

    item = TenantForeignKey(WorkItem)
    kind = models.CharField(max_length=20, choices=NewsKind.choices)
    by = TenantForeignKey(Person)
    at = models.DateTimeField()
    # The kind says which of these is there, as `item_news_of_something` sees to it.
    comment: "models.ForeignKey[Comment, Comment]" = TenantForeignKey(  # type: ignore[misc]
        Comment, null=True, blank=True, db_index=False
    )
    verification: "models.ForeignKey[Verification, Verification]" = TenantForeignKey(  # type: ignore[misc]
        Verification, null=True, blank=True, db_index=False
    )
    sent_back: "models.ForeignKey[SentBack, SentBack]" = TenantForeignKey(  # type: ignore[misc]
        SentBack, null=True, blank=True, db_index=False
    )
    change: "models.ForeignKey[ItemChange, ItemChange]" = TenantForeignKey(  # type: ignore[misc]
        ItemChange, null=True, blank=True, db_index=False
    )
    person = TenantForeignKey(Person, null=True, blank=True)
    to_tell = models.BooleanField(default=False)
    is_verified: bool  # once read `with_subjects`, as the next two
    is_saving_verified: bool
    is_waiting: bool
    saving_unit: str | None  # as notices are read

    objects = TenantManager.from_queryset(ItemNewsQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "item news"
        constraints = [
            models.CheckConstraint(
                condition=about(["commented"], "comment")
                | about(["verified"], "verification")
                | about(["sent_back"], "sent_back")
                | about(["leader", "team"], "person")
                | about(["to_verify"])
                | about(OUTCOMES, "change"),
                name="item_news_of_something",
            ),
            models.UniqueConstraint(
                fields=["organization", "comment"],
                condition=Q(comment__isnull=False),
                name="item_news_comment_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "verification"],
                condition=Q(verification__isnull=False),
                name="item_news_verification_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "sent_back"],
                condition=Q(sent_back__isnull=False),
                name="item_news_sent_back_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "change"],
                condition=Q(change__isnull=False),
                name="item_news_change_once",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "id"], condition=Q(to_tell=True), name="item_news_to_tell"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.item}"

    def get_absolute_url(self) -> str:
        return self.item.get_absolute_url() + (f"#comment-{self.comment_id}" if self.comment_id else "")
