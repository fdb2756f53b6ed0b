from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Lower

from activity.models import ItemNews, WorkItem
from badges.models import Award, AwardEvent, Badge, Nomination
from notifications.querysets import UNBEGUN, DeliveryQuerySet, NoticeQuerySet
from people.models import LANGUAGES, Person, known_zone
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from rules.models import Flood


class NoticeKind(models.TextChoices):
    EARNED = "earned", "Earned"
    LOST = "lost", "Lost"
    ENDS_SOON = "ends_soon", "Ends soon"
    TO_DECIDE = "to_decide", "Nomination to decide"
    DECIDED = "decided", "Nomination decided"
    TO_VERIFY = "to_verify", "Saving to verify"
    VERIFIED = "verified", "Saving verified"
    NAMED = "named", "Put on it"
    COMMENTED = "commented", "Comment"
    OUTCOME = "outcome", "What became of it"
    HELD_BACK = "held_back", "Rule paused for a look"
    PRAISED = "praised", "Well done"


# What tells of badges; organizations may put these mails into their own words, each of `TextKind`.
OF_AWARDS = (NoticeKind.EARNED, NoticeKind.LOST, NoticeKind.ENDS_SOON)
OF_NOMINATIONS = (NoticeKind.TO_DECIDE, NoticeKind.DECIDED)
OF_WORK = (
    NoticeKind.TO_VERIFY,
    NoticeKind.VERIFIED,
    NoticeKind.NAMED,
    NoticeKind.OUTCOME,
    NoticeKind.COMMENTED,
)


def caused(kinds: Collection[str], *by: str) -> Q:
    """Notices of these kinds have these causes, and no others."""
    causes = ("event", "award", "ends_on", "days", "nomination", "news", "flood")
    return Q(kind__in=kinds, **{f"{cause}__isnull": cause not in by for cause in causes})


class Notice(TenantModel):
    """Something to tell somebody: one for a cause and a recipient. Shown in Lapel until read.

    The cause is something that happened to an award, a nomination (which arrived, and was decided), news of a work
    item, or a rule that was stopped for a look. What colleagues say to an award is one notice, new again with each
    who says it. Of an award that is about to end nothing has happened yet: there is
    one for each end, and for each number of `days` before it.
    """

    event = TenantForeignKey(AwardEvent, null=True, blank=True)
    # The kind says which of these is there, as `notice_cause` sees to it.
    award: "models.ForeignKey[Award, Award]" = TenantForeignKey(Award, null=True, blank=True)  # type: ignore[misc]
    nomination: "models.ForeignKey[Nomination, Nomination]" = TenantForeignKey(  # type: ignore[misc]
        Nomination, null=True, blank=True, db_index=False
    )
    news: "models.ForeignKey[ItemNews, ItemNews]" = TenantForeignKey(  # type: ignore[misc]
        ItemNews, null=True, blank=True, db_index=False
    )
    flood: "models.ForeignKey[Flood, Flood]" = TenantForeignKey(  # type: ignore[misc]
        Flood, null=True, blank=True, db_index=False
    )
    recipient = TenantForeignKey(Person)
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    ends_on = models.DateField(
        null=True, blank=True, help_text="The day of its end on the organization's calendar."
    )
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    delivery = TenantForeignKey("Delivery", null=True, blank=True, related_name="notices")
    left_out = models.CharField(
        max_length=200, blank=True, default="", help_text="Why its mail went without it."
    )
    praise_count: int  # once read `with_subjects`, as the next
    praised_by: str | None

    objects = TenantManager.from_queryset(NoticeQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "event", "recipient"], name="notice_once"),
            models.UniqueConstraint(
                fields=["organization", "award", "recipient", "ends_on", "days"], name="reminder_once"
            ),
            models.UniqueConstraint(
                fields=["organization", "nomination", "recipient", "kind"],
                condition=Q(nomination__isnull=False),
                name="nomination_told_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "news", "recipient"],
                condition=Q(news__isnull=False),
                name="news_told_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "flood", "recipient"],
                condition=Q(flood__isnull=False),
                name="flood_told_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "award", "recipient"],
                condition=Q(kind=NoticeKind.PRAISED),
                name="praise_told_once",
            ),
            models.CheckConstraint(
                condition=caused([NoticeKind.EARNED, NoticeKind.LOST], "event", "award")
                | caused([NoticeKind.ENDS_SOON], "award", "ends_on", "days")
                | caused(OF_NOMINATIONS, "nomination")
                | caused(OF_WORK, "news")
                | caused([NoticeKind.HELD_BACK], "flood")
                | caused([NoticeKind.PRAISED], "award"),
                name="notice_cause",
            ),
        ]
        indexes = [models.Index(fields=["organization", "recipient", "-made_at"], name="notice_by_recipient")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.about}"

    @property
    def badge(self) -> Badge | None:
        """None where it tells of work."""
        subject = self.award or self.nomination or (self.flood and self.flood.rule)
        return subject.badge if subject else None

    @property
    def about(self) -> Badge | WorkItem:
        badge = self.badge
        if badge is None:
            assert self.news is not None
            return self.news.item
        return badge

    def get_absolute_url(self) -> str:
        """Where one reads more, or acts on it."""
        subject: Any = self.award or self.nomination or self.news or self.flood
        return str(subject.get_absolute_url())


class Rhythm(models.TextChoices):
    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Once a day, all in one"
    NEVER = "never", "Never"


# How often of what nobody chose: what is only nice to know is mailed to whoever asks for it.
USUAL = {NoticeKind.PRAISED: Rhythm.NEVER}


def usual_rhythm(kind: str) -> Rhythm:
    return USUAL.get(NoticeKind(kind), Rhythm.AT_ONCE)


class DeliveryState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    DEAD = "dead", "Given up"
    WITHHELD = "withheld", "Not sent"


class CameBack(models.TextChoices):
    BOUNCED = "bounced", "Came back"
    COMPLAINED = "complained", "Marked as spam"


class Delivery(TenantModel):
    """Notices to one person, by mail. Claimed by a conditional update with a lease.

    What is made before its first attempt joins it. From then on it stays what it is. A test of somebody's words
    has no notices, and nothing joins it.

    `message_id` stays the same over all attempts, so that a mail sent twice can be recognised. `withheld` is
    what was no longer true, or no longer wanted, when its turn came; `dead` is what could not be sent. What
    came back was sent before: `came_back` stands beside the state, as it may be told before we know it as sent.
    """

    recipient = TenantForeignKey(Person)
    rhythm = models.CharField(max_length=10, choices=Rhythm.choices, default=Rhythm.AT_ONCE)
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    message_id = models.CharField(max_length=120)
    uncertain = models.BooleanField(default=False, help_text="May have been sent twice.")
    last_error = models.CharField(max_length=500, blank=True, default="")
    sent_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(
        max_length=200, blank=True, default="", help_text="What the provider calls it."
    )
    came_back = models.CharField(max_length=10, choices=CameBack.choices, blank=True, default="")
    soft_bounces = models.PositiveSmallIntegerField(default=0)
    test = models.JSONField(
        null=True, blank=True, help_text="Words that somebody sent to themselves, and the award they told of."
    )

    objects = TenantManager.from_queryset(DeliveryQuerySet)()  # type: ignore[misc]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.SENT, sent_at__isnull=False)
                | (~Q(state=DeliveryState.SENT) & Q(sent_at=None)),
                name="delivery_sent_at",
            ),
            models.UniqueConstraint(
                fields=["organization", "recipient", "address", "rhythm"],
                condition=UNBEGUN,
                name="delivery_unbegun_once",
            ),
            models.CheckConstraint(
                condition=Q(came_back__in=["", *CameBack.values]), name="delivery_came_back_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "next_attempt_at"],
                condition=Q(state="queued"),
                name="delivery_queued",
            ),
            models.Index(
                fields=["organization", "lease_until"], condition=Q(state="sending"), name="delivery_leased"
            ),
            models.Index(
                fields=["organization", "recipient", "-id"],
                condition=Q(test__isnull=False),
                name="delivery_tests",
            ),
            models.Index(
                fields=["organization", "-id"], condition=~Q(came_back=""), name="delivery_came_back"
            ),
            models.Index(
                fields=["organization", "state", "-id"], condition=Q(came_back=""), name="delivery_by_state"
            ),
            # The moment that `finding` takes for a mail's own.
            models.Index(F("organization"), Coalesce("sent_at", "next_attempt_at"), name="delivery_by_day"),
        ]

    def __str__(self) -> str:
        return f"Mail to {self.address}"


class BounceKind(models.TextChoices):
    BOUNCED = "bounced", "Refused for good"
    SOFT = "soft", "Put off"
    COMPLAINED = "complained", "Marked as spam"


class Bounce(TenantModel):
    """Something that a provider told of a mail, once however often it was told: `key` is its own of a delivery."""

    delivery = TenantForeignKey(Delivery, related_name="bounces")
    kind = models.CharField(max_length=10, choices=BounceKind.choices)
    said = models.CharField(max_length=500, blank=True)
    told_at = models.DateTimeField()
    key = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "delivery", "key"], name="bounce_once"),
            models.CheckConstraint(condition=Q(kind__in=BounceKind.values), name="bounce_kind_known"),
        ]


class StoppedAddress(TenantModel):
    """An address that gets no more notices, as mail to it came back, until somebody trusts it again."""

    address = models.CharField(max_length=254, help_text="In small letters.")
    delivery = TenantForeignKey(Delivery)
    why = models.CharField(max_length=10, choices=CameBack.choices)
    said = models.CharField(max_length=500, blank=True)
    stopped_at = models.DateTimeField()
    trusted_at = models.DateTimeField(null=True, blank=True)
    trusted_by = TenantForeignKey(Person, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "address"], condition=Q(trusted_at=None), name="stopped_once"
            ),
            models.CheckConstraint(condition=Q(address=Lower("address")), name="stopped_in_small_letters"),
            models.CheckConstraint(condition=Q(why__in=CameBack.values), name="stopped_why_known"),
            models.CheckConstraint(
                condition=Q(trusted_at=None, trusted_by=None)
                | Q(trusted_at__isnull=False, trusted_by__isnull=False),
                name="stopped_trusted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.address


class Preference(TenantModel):
    """How often a person wants mail of a kind. In Lapel everything is shown in any case."""

    person = TenantForeignKey(Person)
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    rhythm = models.CharField(max_length=10, choices=Rhythm.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "person", "kind"], name="preference_once"),
            models.CheckConstraint(
                condition=Q(kind__in=NoticeKind.values, rhythm__in=Rhythm.values), name="preference_known"
            ),
        ]


class MailHours(TenantModel):
    """When a person wants mail, in full hours of their own time zone; without one, of the organization's."""

    person = TenantForeignKey(Person)
    zone = models.CharField("time zone", max_length=64, blank=True, default="", validators=[known_zone])
    digest_hour = models.PositiveSmallIntegerField(default=8)
    quiet_from = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_until = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "person"], name="mail_hours_once"),
            models.CheckConstraint(
                condition=Q(digest_hour__lte=23)
                & (
                    Q(quiet_from=None, quiet_until=None)
                    | Q(quiet_from__lte=23, quiet_until__lte=23) & ~Q(quiet_from=F("quiet_until"))
                ),
                name="mail_hours_of_a_day",
            ),
        ]


class TextKind(models.TextChoices):
    """What a mail of an award has words of its own for."""

    EARNED = "earned", "Earned"
    ENDED = "ended", "Ended"
    TAKEN_BACK = "taken_back", "Taken back"
    ENDS_SOON = "ends_soon", "Ends soon"
    TEAM_ENDS_SOON = "team_ends_soon", "Ends soon, to the manager"


class NoticeText(TenantModel):
    """What mails of a kind say of an award, in an organization's own words; of all badges without one.

    In one language, or (empty) for everybody whose language has no text of its own.

    `{placeholders}` are filled in by `notifications.texts`; there is no other meaning to any character of the
    subject and the body. `html` is clean as `notifications.markup` has it; with it the body may be left empty.
    """

    kind = models.CharField(max_length=20, choices=TextKind.choices)
    badge = TenantForeignKey(Badge, null=True, blank=True)
    language = models.CharField(max_length=5, choices=LANGUAGES, blank=True, default="")
    subject = models.CharField(max_length=150)
    body = models.TextField(max_length=4000, blank=True)
    html = models.TextField(max_length=8000, blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "badge__name", "language", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "kind", "badge", "language"],
                nulls_distinct=False,
                name="notice_text_once",
            ),
            models.CheckConstraint(
                condition=Q(language__in=["", *dict(LANGUAGES)]), name="notice_text_language_known"
            ),
            models.CheckConstraint(condition=Q(kind__in=TextKind.values), name="notice_text_kind_known"),
            models.CheckConstraint(condition=~Q(body="", html=""), name="notice_text_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.badge or 'all badges'}"
