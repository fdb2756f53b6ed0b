"""Rules that were stopped for a look, for those who look after badges."""

from notifications.models import Notice, NoticeKind
from people import clock
from people.access import able_to
from people.models import Organization
from people.roles import Capability
from rules.models import Flood

BATCH = 100


def take(organization: Organization) -> tuple[int, list[Notice]]:
    """How many are worked off now, and the notices that they make. Once one is decided, nobody has to look any more."""
    due = Flood.objects.filter(to_tell=True, organization=organization).order_by("pk")
    rows = list(due.select_for_update(no_key=True)[:BATCH])
    over = [row for row in rows if row.decided_at]
    Notice.objects.filter(flood__in=over).unread().update(read_at=clock.now())
    known = set(Notice.objects.filter(flood__in=rows).values_list("flood", "recipient"))
    asked = list(able_to(Capability.MANAGE_BADGES)) if len(over) < len(rows) else []
    notices = [
        Notice(
            organization=organization,
            flood=row,
            recipient=person,
            kind=NoticeKind.HELD_BACK,
            made_at=clock.now(),
        )
        for row in rows
        if not row.decided_at
        for person in asked
        if (row.pk, person.pk) not in known
    ]
    Flood.objects.filter(pk__in=[row.pk for row in rows]).update(to_tell=False)
    return len(rows), notices
