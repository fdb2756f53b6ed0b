"""Categories of badges, and the order of both. One after the other in an organization, so that nothing gets lost."""

from collections.abc import Sequence

from django.db import transaction

from badges.models import Badge, BadgeCategory
from people.audit import note
from people.changes import Refused
from people.locks import one_at_a_time
from people.models import Organization, Person
from people.rows import shift_row

MOST_CATEGORIES = 50


@transaction.atomic
def add_category(*, name: str, by: Person) -> BadgeCategory:
    """After those that are there. Raises `Refused` for a name that is taken, and for too many."""
    found = _locked(by.organization)
    if len(found) >= MOST_CATEGORIES:
        raise Refused(f"There are at most {MOST_CATEGORIES} categories. Remove one first.")
    _refuse_twin(found, name)
    position = found[-1].position + 1 if found else 0
    category = BadgeCategory.objects.create(organization=by.organization, name=name, position=position)
    note(by, "category.added", category, category=category.pk)
    return category


@transaction.atomic
def rename_category(*, category: BadgeCategory, name: str, by: Person) -> None:
    """Raises `Refused` for a name that is taken, and where somebody removed the category meanwhile."""
    found = _locked(by.organization)
    if category not in found:
        raise Refused("Somebody removed this category meanwhile.")
    _refuse_twin([one for one in found if one != category], name)
    before, category.name = category.name, name
    if before != name:
        category.save(update_fields=["name"])
        note(by, "category.renamed", category, category=category.pk, before=before)


@transaction.atomic
def remove_category(*, category: BadgeCategory, to: BadgeCategory | None, by: Person) -> None:
    """Its badges go to another one, to its end, or belong to none; no badge is touched otherwise."""
    if category not in _locked(by.organization):
        return
    badges = list(Badge.objects.filter(category=category).in_order())
    first = _end_of(by.organization, to)
    for position, badge in enumerate(badges, first):
        badge.category, badge.position = to, position if to else 0
    Badge.objects.bulk_update(badges, ["category", "position"])
    note(by, "category.removed", category, category=category.pk, badges=len(badges))
    category.delete()


@transaction.atomic
def shift_category(*, category: BadgeCategory, by: int) -> None:
    """Earlier or later by so many places; beyond the ends, or where it is there no more, nothing happens."""
    shift_row(_locked(category.organization), category.pk, by)


@transaction.atomic
def shift_badge(*, badge: Badge, by: int) -> None:
    """Earlier or later among the badges of its category."""
    _locked(badge.organization)
    badge = Badge.objects.get(pk=badge.pk)
    shift_row(list(Badge.objects.filter(category=badge.category).in_order()), badge.pk, by)


def end_of_category(organization: Organization, category: BadgeCategory | None) -> int:
    """The place for a badge that comes to a category; held until the transaction ends."""
    _locked(organization)
    return _end_of(organization, category)


def _end_of(organization: Organization, category: BadgeCategory | None) -> int:
    its = Badge.objects.filter(organization=organization, category=category)
    last = its.order_by("-position").values_list("position", flat=True).first()
    return 0 if last is None or category is None else last + 1


def _locked(organization: Organization) -> list[BadgeCategory]:
    one_at_a_time("categories of badges", organization.pk)
    return list(BadgeCategory.objects.filter(organization=organization))


def _refuse_twin(others: Sequence[BadgeCategory], name: str) -> None:
    if name.lower() in {other.name.lower() for other in others}:
        raise Refused("There is a category of that name already.")
