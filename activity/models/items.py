from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from activity.models.workflow import ItemKind, Step
from activity.querysets import WorkItemQuerySet
from people.models import Location, Person
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from people.text import plain_text

PREFIXES = {
    ItemKind.IMPROVEMENT: "IMP",
    ItemKind.PROJECT: "PRJ",
    ItemKind.TASK: "TSK",
    ItemKind.EVENT: "EVT",
}
# Kinds whose effect is measured in money.
MEASURED = frozenset({ItemKind.IMPROVEMENT.value, ItemKind.PROJECT.value})


class ItemState(models.TextChoices):
    SUBMITTED = "submitted", "Submitted"
    STARTED = "started", "In progress"
    COMPLETED = "completed", "Completed"
    DECLINED = "declined", "Not taken on"
    VOIDED = "voided", "Void"


# Where a state goes by another name on items of a kind.
STATE_WORDS = {
    (ItemKind.TASK.value, ItemState.SUBMITTED.value): "To do",
    (ItemKind.TASK.value, ItemState.COMPLETED.value): "Done",
    (ItemKind.TASK.value, ItemState.DECLINED.value): "Dropped",
    (ItemKind.EVENT.value, ItemState.SUBMITTED.value): "Planned",
    (ItemKind.EVENT.value, ItemState.COMPLETED.value): "Held",
    (ItemKind.EVENT.value, ItemState.DECLINED.value): "Called off",
}


class WorkItem(TenantModel):
    """An improvement, project, task or event kept in Lapel; its steps write activities. Unique by its number.

    An event has a day, and those who attend it are its team.
    """

    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=ItemKind.choices)
    state = models.CharField(max_length=20, choices=ItemState.choices, default=ItemState.SUBMITTED)
    step = TenantForeignKey(Step, null=True, blank=True)
    passed = ArrayField(
        models.BigIntegerField(),
        default=list,
        db_default=[],
        blank=True,
        help_text="Own steps it has been at.",
    )
    title = models.CharField(max_length=150, validators=[plain_text])
    problem = models.TextField(blank=True, max_length=4000)
    idea = models.TextField(blank=True, max_length=4000)
    author = TenantForeignKey(Person)
    leader = TenantForeignKey(Person, null=True, blank=True)
    location = TenantForeignKey(Location, null=True, blank=True)
    impact = models.DecimalField(
        "measured yearly saving",
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    expected = models.DecimalField(
        "expected yearly saving",
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    happens_on = models.DateField(null=True, blank=True)
    submitted_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    completed_by = TenantForeignKey(Person, null=True, blank=True)

    objects = TenantManager.from_queryset(WorkItemQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="work_item_number_once"),
            models.CheckConstraint(condition=Q(kind__in=ItemKind.values), name="work_item_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ItemState.values), name="work_item_state_known"),
            models.CheckConstraint(
                condition=Q(state=ItemState.COMPLETED, completed_at__isnull=False)
                | (~Q(state=ItemState.COMPLETED) & Q(completed_at=None)),
                name="work_item_completed_at",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind=ItemKind.EVENT,
                    happens_on__isnull=False,
                    happens_on__range=("2000-01-01", "2099-12-31"),
                )
                | (~Q(kind=ItemKind.EVENT) & Q(happens_on=None)),
                name="work_item_day",
            ),
            models.CheckConstraint(
                condition=Q(step=None) | Q(state=ItemState.STARTED), name="work_item_step"
            ),
            models.CheckConstraint(
                condition=Q(expected=None) | Q(expected__gte=0), name="work_item_expected"
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "author", "-number"], name="work_item_by_author"),
            models.Index(
                fields=["organization", "step"], condition=Q(step__isnull=False), name="work_item_by_step"
            ),
            # What waits for people is looked for on their first page.
            models.Index(
                fields=["organization", "author"],
                condition=Q(state__in=[ItemState.SUBMITTED, ItemState.STARTED]),
                name="work_item_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} {self.title}"

    @property
    def label(self) -> str:
        return f"{PREFIXES[ItemKind(self.kind)]}-{self.number}"

    @property
    def state_in_words(self) -> str:
        if self.step:
            return self.step.name
        return STATE_WORDS.get((self.kind, self.state)) or str(ItemState(self.state).label)

    def get_absolute_url(self) -> str:
        return reverse("activity:detail", args=[self.organization.slug, self.number])


class TeamMember(TenantModel):
    """A person who worked on an item besides its author and leader."""

    item = TenantForeignKey(WorkItem, related_name="team")
    person = TenantForeignKey(Person)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "item", "person"], name="team_member_once")
        ]
