from django.db import models
from django.db.models import Q
from django.urls import reverse

from integrations.encodings import UTF8, WESTERN
from integrations.querysets import ACTIVITIES, GRANTS, LEAVING, PEOPLE, ImportQuerySet
from people.models import Person
from people.tenancy import TenantForeignKey, TenantManager, TenantModel

# Which comes first in days with slashes, which differs from country to country.
DAY_FIRST, MONTH_FIRST = "dmy", "mdy"
DAY_ORDERS = [
    (DAY_FIRST, "The day: 3/2/2026 is 3 February"),
    (MONTH_FIRST, "The month: 3/2/2026 is 2 March"),
]


class ImportKind(models.TextChoices):
    PEOPLE = PEOPLE, "People"
    LEAVING = LEAVING, "Leaving and returning"
    ACTIVITIES = ACTIVITIES, "Activities"
    GRANTS = GRANTS, "Badges given by hand"


class ImportState(models.TextChoices):
    MAPPING = "mapping", "Columns to choose"
    CHECKING = "checking", "Being checked"
    CHECKED = "checked", "Not started"
    RUNNING = "running", "At work"
    STOPPING = "stopping", "Stopped, being taken back"
    DONE = "done", "Done"
    FAILED = "failed", "Stopped, nothing stored"
    UNDOING = "undoing", "Being undone"
    UNDONE = "undone", "Undone"


class Import(TenantModel):
    """A CSV file that somebody uploaded: its columns are chosen, it is checked, stored as a whole, perhaps undone.

    `mapping` says which column of the file each of ours is. `done` of `rows` is how far the present work has
    come. `tries` counts how often a worker began it. `bad` rows are those that keep it from being stored.
    """

    kind = models.CharField(max_length=20, choices=ImportKind.choices)
    name = models.CharField("file", max_length=100)
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    rows = models.PositiveIntegerField()
    encoding = models.CharField(max_length=10, default=UTF8)
    words = models.JSONField(
        default=list, help_text="By which one can tell that a guessed encoding is right."
    )
    header = models.JSONField(default=list)
    mapping = models.JSONField(default=dict)
    day_order = models.CharField(max_length=3, choices=DAY_ORDERS, blank=True, default="")
    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.MAPPING)
    tells = models.BooleanField(default=False, help_text="Whether mails and notices go out.")
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    remarks = models.JSONField(default=list)
    failure = models.CharField(max_length=500, blank=True, default="")
    done = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    made_by = TenantForeignKey(Person)
    made_at = models.DateTimeField()
    started_by = TenantForeignKey(Person, null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    progressed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_by = TenantForeignKey(Person, null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    taken_back = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(
        default=0, help_text="What undoing left, because more has happened since."
    )

    objects = TenantManager.from_queryset(ImportQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ImportKind.values), name="import_kind_known"),
            models.CheckConstraint(condition=Q(state__in=ImportState.values), name="import_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "stopping", "done", "undoing", "undone"])
                | Q(started_at__isnull=False, started_by__isnull=False),
                name="import_started_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["done", "undoing", "undone"]) | Q(bad=0),
                name="import_stored_without_bad_rows",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["undoing", "undone"])
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="import_undone_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-made_at", "-id"], name="import_newest_first"),
            models.Index(fields=["organization", "kind", "digest"], name="import_by_digest"),
        ]

    def __str__(self) -> str:
        mark = ":" if self.kind == ImportKind.LEAVING else " from"
        return f"{self.get_kind_display()}{mark} {self.name}"

    @property
    def is_guessed(self) -> bool:
        """Whether what it is written in was guessed, so that a reader has to look at it."""
        return self.encoding == WESTERN

    def get_absolute_url(self) -> str:
        return reverse("integrations:import", args=[self.organization.slug, self.pk])


class ImportData(TenantModel):
    """What is heavy about an import: the file, its faults as [line, reason], and what it made, for undoing.

    `samples` are the first things that it changes, as [line, who, what]. `left` is whom it leaves out, or what
    undoing left, as [who, why]. `made` lists ids of people or activities, changes to people, and locations added;
    badges are in parts.
    """

    of = TenantForeignKey(Import, on_delete=models.CASCADE)
    file = models.BinaryField()
    faults = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    made = models.JSONField(default=list)
    left = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "of"], name="import_data_once")]

    def __str__(self) -> str:
        return f"File of {self.of}"


class ImportPart(TenantModel):
    """Badges by hand that came in one go: what so many `rows` of the file made, as changes to awards, for undoing.

    Parts follow one another as the rows do. Unique by (of, number).
    """

    of = TenantForeignKey(Import, related_name="parts", on_delete=models.CASCADE)
    number = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    made = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "of", "number"], name="import_part_once")
        ]

    def __str__(self) -> str:
        return f"Part {self.number} of {self.of}"
