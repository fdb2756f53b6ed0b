"""Lists of people that somebody keeps: the columns they like, and lists under a name. Raises `Refused`."""

from collections.abc import Sequence

from django.db import transaction
from django.http import QueryDict

from boards.asked import asked
from boards.columns import USUAL, known
from boards.models import Card, ColumnChoice, SavedList
from people.audit import note
from people.changes import Refused
from people.clock import now
from people.models import Person
from people.prepared import planned_once

MOST_LISTS = 100
MOST_IN_MENU = 12


@planned_once()
def usual_columns(viewer: Person) -> list[str]:
    """Those that the viewer chose last, else everybody's."""
    choice = ColumnChoice.objects.filter(person=viewer).first()
    return known(choice.columns) if choice else list(USUAL)


@planned_once()
def lists_in_menu(viewer: Person) -> list[SavedList]:
    return list(SavedList.objects.visible_to(viewer)[:MOST_IN_MENU])


@transaction.atomic
def remember_columns(*, person: Person, columns: Sequence[str]) -> None:
    """From now on these show where an address names none; none at all are everybody's again."""
    if chosen := known(columns):
        ColumnChoice.objects.update_or_create(
            organization=person.organization, person=person, defaults={"columns": chosen}
        )
    else:
        ColumnChoice.objects.filter(person=person).delete()


@transaction.atomic
def save_list(*, by: Person, name: str, query: str, shared: bool) -> SavedList:
    """What an address asks for, brought into order: what is not known is left out."""
    Person.objects.select_for_update(no_key=True).get(pk=by.pk)  # so that the count below holds
    mine = SavedList.objects.filter(owner=by)
    if mine.count() >= MOST_LISTS:
        raise Refused(f"You keep {MOST_LISTS} lists already. Remove one first.")
    _refuse_twice(mine.filter(name=name).exists(), name)
    saved = SavedList.objects.create(
        organization=by.organization,
        owner=by,
        name=name,
        query=asked(QueryDict(query), by).address,
        shared=shared,
        made_at=now(),
    )
    note(by, "list.saved", saved, id=saved.pk, shared=shared)
    return saved


@transaction.atomic
def change_list(*, saved: SavedList, by: Person, name: str, shared: bool) -> SavedList:
    """Rename it, share it or keep it to oneself. Its owner's alone."""
    Person.objects.select_for_update(no_key=True).get(pk=saved.owner_id)
    mine = SavedList.objects.filter(owner=saved.owner_id)
    _refuse_twice(mine.filter(name=name).exclude(pk=saved.pk).exists(), name)
    if (saved.name, saved.shared) != (name, shared):
        saved.name, saved.shared = name, shared
        saved.save(update_fields=["name", "shared"])
        note(by, "list.changed", saved, id=saved.pk, shared=shared)
    return saved


@transaction.atomic
def remove_list(*, saved: SavedList, by: Person) -> None:
    """Nothing changes for the people on it. Raises `Refused` while cards of boards show it."""
    Person.objects.select_for_update(no_key=True).get(pk=saved.owner_id)
    card = Card.objects.filter(saved=saved.pk).select_related("board").first()
    if card is not None and card.board.removed_at is None:
        raise Refused(
            f"The board {card.board} shows this list. Give its card {card.title} other filters first."
        )
    Card.objects.filter(saved=saved.pk).update(saved=None)  # of boards that were taken down
    removed, _ = SavedList.objects.filter(pk=saved.pk).delete()
    if removed:
        note(by, "list.removed", saved, id=saved.pk)


def _refuse_twice(there: bool, name: str) -> None:
    if there:
        raise Refused(f"You keep a list called {name} already. Choose another name.")
