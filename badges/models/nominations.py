"""Badges proposed for somebody: by a colleague, or by an administrator where two must agree."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from badges.models.awards import Award
from badges.models.definitions import Badge
from badges.querysets import NominationQuerySet
from people.models import Person
from people.tenancy import TenantForeignKey, TenantManager, TenantModel


class NominationState(models.TextChoices):
    OPEN = "open", "Waits for a decision"
    APPROVED = "approved", "Approved"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


DECIDED = (NominationState.APPROVED, NominationState.DECLINED)


class Nomination(TenantModel):
    """A badge proposed for `nominee` by `made_by`; at most one is open by (badge, nominee, made_by).

    Somebody else than these two decides. `award` is what an approved one became, or renewed. `is_proposal`
    marks an administrator's giving of a badge that needs two, from `starts_at` on (null: when it is approved)
    until `ends_at` (null: as the badge says).
    `agreed_by` is the first of the two: whoever made a proposal, or has agreed to a colleague's nomination.
    `seen_at` is when whoever made it first looked at the outcome. `to_tell` marks what `notifications` has still to
    work off: that it was made, or what became of it; it is written with its cause.
    """

    badge = TenantForeignKey(Badge)
    nominee = TenantForeignKey(Person)
    made_by = TenantForeignKey(Person)
    made_at = models.DateTimeField()
    is_proposal = models.BooleanField(default=False)
    reason = models.CharField(max_length=500)
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=NominationState.choices, default=NominationState.OPEN)
    agreed_by = TenantForeignKey(Person, null=True, blank=True)
    decided_by = TenantForeignKey(Person, null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True, default="")
    award = TenantForeignKey(Award, null=True, blank=True, related_name="nominations")
    seen_at = models.DateTimeField(null=True, blank=True)
    to_tell = models.BooleanField(default=False)

    objects = TenantManager.from_queryset(NominationQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "badge", "nominee", "made_by"],
                condition=Q(state="open"),
                name="nomination_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=NominationState.values) & ~Q(reason=""), name="nomination_state_known"
            ),
            models.CheckConstraint(condition=~Q(nominee=F("made_by")), name="nomination_of_somebody_else"),
            models.CheckConstraint(
                condition=Q(state="open", decided_by=None, decided_at=None)
                | Q(state="withdrawn", decided_by=F("made_by"), decided_at__isnull=False)
                | (
                    Q(state__in=DECIDED, decided_at__isnull=False, decided_by__isnull=False)
                    & ~Q(decided_by=F("made_by"))
                    & ~Q(decided_by=F("nominee"))
                    & ~Q(decided_by=F("agreed_by"))
                ),
                name="nomination_decided_by_another",
            ),
            models.CheckConstraint(
                condition=Q(state="approved", award__isnull=False)
                | (Q(state="declined", award=None) & ~Q(answer=""))
                | Q(state__in=["open", "withdrawn"], award=None),
                name="nomination_has_an_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "made_at"], condition=Q(state="open"), name="nomination_waiting"
            ),
            models.Index(fields=["organization", "made_by", "-made_at"], name="nomination_by_maker"),
            models.Index(
                fields=["organization", "made_by"],
                condition=Q(state__in=DECIDED, seen_at=None),
                name="nomination_unseen",
            ),
            models.Index(
                fields=["organization", "award"],
                condition=Q(award__isnull=False),
                name="nomination_of_award",
            ),
            models.Index(fields=["organization", "id"], condition=Q(to_tell=True), name="nomination_to_tell"),
        ]

    def __str__(self) -> str:
        return f"{self.badge} for {self.nominee}"

    def get_absolute_url(self) -> str:
        return reverse("badges:nomination", args=[self.organization.slug, self.pk])
