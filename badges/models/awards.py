"""Awards: who holds which badge from when to when, and what happened to it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from badges.models.definitions import Badge
from badges.querysets import AwardQuerySet
from people.addresses import address_of
from people.models import Person
from people.tenancy import BusyTenantModel, TenantForeignKey, TenantManager, TenantModel


class Origin(models.TextChoices):
    HAND = "hand", "By hand"
    RULE = "rule", "By rule"


class EndedWhy(models.TextChoices):
    EXPIRED = "expired", "Its time ran out"
    LAPSED = "lapsed", "What kept it no longer holds"
    UNSUPPORTED = "no_longer_supported", "The record no longer supports it"
    REVOKED = "revoked", "Taken back by hand"
    MERGED = "merged", "Merged with the same badge on the other record"
    UNDONE = "undone", "What gave it was undone"


# As though they had never been: they stand in no history of who held what, and in no number.
NEVER_HELD = (EndedWhy.MERGED, EndedWhy.UNDONE)


class Award(BusyTenantModel):
    """One person's badge from `starts_at` on. Never deleted: it ends, with a reason.

    A person's award by rule and the one by hand are two rows; the badge is held while either stands.
    `expires_at` is the end that is known ahead (null: none); `ended_at` is set once it is over, to the
    instant at which it was (null: it stands). Where `ended_in_time`, its time came, and no event tells of it: this
    row says it all. `key` tells a repeatable badge's awards apart: the period's
    first day or the ordinal. `evidence` are activity ids, in the order of their instants.
    At most one award stands by (badge, person, origin, key).
    """

    badge = TenantForeignKey(Badge, db_index=False)
    person = TenantForeignKey(Person, related_name="awards", db_index=False)
    origin = models.CharField(max_length=10, choices=Origin.choices)
    key = models.CharField(max_length=20, blank=True, default="")
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=30, choices=EndedWhy.choices, blank=True, default="")
    ended_in_time = models.BooleanField(default=False, db_default=False)
    evidence = ArrayField(models.BigIntegerField(), default=list)
    rule_version = models.PositiveIntegerField(
        null=True, blank=True, help_text="Number of the rule's version."
    )
    given_by = TenantForeignKey(Person, null=True, blank=True, db_index=False)
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
            models.CheckConstraint(
                condition=Q(ended_in_time=False)
                | Q(ended_at__isnull=False, ended_at=F("expires_at"), ended_why__in=["expired", "lapsed"]),
                name="award_ended_in_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "expires_at"],
                condition=Q(ended_at=None, expires_at__isnull=False),
                name="award_due",
            ),
            models.Index(
                fields=["organization", "person", "expires_at"],
                include=["badge"],
                condition=Q(ended_at=None, expires_at__isnull=False),
                name="award_ending",
            ),
            # All that a tally counts, so that it need not look into the table.
            models.Index(
                fields=["organization", "person"],
                include=["badge", "starts_at"],
                condition=Q(ended_at=None),
                name="award_standing",
            ),
            models.Index(fields=["organization", "badge", "person", "starts_at"], name="award_by_badge"),
            models.Index(
                fields=["organization", "-starts_at", "-id"], condition=Q(ended_at=None), name="award_latest"
            ),
            models.Index(fields=["organization", "person", "-starts_at"], name="award_by_person"),
            models.Index(
                fields=["organization", "given_by"],
                condition=Q(given_by__isnull=False),
                name="award_by_giver",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.badge} of {self.person}"

    def get_absolute_url(self) -> str:
        return address_of("badges:award", self.organization.slug, self.pk)

    @property
    def unwritten_end(self) -> "AwardEvent | None":
        """What an event would say of an award that ended in time."""
        if self.ended_at is None or not self.ended_in_time:
            return None
        return AwardEvent(award=self, change=AwardChange.ENDED, at=self.ended_at)


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


class AwardEvent(BusyTenantModel):
    """Something that happened to an award: its history, append-only but for `to_tell`.

    That its time came is written only where somebody is told of it, or where it stands again afterwards.

    `to_tell` marks the events that `notifications` has still to work off; it is written with its cause.
    `tell_after` holds them back until then (null: tell at once).
    """

    award = TenantForeignKey(Award, related_name="events", db_index=False)
    change = models.CharField(max_length=20, choices=AwardChange.choices)
    at = models.DateTimeField(help_text="When it was recorded.")
    actor = TenantForeignKey(Person, null=True, blank=True, db_index=False)
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
                fields=["organization", "actor"],
                condition=Q(actor__isnull=False),
                name="award_event_by_actor",
            ),
            models.Index(
                fields=["organization", "id"], condition=Q(to_tell=True), name="award_event_to_tell"
            ),
        ]


class Ending(TenantModel):
    """Awards that ended in time, and whose people are to be told. `notifications` has their events written."""

    awards = ArrayField(models.BigIntegerField())
