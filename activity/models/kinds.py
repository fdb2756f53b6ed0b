from django.db import models
from django.db.models import Q

from people.tenancy import TenantModel
from people.text import plain_text


def read_aloud(name: str) -> str:
    return name.replace(".", " ").replace("_", " ").capitalize()


class Kind(TenantModel):
    """A kind of activity that an organization knows, by its dotted name (`improvement.submitted`).

    `last_at` is when something of it last happened; it moves on once a day, with the first that is recorded of it,
    and back where that is voided.
    """

    name = models.CharField(max_length=60)
    label = models.CharField(max_length=100, blank=True, validators=[plain_text])
    expects_value = models.BooleanField(default=False)
    unit = models.CharField(max_length=20, blank=True, validators=[plain_text])
    last_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(unit="") | Q(expects_value=True), name="kind_unit_of_a_value"),
            models.UniqueConstraint(fields=["organization", "name"], name="kind_once"),
            models.CheckConstraint(
                condition=Q(name__regex=r"^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+$"), name="kind_dotted"
            ),
        ]

    def __str__(self) -> str:
        """Its label, else its name read aloud: `improvement.submitted` is "Improvement submitted"."""
        return self.label or read_aloud(self.name)


class Source(TenantModel):
    """Where activities come from: `lapel` itself, an import, a system."""

    name = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="source_once")]

    def __str__(self) -> str:
        return self.name
