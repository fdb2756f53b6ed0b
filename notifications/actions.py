"""Notices from what happened to awards, and their state. Sending is in `delivering.py`."""

from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce, NullIf

from badges.models import Award, AwardChange, AwardEvent, Badge
from notifications.markup import clean
from notifications.models import (
    Delivery,
    DeliveryState,
    MailHours,
    Notice,
    NoticeKind,
    NoticeText,
    Preference,
    Rhythm,
)
from notifications.queueing import mail_address, one_at_a_time, queue_mails, test_id
from people import clock
from people.audit import note
from people.changes import Refused
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant
from rules.grace import followed, in_grace, kept_by_another

BATCH = 200
TOLD = {
    AwardChange.GRANTED: NoticeKind.EARNED,
    AwardChange.REINSTATED: NoticeKind.EARNED,
    AwardChange.ENDED: NoticeKind.LOST,
    AwardChange.REVOKED: NoticeKind.LOST,
}


def make_notices(*, organization: Organization) -> int:
    """Work off the events that are to be told: notices, and one mail a person for those that are to be mailed.

    Each batch is one transaction, and takes all that there is to tell of its people. A second notice of an
    event cannot be stored. Returns how many events were worked off.
    """
    done = 0
    while batch := _tell_batch(organization):
        done += batch
    return done


def _tell_batch(organization: Organization) -> int:
    with tenant(organization):
        one_at_a_time(organization)
        events = _events(organization)
        told = [event for event in events if _is_told(event)]
        known = set(Notice.objects.filter(event__in=told).values_list("event", flat=True))
        new = [_notice(event) for event in told if event.pk not in known]
        Notice.objects.bulk_create(new)
        queue_mails(organization, Notice.objects.filter(pk__in=[notice.pk for notice in new]))
        AwardEvent.objects.filter(pk__in=[event.pk for event in events]).update(to_tell=False)
    return len(events)


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
    """What ends while the badge stays, because it stands by hand or by rule as well, is no loss.

    What began in the grace of what it follows was kept: neither is news, unless the loss was told already.
    """
    kind = TOLD.get(AwardChange(event.change))
    if kind == NoticeKind.LOST:
        still_held = event.held_otherwise and not event.award.key
        return not still_held and not (event.change == AwardChange.ENDED and event.kept_by_another)
    is_kept = event.change == AwardChange.GRANTED and event.goes_on
    return kind is not None and not is_kept


def mark_read(*, person: Person, notice_id: int | None = None) -> int:
    """One of the person's own notices, or all of them. Returns how many were unread."""
    notices = Notice.objects.filter(recipient=person).unread()
    if notice_id is not None:
        notices = notices.filter(pk=notice_id)
    return notices.update(read_at=clock.now())


@transaction.atomic
def choose_mail(
    *,
    person: Person,
    rhythms: dict[str, str],
    digest_hour: int,
    quiet_from: int | None,
    quiet_until: int | None,
    zone: str = "",
) -> None:
    """A person's own choice of mail, for each kind of notice, and their hours, in their zone or the organization's."""
    for kind, rhythm in rhythms.items():
        _prefer(person, kind, rhythm)
    MailHours.objects.update_or_create(
        organization=person.organization,
        person=person,
        defaults={
            "digest_hour": digest_hour,
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
            "zone": zone,
        },
    )
    note(person, "mail.chosen", person, **rhythms)


@transaction.atomic
def stop_mails(*, person: Person, kinds: Iterable[str]) -> None:
    """No more mails of these kinds, as asked for from one of them."""
    for kind in kinds:
        _prefer(person, kind, Rhythm.NEVER)
    note(person, "mail.stopped", person, kinds=sorted(kinds))


@transaction.atomic
def save_text(
    *,
    organization: Organization,
    kind: str,
    badge: Badge | None,
    language: str = "",
    subject: str,
    body: str,
    html: str = "",
    by: Person,
) -> NoticeText:
    """What mails of a kind say from now on, of a badge or of all that have no words of their own.

    Only clean HTML is stored. Without a body, its words are the body.
    """
    html = clean(html)
    if not body and not html.strip():
        raise Refused("Write what the mail says.")
    text, _ = NoticeText.objects.update_or_create(
        organization=organization,
        kind=kind,
        badge=badge,
        language=language,
        defaults={"subject": subject, "body": body, "html": html, "changed_at": clock.now()},
    )
    note(by, "notice_text.saved", text, says=[subject, body, html])
    return text


@transaction.atomic
def queue_test(*, text: NoticeText, award: Award, by: Person) -> Delivery:
    """The words as the award's holder would get them, on their way to whoever tries them out.

    It keeps the words as they are now; what becomes of it shows among the mails.
    """
    at = clock.now()
    words = {"kind": text.kind, "subject": text.subject, "body": text.body, "html": text.html}
    delivery: Delivery = Delivery.objects.create(
        organization=by.organization,
        recipient=by,
        address=mail_address(by),
        next_attempt_at=at,
        message_id=test_id(award, at),
        test={**words, "award": award.pk},
    )
    return delivery


@transaction.atomic
def remove_text(*, text: NoticeText, by: Person) -> None:
    """Back to the words of all badges, or to Lapel's own."""
    note(by, "notice_text.removed", text, says=[text.subject, text.body, text.html])
    text.delete()


def _prefer(person: Person, kind: str, rhythm: str) -> None:
    Preference.objects.update_or_create(
        organization=person.organization, person=person, kind=kind, defaults={"rhythm": rhythm}
    )


def retry_delivery(*, delivery: Delivery, by: Person) -> bool:
    """Queue once more what was given up, from the first attempt on; False if it was not given up."""
    at = clock.now()
    queued = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.DEAD).update(
        state=DeliveryState.QUEUED,
        attempts=0,
        next_attempt_at=at,
        lease_until=None,
        last_error=Coalesce(NullIf("last_error", Value("")), Value("Given up.")),  # so that nothing joins it
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
