"""Two records of one person become one, and two again: the whole of it, whole or not at all."""

from django.db import IntegrityError, connection, transaction

import activity.merging
import badges.merging
import notifications.merging
import people.merging
import rules.merging
from activity.counts import recount_improvements
from activity.merging import refuse_own_verifications
from badges.merging import (
    end_duplicates,
    part_awards,
    reopen_nominations,
    settle_both,
    withdraw_nominations,
)
from boards.models import Board, BoardShare, ColumnChoice, Export, SavedList
from notifications.queueing import one_at_a_time
from people.changes import Refused
from people.merging import begin_merge, begin_undoing, finish_merge, finish_undoing, restore_both
from people.models import Merge, Person
from people.repointing import Follows, move, move_back
from rules.merging import forget_due

OWN = (
    Follows(Board, "made_by"),
    Follows(BoardShare, once=("board",), drops=True),
    Follows(ColumnChoice, once=()),
    Follows(SavedList, "owner", once=("name",)),
    Follows(Export, "owner"),
)
FOLLOWS: tuple[Follows, ...] = (
    *people.merging.FOLLOWS,
    *activity.merging.FOLLOWS,
    *badges.merging.FOLLOWS,
    *rules.merging.FOLLOWS,
    *notifications.merging.FOLLOWS,
    *OWN,
)


@transaction.atomic
def merge_people(*, kept: Person, merged: Person, by: Person, theirs: frozenset[str] = frozenset()) -> Merge:
    """Everything of `merged` becomes `kept`'s, who takes `theirs` of what is known; rules look again.

    Raises `Refused`, storing nothing, where another merge came first or it would let `by` rise above themselves.
    """
    one_at_a_time(kept.organization)
    merge = begin_merge(kept=kept, merged=merged, by=by, theirs=theirs)
    refuse_own_verifications(kept, merged)
    withdraw_nominations(merge)
    end_duplicates(merge)
    move(FOLLOWS, merge)
    forget_due(merge)
    _settle(merge)
    return finish_merge(merge)


@transaction.atomic
def part_people(*, merge: Merge, by: Person) -> None:
    """Undo a merge: what went over goes back, and what has come since stays with the kept record.

    A second time changes nothing. Raises `Refused`, storing nothing, where something stands against it.
    """
    one_at_a_time(merge.organization)
    begun = begin_undoing(merge=merge, by=by)
    if begun is None:
        return
    try:
        with transaction.atomic():
            restore_both(begun)
            move_back((*FOLLOWS, people.merging.PLACES), begun)
            part_awards(begun)
            reopen_nominations(begun)
            _settle(begun)
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError:
        raise Refused("Too much has changed since. The records can no longer be taken apart.") from None
    finish_undoing(begun)


def _settle(merge: Merge) -> None:
    settle_both(merge)
    recount_improvements(merge.organization, [merge.kept_id, merge.merged_id])


# --- what is told of it

WORDS = {
    "activity.Activity.person": "Activities",
    "badges.Award.person": "Awards, those that are over too",
    "activity.WorkItem.author": "Work they submitted",
    "activity.WorkItem.leader": "Work they lead",
    "activity.TeamMember.person": "Work they are on the team of",
    "activity.Comment.author": "Comments",
    "people.RoleAssignment.person": "Roles",
    "people.Person.manager": "People who work for them",
    "people.Placement.person": "Moves between places and titles",
    "notifications.Notice.recipient": "Notices",
}


def tallies(one: Person, other: Person) -> list[tuple[str, int, int]]:
    """How much hangs on either record."""
    named = {follows.name: follows for follows in (*FOLLOWS, people.merging.PLACES)}
    counted = [
        (words, named[name].rows(one).count(), named[name].rows(other).count())
        for name, words in WORDS.items()
    ]
    return [row for row in counted if row[1] or row[2]]


def went_over(merge: Merge) -> list[tuple[str, int]]:
    return [(words, len(merge.moved[name])) for name, words in WORDS.items() if name in merge.moved]
