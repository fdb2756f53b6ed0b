from collections.abc import Sequence

from django.db import connection, models
from django.db.models import F, Q

from people.alphabet import Folded
from people.prepared import planned_once
from people.querysets import LocationQuerySet
from people.tenancy import TenantForeignKey, TenantManager, TenantModel
from people.text import plain_text


class Location(TenantModel):
    """A node of the tree of sites, departments and units; known to the outside by its external id.

    A closed one keeps its people's and activities' history; nobody new is put there.
    """

    external_id = models.CharField(max_length=100)
    name = models.CharField(max_length=100, validators=[plain_text])
    parent = TenantForeignKey("self", null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    objects = TenantManager.from_queryset(LocationQuerySet)()  # type: ignore[misc]

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "external_id"], name="location_external_id_once"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="location_not_in_itself"),
        ]
        indexes = [models.Index("organization", Folded("name"), "id", name="location_by_name")]

    def __str__(self) -> str:
        return self.name

    def subtree_ids(self) -> list[int]:
        return subtree_ids(self.organization_id, [self.pk])


@planned_once()
def subtree_ids(organization_id: int, tops: Sequence[int]) -> list[int]:
    """These locations' own ids and those of everything below them, each once. One query, none for none."""
    if not tops:
        return []
    with connection.cursor() as cursor:
        cursor.execute(SUBTREE, {"organization": organization_id, "tops": [*tops]})
        return [row[0] for row in cursor.fetchall()]


# UNION, not UNION ALL: a circle, should one ever be made, ends instead of running on
SUBTREE = """
WITH RECURSIVE below(id) AS (
    SELECT unnest(%(tops)s::bigint[])
    UNION SELECT l.id FROM people_location l JOIN below ON l.parent_id = below.id
          WHERE l.organization_id = %(organization)s
) SELECT id FROM below
"""
