from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from people.clock import now
from people.currencies import CURRENCIES
from people.tenancy import TenantModel
from people.text import plain_text

RESERVED_SLUGS = {"accounts", "static", "healthz", "demo", "api", "admin", "media", "new", "o"}
# What mails are written in; `locale/` holds the words.
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]


def known_zone(value: str) -> None:
    if value not in available_timezones() or value in {"localtime", "Factory"}:
        raise ValidationError("This is not a time zone that Lapel knows, such as Europe/Berlin.")


def free_slug(value: str) -> None:
    if value in RESERVED_SLUGS:
        raise ValidationError("This address is taken by Lapel itself.")


class Organization(models.Model):
    """A tenant. Its row is the directory entry: anything worth hiding belongs to tenant tables."""

    slug = models.CharField(
        max_length=40, unique=True, validators=[RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*\Z"), free_slug]
    )
    name = models.CharField(max_length=100, validators=[plain_text])
    zone = models.CharField("time zone", max_length=64, default="UTC", validators=[known_zone])
    first_weekday = models.PositiveSmallIntegerField(default=1, help_text="1 is Monday, 7 is Sunday.")
    language = models.CharField(
        max_length=5,
        choices=LANGUAGES,
        default="en-gb",
        db_default="en-gb",
        help_text="Of mails to those who chose none.",
    )
    currency = models.CharField(
        max_length=3,
        blank=True,
        choices=CURRENCIES,
        default="",
        db_default="",
        help_text="What savings are counted in; empty where nobody said.",
    )
    created_at = models.DateTimeField(default=now, editable=False)
    logo = models.CharField(max_length=20, blank=True, default="", help_text="Digest of its picture.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_weekday__range=(1, 7)), name="organization_first_weekday"
            ),
            models.CheckConstraint(
                condition=Q(language__in=[*dict(LANGUAGES)]), name="organization_language_known"
            ),
            models.CheckConstraint(
                condition=Q(currency__in=["", *CURRENCIES]), name="organization_currency_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("people:home", args=[self.slug])

    @property
    def logo_url(self) -> str:
        return reverse("administration:logo_image", args=[self.slug, self.logo]) if self.logo else ""

    @property
    def time_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class Logo(TenantModel):
    """The picture that `Organization.logo` names: one an organization, drawn anew from what was uploaded."""

    digest = models.CharField(max_length=20)
    png = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization"], name="logo_once")]

    def __str__(self) -> str:
        return self.digest
