"""What colleagues say to awards, for their holders: one notice an award, however many say it."""

from badges.models import Praise
from notifications.models import Notice, NoticeKind
from people import clock
from people.models import Organization

BATCH = 200


def take(organization: Organization) -> tuple[int, list[Notice]]:
    """How much is worked off now, and the notices that it makes; one that is there is new again, but not mailed.

    Whoever has left is not told.
    """
    due = Praise.objects.said().filter(to_tell=True).select_related("award__person")
    rows = list(due.select_for_update(no_key=True, of=("self",)).order_by("pk")[:BATCH])
    awards = {row.award_id: row.award for row in rows if row.award.person.left_on is None}
    at = clock.now()
    there = Notice.objects.filter(kind=NoticeKind.PRAISED, award__in=awards)
    there.update(made_at=at, read_at=None)
    known = set(there.values_list("award", "recipient"))
    Praise.objects.filter(pk__in=[row.pk for row in rows]).update(to_tell=False)
    return len(rows), [
        Notice(
            organization=organization,
            award=award,
            recipient=award.person,
            kind=NoticeKind.PRAISED,
            made_at=at,
        )
        for award in awards.values()
        if (award.pk, award.person_id) not in known
    ]
