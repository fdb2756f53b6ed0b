"""Notices from what happened to awards, and their state. Sending is in `delivering.py`."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from badges.models import Award, AwardChange, AwardEvent, Badge
from notifications.models import Delivery, DeliveryState, Notice, NoticeKind
from people import clock
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant

BATCH = 200
TOLD = {
    AwardChange.GRANTED: NoticeKind.EARNED,
    AwardChange.REINSTATED: NoticeKind.EARNED,
    AwardChange.ENDED: NoticeKind.LOST,
    AwardChange.REVOKED: NoticeKind.LOST,
}


def make_notices(*, organization: Organization) -> int:
    """Work off the events that are to be told: notices, and a mail for each that its badge wants mailed.

    Each batch is one transaction, and several may work at once: events are claimed by their row locks,
    and a second notice of an event cannot be stored. Returns how many events were worked off.
    """
    done = 0
    while batch := _tell_batch(organization):
        done += batch
    return done


def _tell_batch(organization: Organization) -> int:
    with tenant(organization):
        events = list(
            AwardEvent.objects.filter(Q(tell_after=None) | Q(tell_after__lte=clock.now()), to_tell=True)
            .select_related("award__badge", "award__person__user")
            .annotate(held_otherwise=Exists(_other_awards()))
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("id")[:BATCH]
        )
        told = [event for event in events if _is_told(event)]
        Notice.objects.bulk_create([_notice(event) for event in told], ignore_conflicts=True)
        queue_mails(Notice.objects.filter(event__in=told))
        AwardEvent.objects.filter(pk__in=[event.pk for event in events]).update(to_tell=False)
    return len(events)


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


def _is_told(event: AwardEvent) -> bool:
    """What ends while the badge stays, because it stands by hand or by rule as well, is no loss."""
    kind = TOLD.get(AwardChange(event.change))
    still_held = event.held_otherwise and not event.award.key  # type: ignore[attr-defined]
    return kind is not None and not (kind == NoticeKind.LOST and still_held)


def queue_mails(notices: models.QuerySet[Notice]) -> None:
    rows = notices.select_related("event", "award__badge", "recipient__user").order_by("id")
    wanted = [(notice, mail_address(notice.recipient)) for notice in rows if _wants_mail(notice)]
    Delivery.objects.bulk_create(
        [_mail(notice, address) for notice, address in wanted if address], ignore_conflicts=True
    )


def _wants_mail(notice: Notice) -> bool:
    badge: Badge = notice.award.badge
    wants = {
        NoticeKind.EARNED: badge.tells_on_grant,
        NoticeKind.LOST: badge.tells_on_loss,
        NoticeKind.ENDS_SOON: badge.reminds,
    }
    return wants[NoticeKind(notice.kind)]


def mail_address(person: Person) -> str:
    """Nobody who has left is written to."""
    if person.left_on is not None:
        return ""
    return person.email or (person.user.email if person.user else "")


def _mail(notice: Notice, address: str) -> Delivery:
    return Delivery(
        organization_id=notice.organization_id,
        notice=notice,
        address=address,
        next_attempt_at=notice.made_at,
        message_id=message_id(notice),
    )


def message_id(notice: Notice) -> str:
    """The same for every attempt; unlike that of another database behind the same address."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"<notice-{notice.pk}-{int(notice.made_at.timestamp() * 1000):x}@{host}>"


def mark_read(*, person: Person, notice_id: int | None = None) -> int:
    """One of the person's own notices, or all of them. Returns how many were unread."""
    notices = Notice.objects.filter(recipient=person).unread()
    if notice_id is not None:
        notices = notices.filter(pk=notice_id)
    return notices.update(read_at=clock.now())


def retry_delivery(*, delivery: Delivery, by: Person) -> bool:
    """Queue once more what was given up, from the first attempt on; False if it was not given up."""
    at = clock.now()
    queued = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.DEAD).update(
        state=DeliveryState.QUEUED, attempts=0, next_attempt_at=at, lease_until=None
    )
    if queued:
        AuditEntry.objects.create(
            organization_id=delivery.organization_id,
            at=at,
            actor=by,
            action="delivery.retried",
            subject=f"Mail to {delivery.address}"[:200],
        )
    return bool(queued)
