"""Badges: what can be awarded, and their emblems."""

from functools import lru_cache

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.templatetags.static import static
from django.urls import reverse

from badges.emblem import enough_width
from badges.models.categories import BadgeCategory
from badges.querysets import BadgeQuerySet
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from people.text import plain_text

MOST_HOLDERS = 10_000
MOST_A_MONTH = 1_000
DURATION = r"^[1-9][0-9]{0,3} (day|week|month|year)s?$"
RULE_DURATION = r"^[1-9][0-9]{0,4} (day|week|month|year)s?$"


@lru_cache(maxsize=5000)
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
    """What may happen to a badge; `STATE_MEANINGS` says it to people.

    Draft: only those who define badges see it. Active: earned and given. Closed: who holds it can still renew
    it, nobody else gets it. Retired: nobody earns or renews it. Withdrawn: shown nowhere, counts for nobody.
    """

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    CLOSED = "closed", "Closed"
    RETIRED = "retired", "Retired"
    WITHDRAWN = "withdrawn", "Withdrawn"


STATE_MEANINGS: dict[str, str] = {
    BadgeState.DRAFT: "Only badge administrators see it, and nobody gets it yet.",
    BadgeState.ACTIVE: "Everybody sees it, and it can be earned and given.",
    BadgeState.CLOSED: "Nobody who does not hold it gets it any more. Whoever holds it can still renew it, by rule "
    "and by hand.",
    BadgeState.RETIRED: "Nobody earns, gets or renews it any more. Whoever holds it keeps it until it ends.",
    BadgeState.WITHDRAWN: "It should never have been given: it is shown nowhere and counts for nobody, nor for badges "
    "that are earned by holding it. The record stays, with the reason.",
}
IN_USE = (BadgeState.ACTIVE, BadgeState.CLOSED)  # rules are evaluated, and holders can renew by hand
PUBLISHED = (*IN_USE, BadgeState.RETIRED)


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
    """What can be awarded. Unique by slug in its organization; the slug never changes once awarded.

    `may_give_oneself`, `most_holders` and `most_a_month` (by one giver, of the organization's calendar) are about
    giving by hand; rules know no limits.
    """

    slug = models.CharField(max_length=60, validators=[RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z")])
    name = models.CharField(max_length=80, validators=[plain_text])
    description = models.CharField(max_length=300, validators=[plain_text])
    criteria = models.TextField("criteria in words", max_length=1000, blank=True)
    kind = models.CharField(max_length=20, choices=BadgeKind.choices, default=BadgeKind.STEP)
    category = TenantForeignKey(BadgeCategory, null=True, blank=True, related_name="its_badges")
    position = models.PositiveIntegerField(default=0, help_text="In its category.")
    state = models.CharField(max_length=20, choices=BadgeState.choices, default=BadgeState.ACTIVE)
    mode = models.CharField("given", max_length=10, choices=GrantMode.choices, default=GrantMode.HAND)
    ends_after = models.CharField(
        "ends after",
        max_length=20,
        blank=True,
        validators=[RegexValidator(DURATION)],
        help_text="How long an award by hand stands, such as “1 year”; empty means for good.",
    )
    rule_ends_after = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        editable=False,
        help_text="The same, as its rule says; written by `rules`.",
    )
    emblem = TenantForeignKey(Emblem, null=True, blank=True)
    lower = models.ManyToManyField(
        "self", through="Superseding", through_fields=("badge", "lower"), symmetrical=False, related_name="+"
    )
    may_give_oneself = models.BooleanField("may be given to oneself", default=False)
    most_holders = models.PositiveIntegerField("most holders", null=True, blank=True)
    most_a_month = models.PositiveIntegerField("most by one giver in a month", null=True, blank=True)
    tells_on_grant = models.BooleanField("mail when earned", default=True)
    tells_on_loss = models.BooleanField("mail when lost", default=True)
    reminds = models.BooleanField("reminders before it ends", default=True)
    takes_nominations = models.BooleanField("open to nominations by colleagues", default=False)
    needs_two = models.BooleanField("given by hand by two administrators", default=False)
    demands_evidence = models.BooleanField("given by hand with evidence only", default=False)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when nobody new gets it; null in draft and active."
    )

    objects = TenantManager.from_queryset(BadgeQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "slug"], name="badge_slug_once"),
            models.CheckConstraint(condition=Q(state__in=BadgeState.values), name="badge_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "active"], closed_at=None)
                | Q(state="closed", closed_at__isnull=False)
                | Q(state__in=["retired", "withdrawn"]),
                name="badge_closed_at_an_instant",
            ),
            models.CheckConstraint(condition=Q(mode__in=GrantMode.values), name="badge_mode_known"),
            models.CheckConstraint(
                condition=(Q(most_holders=None) | Q(most_holders__range=(1, MOST_HOLDERS)))
                & (Q(most_a_month=None) | Q(most_a_month__range=(1, MOST_A_MONTH))),
                name="badge_limits_in_range",
            ),
            models.CheckConstraint(
                condition=Q(ends_after="") | Q(ends_after__regex=DURATION), name="badge_ends_after_duration"
            ),
            models.CheckConstraint(
                condition=Q(rule_ends_after="") | Q(rule_ends_after__regex=RULE_DURATION),
                name="badge_rule_ends_after_duration",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("badges:detail", args=[self.organization.slug, self.slug])

    @property
    def supersedes(self) -> list["Badge"]:
        """The badges that it hides on display, of whoever holds it."""
        return list(self.lower.all())

    @property
    def by_hand_for(self) -> str:
        """How long an award by hand stands: as the badge says, else as its rule does; "" for good."""
        return self.ends_after or (self.rule_ends_after if self.mode == GrantMode.BOTH else "")

    @property
    def is_given_by_hand(self) -> bool:
        """Now, to whoever is new to it or holds it: `BadgeQuerySet.hand_renewable` for one."""
        return self.state in IN_USE and self.mode != GrantMode.RULE

    @property
    def is_limited(self) -> bool:
        return self.most_holders is not None or self.most_a_month is not None

    @property
    def state_means(self) -> str:
        return STATE_MEANINGS[self.state]

    def emblem_url(self, width: int) -> str:
        """The address of the emblem, sharp at `width` pixels; of a neutral one where there is none yet."""
        return emblem_url(self.organization.slug, self.emblem_id, width)


class Superseding(TenantModel):
    """Of whoever holds a badge, a lower one is not displayed beside it; both stay on record."""

    badge = TenantForeignKey(Badge, related_name="supersedings", db_index=False)
    lower = TenantForeignKey(Badge, db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "badge", "lower"], name="superseding_once"),
            models.CheckConstraint(condition=~Q(badge=F("lower")), name="superseding_another"),
        ]
