from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from activity.querysets import ActivityQuerySet, WorkItemQuerySet
from people.models import Location, Person
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from people.text import plain_text


def read_aloud(name: str) -> str:
    return name.replace(".", " ").replace("_", " ").capitalize()


class Kind(TenantModel):
    """A kind of activity that an organization knows, by its dotted name (`improvement.submitted`)."""

    name = models.CharField(max_length=60)
    label = models.CharField(max_length=100, blank=True, validators=[plain_text])
    expects_value = models.BooleanField(default=False)
    unit = models.CharField(max_length=20, blank=True, validators=[plain_text])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(unit="") | Q(expects_value=True), name="kind_unit_of_a_value"),
            models.UniqueConstraint(fields=["organization", "name"], name="kind_once"),
            models.CheckConstraint(
                condition=Q(name__regex=r"^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+$"), name="kind_dotted"
            ),
        ]

    def __str__(self) -> str:
        """Its label, else its name read aloud: `improvement.submitted` is "Improvement submitted"."""
        return self.label or read_aloud(self.name)


class Source(TenantModel):
    """Where activities come from: `lapel` itself, an import, a system."""

    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="source_once")]

    def __str__(self) -> str:
        return self.name


class ItemKind(models.TextChoices):
    IMPROVEMENT = "improvement", "Improvement"
    PROJECT = "project", "Project"
    TASK = "task", "Task"
    EVENT = "event", "Event"


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


# Where a state goes by another name on items of a kind.
STATE_WORDS = {
    (ItemKind.TASK.value, ItemState.SUBMITTED.value): "To do",
    (ItemKind.TASK.value, ItemState.COMPLETED.value): "Done",
    (ItemKind.TASK.value, ItemState.DECLINED.value): "Dropped",
    (ItemKind.EVENT.value, ItemState.SUBMITTED.value): "Planned",
    (ItemKind.EVENT.value, ItemState.COMPLETED.value): "Held",
    (ItemKind.EVENT.value, ItemState.DECLINED.value): "Called off",
}


# What can be changed about an item, in the order in which changes are told.
FIELD_WORDS = {
    "state": "State",
    "title": "Title",
    "problem": "What gets in the way",
    "idea": "What could be tried",
    "happens_on": "Day",
    "location": "Where",
    "author": "By",
    "leader": "Led by",
    "team": "With",
    "expected": "Expected yearly saving",
    "impact": "Yearly saving, as reported",
    "completed_on": "Completed on",
}


# Kinds that an organization may give steps of its own; an event is held or it is not.
STEPPED = (ItemKind.IMPROVEMENT, ItemKind.PROJECT, ItemKind.TASK)


class Step(TenantModel):
    """Where work of a kind can stand between submitted and completed, in an organization's own words and order.

    Moving there may write activities of the kind `writes`.
    """

    kind = models.CharField(max_length=20, choices=[(kind.value, kind.label) for kind in STEPPED])
    name = models.CharField(max_length=60, validators=[plain_text])
    position = models.PositiveIntegerField()
    writes = TenantForeignKey(Kind, null=True, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint("organization", "kind", Lower("name"), name="step_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in STEPPED]), name="step_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WorkItem(TenantModel):
    """An improvement, project, task or event kept in Lapel; its steps write activities. Unique by its number.

    An event has a day, and those who attend it are its team.
    """

    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=ItemKind.choices)
    state = models.CharField(max_length=20, choices=ItemState.choices, default=ItemState.SUBMITTED)
    step = TenantForeignKey(Step, null=True, blank=True)
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


class ItemChange(TenantModel):
    """What somebody changed about an item, or where they moved it. Append-only.

    `changes` says by field what stood there before and after, in words. The latest one of an item is its edition.
    """

    item = TenantForeignKey(WorkItem, related_name="changes")
    by = TenantForeignKey(Person)
    changed_at = models.DateTimeField()
    changes = models.JSONField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=~Q(changes={}), name="item_change_says_something")]
        indexes = [models.Index(fields=["organization", "item", "-id"], name="item_change_newest_first")]

    @property
    def in_words(self) -> list[tuple[str, str, str]]:
        """Field by field, what it is called, and what stood there before and after."""
        return [(FIELD_WORDS[name], *self.changes[name]) for name in FIELD_WORDS if name in self.changes]


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


class Activity(TenantModel):
    """One thing that one person did: a row of the ledger. Append-only but for `voided_at`.

    Unique by (organization, source, external_id), also after voiding: the first delivery is the record.
    `value` is an exact decimal in the unit that the kind gives it. `location` is the source's, else the
    person's on that day.
    """

    person = TenantForeignKey(Person, db_index=False)
    kind = TenantForeignKey(Kind, db_index=False)
    role = models.CharField(max_length=30, default="author")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)
    value = models.DecimalField(max_digits=16, decimal_places=4, null=True, blank=True)
    attributes = models.JSONField(default=dict)
    location = TenantForeignKey(Location, null=True, blank=True, db_index=False)
    subject = models.CharField(max_length=200, blank=True)
    item = TenantForeignKey(WorkItem, null=True, blank=True, db_index=False)
    source = TenantForeignKey(Source, db_index=False)
    external_id = models.CharField(max_length=200)
    corrects = TenantForeignKey("self", null=True, blank=True, db_index=False)

    objects = TenantManager.from_queryset(ActivityQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["occurred_at", "source", "external_id"]
        verbose_name_plural = "activities"
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "source", "external_id"], name="activity_external_id_once"
            ),
            models.CheckConstraint(
                condition=Q(occurred_at__gte="1900-01-01T00:00:00Z", occurred_at__lt="2200-01-01T00:00:00Z"),
                name="activity_in_time",
            ),
        ]
        indexes = [
            # Delivers one kind's rows of one person, or of everybody, in the order in which rules read them.
            models.Index(
                fields=["organization", "kind", "person", "occurred_at"],
                include=["value"],
                condition=Q(voided_at=None),
                name="activity_rule",
            ),
            models.Index(fields=["organization", "person", "-occurred_at"], name="activity_by_person"),
            models.Index(
                fields=["organization", "item"], condition=Q(item__isnull=False), name="activity_by_item"
            ),
            models.Index(
                fields=["organization", "location"],
                condition=Q(location__isnull=False),
                name="activity_by_location",
            ),
            models.Index(
                fields=["organization", "corrects"],
                condition=Q(corrects__isnull=False),
                name="activity_by_correction",
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.external_id

    @property
    def role_in_words(self) -> str:
        return self.role.replace("_", " ")


class PendingEvaluation(TenantModel):
    """Somebody's record has changed and their rules must be asked again. Append-only; `rules` empties it."""

    person = TenantForeignKey(Person)
    kinds = ArrayField(
        models.BigIntegerField(), default=list, help_text="Kinds that changed; empty means all."
    )
    since = models.DateTimeField(
        null=True, blank=True, help_text="The earliest instant that changed; null means that any may have."
    )
    deliberate = models.BooleanField(
        default=False, help_text="Somebody did it to many at once on purpose, such as an import."
    )

    class Meta:
        indexes = [models.Index(fields=["organization", "id"], name="pending_in_order")]
