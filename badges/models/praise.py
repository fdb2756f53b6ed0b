"""What colleagues say to awards."""

from django.db import models
from django.db.models import Q

from badges.models.awards import Award
from badges.querysets import PraiseQuerySet
from people.models import Person
from people.tenancy import TenantForeignKey, TenantManager, TenantModel


class Praise(TenantModel):
    """A colleague's “well done” to an award: one by (award, person), and the database takes none by the holder.

    What is taken back stays, but does not stand: said again, it tells nobody anew. `to_tell` marks what `notifications`
    has still to work off. Where two records became one, a holder may have praised themselves: that is not read.
    """

    award = TenantForeignKey(Award, db_index=False)
    person = TenantForeignKey(Person, db_index=False)
    stands = models.BooleanField(default=True)
    to_tell = models.BooleanField(default=True)

    objects = TenantManager.from_queryset(PraiseQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "praise"
        constraints = [
            models.UniqueConstraint(fields=["organization", "award", "person"], name="praise_once")
        ]
        indexes = [
            models.Index(fields=["organization", "person"], name="praise_by_person"),
            models.Index(
                fields=["organization", "id"], condition=Q(to_tell=True, stands=True), name="praise_to_tell"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.award}"
