"""Bulk edits: badges by hand for many people at once."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from badges.models.awards import Award, AwardChange, AwardEvent
from badges.models.definitions import Badge
from badges.models.evidence import LONGEST_LINK, LONGEST_NOTE
from badges.querysets import BatchQuerySet
from people.models import Person
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from people.text import so_many_people


class Verb(models.TextChoices):
    ADD = "add", "Add"
    REMOVE = "remove", "Remove"
    REPLACE = "replace", "Replace all"
    CLEAR = "clear", "Clear all"


class BatchState(models.TextChoices):
    DRAFT = "draft", "Not started"
    PLANNING = "planning", "Being looked at"
    QUEUED = "queued", "Waiting for its turn"
    RUNNING = "running", "At work"
    DONE = "done", "Done"
    UNDOING = "undoing", "Being undone"
    UNDONE = "undone", "Undone"


class Batch(TenantModel):
    """A bulk edit: badges by hand given to, or taken back from, many people as one deed.

    A draft is a preview that only its maker sees, and so is one that a worker is planning; `planned_at` says as
    of when. `starts_at` is the day from which given badges count (null: the moment of the start), `ends_at` an
    end chosen for all of them (null: as each badge says), `link` and `note` are the evidence for each of them.
    `done` of `people` entries have their outcome, or while it is planned their plan.
    """

    verb = models.CharField(max_length=10, choices=Verb.choices)
    badges = models.ManyToManyField(Badge, through="BatchBadge", related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    link = models.CharField(max_length=LONGEST_LINK, blank=True, default="")
    note = models.TextField(max_length=LONGEST_NOTE, blank=True, default="")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    tells = models.BooleanField(default=True, help_text="Whether mails and notices go out.")
    state = models.CharField(max_length=10, choices=BatchState.choices, default=BatchState.DRAFT)
    made_by = TenantForeignKey(Person)
    made_at = models.DateTimeField()
    planned_at = models.DateTimeField(null=True, blank=True)
    started_by = TenantForeignKey(Person, null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    progressed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_by = TenantForeignKey(Person, null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True, help_text="When the undoing began.")
    people = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)

    objects = TenantManager.from_queryset(BatchQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(verb__in=Verb.values), name="batch_verb_known"),
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state_known"),
            models.CheckConstraint(condition=Q(done__lte=F("people")), name="batch_done_of_people"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(starts_at=None) | Q(ends_at__gt=F("starts_at")),
                name="batch_in_order",
            ),
            models.CheckConstraint(
                condition=Q(state="draft", started_at=None, started_by=None)
                | Q(state="planning", planned_at__isnull=False, started_at=None, started_by=None)
                | (
                    ~Q(state__in=["draft", "planning"])
                    & Q(planned_at__isnull=False, started_at__isnull=False, started_by__isnull=False)
                ),
                name="batch_starts_from_a_plan",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["undoing", "undone"], undone_at__isnull=False, undone_by__isnull=False)
                | (~Q(state__in=["undoing", "undone"]) & Q(undone_at=None, undone_by=None)),
                name="batch_undone_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "-made_at", "-id"], name="batch_newest_first"),
            models.Index(
                fields=["organization", "progressed_at"],
                condition=Q(state__in=["planning", "queued", "running", "undoing"]),
                name="batch_at_work",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}, {so_many_people(self.people)}"

    def get_absolute_url(self) -> str:
        return reverse("badges:batch", args=[self.organization.slug, self.pk])


class BatchBadge(TenantModel):
    """A badge that a batch adds, removes, or leaves as the only ones."""

    batch = TenantForeignKey(Batch, on_delete=models.CASCADE)
    badge = TenantForeignKey(Badge)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "batch", "badge"], name="batch_badge_once")
        ]


class Outcome(models.TextChoices):
    CHANGED = "changed", "Changed"
    UNCHANGED = "unchanged", "Stays as it is"
    LEFT_OUT = "left_out", "Left out"


class LeftOut(models.TextChoices):
    GONE = "gone", "Has left the organization"
    OUTSIDE = "outside", "Works outside the locations that you administer"
    BADGE = "badge", "A badge cannot be given by hand any more"
    CLOSED = "closed", "A badge is closed, and they do not hold it"
    ONESELF = "oneself", "A badge that nobody gives to themselves"
    FULL = "full", "As many people as may hold a badge hold it"
    QUOTA = "quota", "Whoever gives a badge has given it as often as they may this month"
    STOPPED = "stopped", "The bulk edit was undone before it came to them"


class BatchEntry(TenantModel):
    """What a batch means to do to one person, and what it did. Unique by (batch, person).

    `outcome` is empty until the worker has been there. `steps` are those planned, and then those taken: one
    for each badge, as `planning.Step` tells them. A person gets one mail about all of them, or none.
    `kept_by_rule` counts the badges that replacing and clearing left because a rule gave them.
    """

    batch = TenantForeignKey(Batch, related_name="entries", on_delete=models.CASCADE)
    person = TenantForeignKey(Person)
    planned = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default="")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default="")
    why = models.CharField(max_length=10, choices=LeftOut.choices, blank=True, default="")
    steps = models.JSONField(default=list)
    kept_by_rule = models.PositiveIntegerField(default=0)
    is_mailed = models.BooleanField(default=False)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "batch", "person"], name="batch_entry_once"),
            models.CheckConstraint(
                condition=Q(planned__in=["", *Outcome.values], outcome__in=["", *Outcome.values]),
                name="batch_entry_outcome_known",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="left_out") | ~Q(why=""), name="batch_entry_left_out_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(undone_at=None) | Q(outcome="changed"), name="batch_entry_undone_if_changed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "batch", "person"],
                condition=Q(outcome=""),
                name="batch_entry_to_do",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_outcome_display() or self.get_planned_display()}"


class Undoing(models.TextChoices):
    RESTORED = "restored", "As it was before"
    CHANGED_SINCE = "changed", "Changed or ended since, so it was left"
    OUTSIDE = "outside", "Outside the locations of whoever undid it, so it was left"
    ONESELF = "oneself", "Nobody gives it back to themselves, so it was left"
    FULL = "full", "As many people as may hold it hold it by now, so it was left"


class BatchChange(TenantModel):
    """An award that a batch touched, and what undoing it needs: append-only but for `undone`.

    `event` is the batch's own; its instant is when a taken-back award ended. The award is as the batch left
    it while its end is `expires_after` (granted, renewed) or that instant (revoked).
    """

    entry = TenantForeignKey(BatchEntry, related_name="changes")
    award = TenantForeignKey(Award)
    event = TenantForeignKey(AwardEvent)
    change = models.CharField(max_length=20, choices=AwardChange.choices)
    tells = models.BooleanField(default=False)
    expires_before = models.DateTimeField(null=True, blank=True)
    expires_after = models.DateTimeField(null=True, blank=True)
    undone = models.CharField(max_length=10, choices=Undoing.choices, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "entry", "award"], name="batch_change_once"),
            models.CheckConstraint(
                condition=Q(change__in=["granted", "renewed", "revoked"]), name="batch_change_known"
            ),
            models.CheckConstraint(
                condition=Q(undone__in=["", *Undoing.values]), name="batch_change_undone_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_change_display()}: {self.award}"
