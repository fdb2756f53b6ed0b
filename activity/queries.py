"""Reads about work items: whom a name means, which steps stand open to whom, what counts."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from activity.models import (
    MEASURED,
    Activity,
    Attachment,
    Comment,
    ItemChange,
    ItemKind,
    ItemState,
    Step,
    TeamMember,
    WorkItem,
)
from people.models import Person
from people.roles import Capability


@dataclass(frozen=True)
class Move:
    """A button of an item's page: from which states to which, and of which kinds the item's own people may press it."""

    name: str
    icon: str
    states: frozenset[str]
    to: str
    own: frozenset[str]
    labels: dict[str, str]  # by kind, "" for the others; a kind without one has no such button


OPEN = frozenset({ItemState.SUBMITTED.value, ItemState.STARTED.value})
NEW = frozenset({ItemState.SUBMITTED.value})
CLOSED = frozenset({ItemState.COMPLETED.value, ItemState.DECLINED.value})
EVERY = frozenset(ItemKind.values)
SMALL = frozenset({ItemKind.TASK.value, ItemKind.EVENT.value})
MOVES = (
    Move("start", "player-play", NEW, "started", EVERY, {"": "Start", "event": ""}),
    Move(
        "complete",
        "check",
        OPEN,
        "completed",
        EVERY,
        {"": "Complete", "task": "Mark as done", "event": "Mark as held"},
    ),
    Move(
        "decline",
        "circle-minus",
        OPEN,
        "declined",
        SMALL,
        {"": "Do not take on", "task": "Drop", "event": "Call off"},
    ),
    Move("reopen", "rotate", CLOSED | {ItemState.VOIDED.value}, "started", frozenset(), {"": "Open again"}),
)


@dataclass(frozen=True)
class Button:
    """`to` is the state that it leads to."""

    name: str
    label: str
    icon: str
    to: str


def moves_for(person: Person, item: WorkItem) -> list[Button]:
    """The moves that this person may make now."""
    return [
        Button(move.name, label, move.icon, _end_of(move, item))
        for move in MOVES
        if _leads_on(move, item) and may_move(person, item, move.name)
        if (label := _label(move, item))
    ]


def _leads_on(move: Move, item: WorkItem) -> bool:
    """From a step of the organization's own, starting leads back to what is simply in progress."""
    return item.state in move.states or (move.name == "start" and item.step_id is not None)


def _label(move: Move, item: WorkItem) -> str:
    is_back = move.name == "start" and item.state == ItemState.STARTED
    return "Back in progress" if is_back else move.labels.get(item.kind, move.labels[""])


def _end_of(move: Move, item: WorkItem) -> str:
    """An event is never under way: opened again it is ahead."""
    is_ahead = item.kind == ItemKind.EVENT and move.name == "reopen"
    return ItemState.SUBMITTED.value if is_ahead else move.to


def may_move(person: Person, item: WorkItem, name: str) -> bool:
    """Whether the person may make the move at all, whatever state the item is in."""
    if person.can(Capability.MOVE_WORK):
        return True
    move = next(move for move in MOVES if move.name == name)
    return item.kind in move.own and person.pk in (item.author_id, item.leader_id)


def steps_to(person: Person, item: WorkItem) -> list[Step]:
    """The organization's own steps that this person may move an open item to now."""
    if item.state not in OPEN or not may_move(person, item, "start"):
        return []
    return list(Step.objects.filter(kind=item.kind).exclude(pk=item.step_id or 0))


def concerned_ids(item: WorkItem) -> set[int]:
    """Who had a hand in an item: its author, leader and team, who completed it, and who said what it saves."""
    return concerned_by([item])[item.pk]


def concerned_by(items: Collection[WorkItem]) -> dict[int, set[int]]:
    """The same by item, for any number of them."""
    found = {
        item.pk: {pk for pk in (item.author_id, item.leader_id, item.completed_by_id) if pk} for item in items
    }
    team = TeamMember.objects.filter(item__in=items).values_list("item", "person")
    changes = ItemChange.objects.filter(item__in=items, changes__has_key="impact")
    for item, person in [*team, *changes.values_list("item", Coalesce("by__merged_into", "by"))]:
        found[item].add(person)
    return found


def may_edit(person: Person, item: WorkItem) -> bool:
    """Its author while it is open, its leader, and those who move everybody's work."""
    if person.can(Capability.MOVE_WORK) or person.pk == item.leader_id:
        return True
    return item.state in OPEN and person.pk == item.author_id


def may_void(person: Person, item: WorkItem) -> bool:
    """Those who move everybody's work; its author as long as it waits."""
    if item.state == ItemState.VOIDED:
        return False
    return person.can(Capability.MOVE_WORK) or (item.state in NEW and person.pk == item.author_id)


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
    """By each name or e-mail address, whom it means: one person where it is clear, none or two where not."""
    colleagues = Person.objects.visible_to(reader).active()
    if not names:
        return {}
    exact = reduce(or_, (Q(email__iexact=name) | Q(name__iexact=name) for name in names))
    known: dict[str, list[Person]] = {}
    for person in colleagues.filter(exact)[: 10 * len(names)]:
        for word in {person.email.casefold(), person.name.casefold()}:
            known.setdefault(word, []).append(person)
    return {name: known.get(name.casefold()) or list(colleagues.search(name)[:2]) for name in names}
