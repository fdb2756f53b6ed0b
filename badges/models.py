from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.templatetags.static import static
from django.urls import reverse

from badges.emblem import enough_width
from badges.querysets import AwardQuerySet, BadgeQuerySet, BatchQuerySet
from people.models import Person
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from people.text import plain_text

DURATION = r"^[1-9][0-9]{0,3} (day|week|month|year)s?$"


def emblem_url(organization_slug: str, emblem_id: int | None, width: int) -> str:
    if emblem_id is None:
        return static("emblems/none.svg")
    return reverse("badges:emblem", args=[organization_slug, emblem_id, enough_width(width)])


class Emblem(TenantModel):
    """A square picture, made safe on upload; named by the hash of its pixels, so it never changes."""

    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "digest"], name="emblem_once")]


class EmblemImage(TenantModel):
    """An emblem in one size: `data` is a PNG of width × width pixels."""

    emblem = TenantForeignKey(Emblem, related_name="images")
    width = models.PositiveSmallIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "emblem", "width"], name="emblem_image_once")
        ]


class BadgeState(models.TextChoices):
    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    RETIRED = "retired", "Retired"
    WITHDRAWN = "withdrawn", "Withdrawn"


class GrantMode(models.TextChoices):
    HAND = "hand", "By hand"
    RULE = "rule", "By rule"
    BOTH = "both", "By hand and by rule"


class BadgeKind(models.TextChoices):
    STEP = "step", "Step"
    HABIT = "habit", "Habit"
    TRAINING = "training", "Training"
    HONOUR = "honour", "Honour"


class Badge(TenantModel):
    """What can be awarded. Unique by slug in its organization; the slug never changes once awarded."""

    slug = models.CharField(max_length=60, validators=[RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z")])
    name = models.CharField(max_length=80, validators=[plain_text])
    description = models.CharField(max_length=300, validators=[plain_text])
    criteria = models.TextField("criteria in words", max_length=1000, blank=True)
    kind = models.CharField(max_length=20, choices=BadgeKind.choices, default=BadgeKind.STEP)
    state = models.CharField(max_length=20, choices=BadgeState.choices, default=BadgeState.ACTIVE)
    mode = models.CharField("given", max_length=10, choices=GrantMode.choices, default=GrantMode.HAND)
    ends_after = models.CharField(
        "ends after",
        max_length=20,
        blank=True,
        validators=[RegexValidator(DURATION)],
        help_text="How long an award by hand stands, such as “1 year”; empty means for good.",
    )
    emblem = TenantForeignKey(Emblem, null=True, blank=True)
    supersedes = TenantForeignKey("self", null=True, blank=True)
    tells_on_grant = models.BooleanField("mail when earned", default=True)
    tells_on_loss = models.BooleanField("mail when lost", default=True)
    reminds = models.BooleanField("reminders before it ends", default=True)
    created_at = models.DateTimeField()

    objects = TenantManager.from_queryset(BadgeQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "slug"], name="badge_slug_once"),
            models.CheckConstraint(condition=~Q(supersedes=F("id")), name="badge_not_over_itself"),
            models.CheckConstraint(condition=Q(state__in=BadgeState.values), name="badge_state_known"),
            models.CheckConstraint(condition=Q(mode__in=GrantMode.values), name="badge_mode_known"),
            models.CheckConstraint(
                condition=Q(ends_after="") | Q(ends_after__regex=DURATION), name="badge_ends_after_duration"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("badges:detail", args=[self.organization.slug, self.slug])

    def emblem_url(self, width: int) -> str:
        """The address of the emblem, sharp at `width` pixels; of a neutral one where there is none yet."""
        return emblem_url(self.organization.slug, self.emblem_id, width)


class Origin(models.TextChoices):
    HAND = "hand", "By hand"
    RULE = "rule", "By rule"


class EndedWhy(models.TextChoices):
    EXPIRED = "expired", "Its time ran out"
    LAPSED = "lapsed", "What kept it no longer holds"
    UNSUPPORTED = "no_longer_supported", "The record no longer supports it"
    REVOKED = "revoked", "Taken back by hand"


class Award(TenantModel):
    """One person's badge from `starts_at` on. Never deleted: it ends, with a reason.

    A person's award by rule and the one by hand are two rows; the badge is held while either stands.
    `expires_at` is the end that is known ahead (null: none); `ended_at` is set once it is over, to the
    instant at which it was (null: it stands). `key` tells a repeatable badge's awards apart: the period's
    first day or the ordinal. `evidence` are activity ids, in the order of their instants.
    At most one award stands by (badge, person, origin, key).
    """

    badge = TenantForeignKey(Badge)
    person = TenantForeignKey(Person, related_name="awards")
    origin = models.CharField(max_length=10, choices=Origin.choices)
    key = models.CharField(max_length=20, blank=True, default="")
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=30, choices=EndedWhy.choices, blank=True, default="")
    evidence = ArrayField(models.BigIntegerField(), default=list)
    rule_version = models.PositiveIntegerField(
        null=True, blank=True, help_text="Number of the rule's version."
    )
    given_by = TenantForeignKey(Person, null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    end_reason = models.CharField(max_length=500, blank=True, default="")
    recorded_at = models.DateTimeField()

    objects = TenantManager.from_queryset(AwardQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["-starts_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "badge", "person", "origin", "key"],
                condition=Q(ended_at=None),
                name="award_stands_once",
            ),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="award_origin_known"),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_why="") | (Q(ended_at__isnull=False) & ~Q(ended_why="")),
                name="award_ends_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("starts_at")), name="award_in_order"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "expires_at"],
                condition=Q(ended_at=None, expires_at__isnull=False),
                name="award_due",
            ),
            models.Index(
                fields=["organization", "person"],
                include=["badge"],
                condition=Q(ended_at=None),
                name="award_standing",
            ),
            models.Index(fields=["organization", "badge", "person", "starts_at"], name="award_by_badge"),
            models.Index(fields=["organization", "person", "-starts_at"], name="award_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.badge} of {self.person}"

    def get_absolute_url(self) -> str:
        return reverse("badges:award", args=[self.organization.slug, self.pk])


class Revocation(TenantModel):
    """A rule's award taken back: for (badge, person, key) only what is later than `revoked_at` counts.

    A lifted revocation is as though it had never been.
    """

    award = TenantForeignKey(Award, related_name="revocations")
    badge = TenantForeignKey(Badge)
    person = TenantForeignKey(Person)
    key = models.CharField(max_length=20, blank=True, default="")
    revoked_at = models.DateTimeField()
    revoked_by = TenantForeignKey(Person)
    reason = models.CharField(max_length=500)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organization", "badge", "person"], name="revocation_by_badge")]


class AwardChange(models.TextChoices):
    GRANTED = "granted", "Given"
    RENEWED = "renewed", "Renewed"
    CORRECTED = "corrected", "Brought up to date"
    ENDED = "ended", "Ended"
    REVOKED = "revoked", "Taken back"
    REINSTATED = "reinstated", "Given back"


class AwardEvent(TenantModel):
    """Something that happened to an award: its history, append-only but for `to_tell`.

    `to_tell` marks the events that `notifications` has still to work off; it is written with its cause.
    `tell_after` holds them back until then (null: tell at once).
    """

    award = TenantForeignKey(Award, related_name="events")
    change = models.CharField(max_length=20, choices=AwardChange.choices)
    at = models.DateTimeField(help_text="When it was recorded.")
    actor = TenantForeignKey(Person, null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True, default="")
    to_tell = models.BooleanField(default=False)
    tell_after = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(change__in=AwardChange.values), name="award_event_change_known"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "award", "at"], name="award_event_by_award"),
            models.Index(
                fields=["organization", "id"], condition=Q(to_tell=True), name="award_event_to_tell"
            ),
        ]


# --- many people at once


class Verb(models.TextChoices):
    ADD = "add", "Add"
    REMOVE = "remove", "Remove"
    REPLACE = "replace", "Replace all"
    CLEAR = "clear", "Clear all"


class BatchState(models.TextChoices):
    DRAFT = "draft", "Not started"
    QUEUED = "queued", "Waiting for its turn"
    RUNNING = "running", "At work"
    DONE = "done", "Done"
    UNDOING = "undoing", "Being undone"
    UNDONE = "undone", "Undone"


class Batch(TenantModel):
    """A bulk edit: badges by hand given to, or taken back from, many people as one deed.

    A draft is a preview that only its maker sees; `planned_at` says as of when. `starts_at` is the day from
    which given badges count (null: the moment of the start). `done` of `people` entries have their outcome.
    """

    verb = models.CharField(max_length=10, choices=Verb.choices)
    badges = models.ManyToManyField(Badge, through="BatchBadge", related_name="+")
    reason = models.CharField(max_length=500, blank=True, default="")
    starts_at = models.DateTimeField(null=True, blank=True)
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
                condition=Q(state="draft", started_at=None, started_by=None)
                | (
                    ~Q(state="draft")
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
                condition=Q(state__in=["queued", "running", "undoing"]),
                name="batch_at_work",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}, {self.people} people"

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
