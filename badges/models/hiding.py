"""What people keep from their colleagues' eyes."""

from django.db import models

from badges.models.definitions import Badge
from people.models import Person
from people.tenancy import TenantForeignKey, TenantModel


class HiddenBadge(TenantModel):
    """A badge that its holder keeps from colleagues; without `badge` all of theirs, those to come as well.

    Whoever may see histories sees them all the same.
    """

    person = TenantForeignKey(Person, db_index=False)
    badge = TenantForeignKey(Badge, null=True, blank=True, db_index=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "person", "badge"], nulls_distinct=False, name="hidden_badge_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.badge or 'All badges'} of {self.person}, kept from colleagues"
