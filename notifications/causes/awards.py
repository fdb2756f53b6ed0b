"""What happened to awards, for their holders."""

from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from badges.models import Award, AwardChange, AwardEvent
from notifications.models import Notice, NoticeKind
from people import clock
from people.models import Organization
from rules.grace import followed, in_grace, kept_by_another

BATCH = 200
TOLD = {
    AwardChange.GRANTED: NoticeKind.EARNED,
    AwardChange.REINSTATED: NoticeKind.EARNED,
    AwardChange.ENDED: NoticeKind.LOST,
    AwardChange.REVOKED: NoticeKind.LOST,
}


def take(organization: Organization) -> tuple[int, list[Notice]]:
    """How many events are worked off now, all that there are of some people, and the notices that they make."""
    events = _events(organization)
    told = [event for event in events if _is_told(event)]
    known = set(Notice.objects.filter(event__in=told).values_list("event", flat=True))
    AwardEvent.objects.filter(pk__in=[event.pk for event in events]).update(to_tell=False)
    return len(events), [_notice(event) for event in told if event.pk not in known]


def _events(organization: Organization) -> list[AwardEvent]:
    """Those whose time has come: of a loss, once the grace is over in which it may yet be kept."""
    due = AwardEvent.objects.filter(Q(tell_after=None) | Q(tell_after__lte=clock.now()), to_tell=True)
    due = due.exclude(Q(change=AwardChange.ENDED) & Q(in_grace("award", organization)))
    people = set(due.order_by("id").values_list("award__person", flat=True)[:BATCH])
    return list(
        due.filter(award__person__in=people)
        .select_related("award__badge", "award__person")
        .annotate(
            held_otherwise=Exists(_other_awards()),
            kept_by_another=kept_by_another("award", organization),
            goes_on=Exists(followed("award", organization).exclude(Exists(_losses_told()))),
        )
        .select_for_update(of=("self",))
        .order_by("id")
    )


def _notice(event: AwardEvent) -> Notice:
    return Notice(
        organization_id=event.organization_id,
        event=event,
        award=event.award,
        recipient=event.award.person,
        kind=TOLD[AwardChange(event.change)],
        made_at=clock.now(),
    )


def _other_awards() -> models.QuerySet[Award]:
    same_badge = {"badge": OuterRef("award__badge"), "person": OuterRef("award__person")}
    return Award.objects.standing().filter(**same_badge).exclude(pk=OuterRef("award"))


def _losses_told() -> models.QuerySet[Notice]:
    return Notice.objects.filter(award=OuterRef("pk"), kind=NoticeKind.LOST)


def _is_told(event: Any) -> bool:
    """What ends while the badge stays, because it stands by hand or by rule as well, or stands again, is no loss.

    What began in the grace of what it follows was kept: neither is news, unless the loss was told already.
    """
    kind = TOLD.get(AwardChange(event.change))
    if kind == NoticeKind.LOST:
        still_held = event.held_otherwise and not event.award.key
        is_kept = event.change == AwardChange.ENDED and (
            event.kept_by_another or event.award.ended_at is None
        )
        return not still_held and not is_kept
    is_kept = event.change == AwardChange.GRANTED and event.goes_on
    return kind is not None and not is_kept
