"""Reads about work items: whom a name means, who may do what, what counts."""

from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from activity.models import (
    CLAIMS,
    MEASURED,
    Activity,
    Attachment,
    Comment,
    ItemChange,
    ItemState,
    TeamMember,
    WorkItem,
)
from activity.moving import NEW
from people.models import Person
from people.roles import Capability


def concerned_ids(item: WorkItem) -> set[int]:
    """Who had a hand in an item: its author, leader and team, who completed it, who said what it brings."""
    return concerned_by([item])[item.pk]


def concerned_by(items: Collection[WorkItem]) -> dict[int, set[int]]:
    """The same by item, for any number of them."""
    found = {
        item.pk: {pk for pk in (item.author_id, item.leader_id, item.completed_by_id) if pk} for item in items
    }
    team = TeamMember.objects.filter(item__in=items).values_list("item", "person")
    changes = ItemChange.objects.filter(item__in=items, changes__has_any_keys=CLAIMS)
    for item, person in [*team, *changes.values_list("item", Coalesce("by__merged_into", "by"))]:
        found[item].add(person)
    return found


def may_void(person: Person, item: WorkItem) -> bool:
    """Those who move everybody's work; its author as long as it waits."""
    if item.state == ItemState.VOIDED:
        return False
    return person.can(Capability.MOVE_WORK) or (item.state in NEW and person.pk == item.author_id)


def is_waiting(item: WorkItem) -> bool:
    """Whether a second person is to look at what it is said to save or bring."""
    return bool(WorkItem.objects.filter(pk=item.pk).waiting().exists())


def may_verify(person: Person, item: WorkItem) -> bool:
    return (
        person.can(Capability.VERIFY_IMPACT)
        and item.state == ItemState.COMPLETED
        and item.kind in MEASURED
        and person.pk not in concerned_ids(item)
    )


def ledger_of(item: WorkItem) -> QuerySet[Activity]:
    """What an item wrote to the ledger, voided rows too, oldest first."""
    written: Any = Activity.objects.filter(item=item)
    found: QuerySet[Activity] = written.select_related("person", "kind").order_by("occurred_at", "pk")
    return found


def changes_of(item: WorkItem) -> QuerySet[ItemChange]:
    """What was changed about an item, newest first."""
    found: QuerySet[ItemChange] = ItemChange.objects.filter(item=item).select_related("by").order_by("-pk")
    return found


def closing_of(item: WorkItem) -> ItemChange | None:
    """Of what was set aside or removed, when that was, by whom and why."""
    if item.state not in (ItemState.DECLINED, ItemState.VOIDED):
        return None
    return changes_of(item).filter(changes__has_key="state").first()


def comments_on(item: WorkItem) -> QuerySet[Comment]:
    found: QuerySet[Comment] = Comment.objects.filter(item=item).select_related("author").order_by("pk")
    return found


def attachments_of(item: WorkItem) -> QuerySet[Attachment]:
    """The files of an item, also those that were removed, oldest first."""
    kept = Attachment.objects.filter(item=item).select_related("added_by", "removed_by")
    found: QuerySet[Attachment] = kept.order_by("pk")
    return found


def may_remove(person: Person, attachment: Attachment) -> bool:
    if attachment.removed_at:
        return False
    return person.pk == attachment.added_by_id or person.can(Capability.MOVE_WORK)


def people_meant(reader: Person, names: list[str]) -> dict[str, list[Person]]:
    """By each name, address or staff number, whom it means: one person where it is clear, none or two where not."""
    colleagues = Person.objects.visible_to(reader).active()
    if not names:
        return {}
    exact = reduce(
        or_, (Q(email__iexact=name) | Q(name__iexact=name) | Q(external_id__iexact=name) for name in names)
    )
    known: dict[str, list[Person]] = {}
    for person in colleagues.filter(exact)[: 10 * len(names)]:
        for word in {person.email.casefold(), person.name.casefold(), person.external_id.casefold()}:
            known.setdefault(word, []).append(person)
    return {name: known.get(name.casefold()) or list(colleagues.search(name)[:2]) for name in names}
