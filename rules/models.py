from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from badges.models import Badge
from people.models import Location, Person
from people.tenancy import TenantForeignKey, TenantModel


class RuleState(models.TextChoices):
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"


class Rule(TenantModel):
    """What earns a badge and what keeps it: one rule a badge, in versions.

    `recheck_asked_at` is since when everybody waits to be asked about, and `recheck_tells` whether they hear of it:
    written with what made it necessary, so that a lost bell loses nothing. `recheck_held_until` keeps others from
    doing what somebody is at; it passes by itself where that fails. `failing_since` is since when the database cannot
    answer it: it is asked about everybody at night, and not between.
    """

    badge = TenantForeignKey(Badge)
    state = models.CharField(max_length=10, choices=RuleState.choices, default=RuleState.ACTIVE)
    current = models.PositiveIntegerField(help_text="Number of the version in force.")
    recheck_asked_at = models.DateTimeField(null=True, blank=True)
    recheck_tells = models.BooleanField(default=False, db_default=False)
    recheck_held_until = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "badge"], name="rule_once_a_badge"),
            models.CheckConstraint(
                condition=Q(recheck_tells=False) | Q(recheck_asked_at__isnull=False),
                name="rule_tells_of_a_recheck",
            ),
            models.CheckConstraint(condition=Q(state__in=RuleState.values), name="rule_state_known"),
        ]

    def __str__(self) -> str:
        return f"Rule of {self.badge}"

    def failed_recheck(self) -> "RuleRun | None":
        """The last run, where a re-check is waited for and that failed: Lapel tries again every few minutes."""
        if self.recheck_asked_at is None:
            return None
        last: RuleRun | None = self.runs.first()
        return last if last and last.error and last.started_at >= self.recheck_asked_at else None

    def failed_run(self) -> "RuleRun | None":
        """The last that failed, where the rule is set aside for that."""
        return self.runs.exclude(error="").first() if self.failing_since else None

    def open_floods(self) -> "models.QuerySet[Flood]":
        """Why it is paused for a look; at most one."""
        found: models.QuerySet[Flood] = Flood.objects.filter(rule=self, decided_at=None)
        return found.select_related("rule__badge", "organization")


class Policy(models.TextChoices):
    """What a new version does with the past."""

    RECHECK = "recheck", "Re-check everybody"
    KEEP = "keep", "Keep present holders"
    NEW_ONLY = "new_only", "Only new activities count"


class RuleVersion(TenantModel):
    """A rule's text from an instant on: JSON as in docs/rules.md, validated on the way in and out."""

    rule = TenantForeignKey(Rule, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    made_at = models.DateTimeField()
    made_by = TenantForeignKey(Person, null=True, blank=True)
    policy = models.CharField(max_length=10, choices=Policy.choices, default=Policy.RECHECK)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "rule", "number"], name="rule_version_once"),
            models.CheckConstraint(condition=Q(policy__in=Policy.values), name="rule_version_policy_known"),
        ]


class NextDue(TenantModel):
    """The next instant at which time alone may start a person's award under a rule (`due_at` of rules)."""

    rule = TenantForeignKey(Rule, db_index=False)
    person = TenantForeignKey(Person)
    due_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "rule", "person"], name="next_due_once")
        ]
        indexes = [models.Index(fields=["organization", "due_at"], name="next_due_in_order")]


class RuleRun(TenantModel):
    """One reconciliation of a rule: for whom, what it changed, how long it took."""

    rule = TenantForeignKey(Rule, related_name="runs")
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    people = models.PositiveIntegerField(
        null=True, help_text="How many were asked about; null means everybody."
    )
    granted = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    ended = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-started_at", "-id"]


class Tally(TenantModel):
    """How many awards a rule gave on a local day for what happened just then; `allowed`: somebody said it is right.

    `most` that it may give that day without a closer look; null until it was looked for.
    """

    rule = TenantForeignKey(Rule)
    day = models.DateField()
    given = models.PositiveIntegerField()
    most = models.PositiveIntegerField(null=True, blank=True)
    allowed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "rule", "day"], name="tally_once_a_day")
        ]


class DryRunState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class DryRun(TenantModel):
    """A rule tried without being saved, for an organization too large to do so at once; `result` is what came out.

    Kept where it was saved afterwards, as the `version` of that number, or is what a flood would give; else for days.
    """

    badge = TenantForeignKey(Badge)
    definition = models.JSONField()
    policy = models.CharField(max_length=10, choices=Policy.choices, default=Policy.RECHECK)
    as_of = models.DateTimeField()
    made_by = TenantForeignKey(Person, null=True, blank=True)
    state = models.CharField(max_length=10, choices=DryRunState.choices, default=DryRunState.WAITING)
    done = models.PositiveIntegerField(default=0, help_text="How many people have been asked about.")
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    version = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["-as_of", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DryRunState.values), name="dry_run_state_known"),
            models.CheckConstraint(condition=Q(policy__in=Policy.values), name="dry_run_policy_known"),
        ]

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


class Flood(TenantModel):
    """A rule that was about to give far more than usual on a day, and was paused; open until somebody decides.

    `given` would have been given by then, `usual` is what a day brought before, `most` was still let pass; `days` are
    how many began on each of the four weeks before, oldest first. `trial` is who would get it, worked out when it was
    stopped, where people are too many to ask while one waits. `to_tell` marks what `notifications` has to work off:
    that it was stopped, and that somebody decided.
    """

    rule = TenantForeignKey(Rule, related_name="floods")
    day = models.DateField()
    stopped_at = models.DateTimeField()
    given = models.PositiveIntegerField()
    usual = models.FloatField()
    most = models.PositiveIntegerField()
    days = ArrayField(models.PositiveIntegerField(), default=list)
    trial = TenantForeignKey(DryRun, null=True, blank=True, related_name="floods")
    to_tell = models.BooleanField(default=False, db_default=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = TenantForeignKey(Person, null=True, blank=True)

    class Meta:
        ordering = ["-stopped_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "rule"], condition=Q(decided_at=None), name="flood_open_once"
            )
        ]
        indexes = [
            models.Index(fields=["organization", "id"], condition=Q(to_tell=True), name="flood_to_tell")
        ]

    def get_absolute_url(self) -> str:
        return self.look_url

    @property
    def look_url(self) -> str:
        """Where one sees who would get it."""
        of = [self.organization.slug, self.rule.badge.slug]
        if self.trial_id:
            return reverse("rules:trial", args=[*of, self.trial_id])
        return f"{reverse('rules:edit', args=of)}?look=1#preview"

    @property
    def drawn(self) -> list[int]:
        """The four weeks before, and what it came to on its day."""
        return [*self.days, self.given]


class SettingsTrial(TenantModel):
    """A change of settings, or of a location's place, tried before it is saved: what every rule would make of it.

    `before` is what it was tried against; `result` says badge by badge what would change. Unsaved, kept for days.
    """

    location = TenantForeignKey(Location, null=True, blank=True)
    change = models.JSONField()
    before = models.JSONField()
    as_of = models.DateTimeField()
    made_by = TenantForeignKey(Person)
    state = models.CharField(max_length=10, choices=DryRunState.choices, default=DryRunState.WAITING)
    done = models.PositiveIntegerField(default=0, help_text="How many people have been asked about.")
    total = models.PositiveIntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    saved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-as_of", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DryRunState.values), name="settings_trial_state_known"
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("administration:trial", args=[self.organization.slug, self.pk])

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total if self.total else 0


class Example(TenantModel):
    """Somebody who should, or should not, hold the badge under its rule: it must be so before a rule is saved."""

    badge = TenantForeignKey(Badge, related_name="examples")
    person = TenantForeignKey(Person)
    should_hold = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "badge", "person"], name="example_once")
        ]
