"""Rows that follow somebody from one record to another, and back: what each app says of its own, done by one code."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import models

from people.models import Merge, Person


@dataclass(frozen=True)
class Follows:
    """Rows of a model that name a person in `field`.

    `once`: a person may have one only with the same values in these. What the kept record has already stays with the
    signpost, or is dropped, and noted, where it would be seen twice (`drops`).
    """

    model: type[models.Model]
    field: str = "person"
    once: tuple[str, ...] | None = None
    drops: bool = False

    @property
    def name(self) -> str:
        return f"{self.model._meta.label}.{self.field}"

    def rows(self, person: Person) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self.model._default_manager.filter(
            **{self.field: person, "organization": person.organization_id}
        )
        return rows

    def clashing(self, kept: Person, merged: Person) -> set[int]:
        if self.once is None:
            return set()
        there = set(self.rows(kept).values_list(self.field, *self.once))
        rows = self.rows(merged).values_list("pk", *self.once)
        return {pk for pk, *values in rows if (kept.pk, *values) in there}


def move(follows: Iterable[Follows], merge: Merge) -> None:
    """Everything that follows goes over to the kept record; what went, and what was dropped, is noted in the merge."""
    for one in follows:
        clashing = one.clashing(merge.kept, merge.merged)
        ids = set(one.rows(merge.merged).values_list("pk", flat=True))
        going = sorted(ids - clashing)
        if going:
            one.model._default_manager.filter(pk__in=going).update(**{one.field: merge.kept})
            merge.moved[one.name] = going
        if one.drops and clashing:
            gone = one.model._default_manager.filter(pk__in=clashing)
            merge.dropped[one.name] = [_values(row) for row in gone.order_by("pk")]
            gone.delete()


def move_back(follows: Iterable[Follows], merge: Merge) -> None:
    """What went over and still is the kept record's goes back; what was dropped is there again."""
    for one in follows:
        ids = merge.moved.get(one.name, [])
        if ids:
            one.rows(merge.kept).filter(pk__in=ids).update(**{one.field: merge.merged})
        rows = merge.dropped.get(one.name, [])
        one.model._default_manager.bulk_create(one.model(**values) for values in rows)


def _values(row: models.Model) -> dict[str, Any]:
    """What JSON can hold: only rows of references, words and truths are ever dropped."""
    return {
        field.attname: getattr(row, field.attname) for field in row._meta.local_fields if field.name != "id"
    }
