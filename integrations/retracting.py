"""Which of the people that an import added nothing has happened to since."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from people.models import AuditEntry, Organization, Person

# Rows that come with every person, or that only wait to be worked off.
MEANINGLESS = {
    "people.placement",
    "people.personword",
    "people.recordchange",
    "activity.pendingevaluation",
    "activity.improvementtally",
    "badges.awardtally",
}


def untouched_people(organization: Organization, person_ids: Iterable[int], today: date) -> list[int]:
    """Without login, role, activity, badge or anything else, never edited, and managers only of one another."""
    people = Person.objects.filter(organization=organization, pk__in=list(person_ids))
    here = people.filter(user=None, left_on=None).exclude(joined_on__gt=today)
    ids = set(here.values_list("pk", flat=True))
    ids -= _named_elsewhere(ids)
    entries = AuditEntry.objects.filter(organization=organization, details__person__in=sorted(ids))
    ids -= set(entries.values_list("details__person", flat=True))
    while managing := _managers_of_others(organization, ids):
        ids -= managing
    return sorted(ids)


def _named_elsewhere(ids: set[int]) -> set[int]:
    found: set[int] = set()
    for relation in Person._meta.get_fields(include_hidden=True):
        model: Any = relation.related_model
        is_reference = relation.auto_created and (relation.one_to_many or relation.one_to_one)
        if not is_reference or model is Person or model._meta.label_lower in MEANINGLESS:
            continue
        name = relation.field.name  # type: ignore[union-attr]
        found |= set(model.objects.filter(**{f"{name}__in": ids}).values_list(name, flat=True))
    return found


def _managers_of_others(organization: Organization, ids: set[int]) -> set[int]:
    others = Person.objects.filter(organization=organization, manager__in=ids, left_on=None).exclude(
        pk__in=ids
    )
    return {manager for manager in others.values_list("manager", flat=True) if manager}
