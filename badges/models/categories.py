"""Categories: how an organization groups its badges, and in which order."""

from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse

from people.tenancy import TenantModel
from people.text import plain_text


class BadgeCategory(TenantModel):
    """A group of badges, under a name that is there once in its organization, whatever its case."""

    name = models.CharField(max_length=60, validators=[plain_text])
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint("organization", Lower("name"), name="badge_category_name_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="badge_category_named"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("badges:category", args=[self.organization.slug, self.pk])
