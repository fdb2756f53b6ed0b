"""Nominations: those who decide are told that one waits, and whoever made it what became of it."""

from badges.models import Nomination, NominationState
from badges.nominations_told import deciders
from notifications.models import Notice, NoticeKind
from people import clock
from people.models import Organization, Person

BATCH = 100


def take(organization: Organization) -> tuple[int, list[Notice]]:
    """How many nominations are worked off now, and the notices that they make.

    Once one is decided, nobody has to look at its waiting any more.
    """
    due = Nomination.objects.filter(to_tell=True).select_related("nominee", "made_by__merged_into")
    rows = list(due.select_for_update(no_key=True, of=("self",)).order_by("pk")[:BATCH])
    over = [row for row in rows if row.state != NominationState.OPEN]
    waiting = Notice.objects.filter(nomination__in=over, kind=NoticeKind.TO_DECIDE)
    waiting.unread().update(read_at=clock.now())
    known = set(Notice.objects.filter(nomination__in=rows).values_list("nomination", "recipient", "kind"))
    notices = [
        Notice(organization=organization, nomination=row, recipient=person, kind=kind, made_at=clock.now())
        for row in rows
        for kind, person in _told(row)
        if (row.pk, person.pk, kind) not in known
    ]
    Nomination.objects.filter(pk__in=[row.pk for row in rows]).update(to_tell=False)
    return len(rows), notices


def _told(nomination: Nomination) -> list[tuple[NoticeKind, Person]]:
    if nomination.state == NominationState.OPEN:
        return [(NoticeKind.TO_DECIDE, person) for person in deciders(nomination)]
    maker = nomination.made_by.merged_into or nomination.made_by
    is_told = nomination.state != NominationState.WITHDRAWN and maker.left_on is None
    return [(NoticeKind.DECIDED, maker)] if is_told else []
