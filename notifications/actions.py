"""Notices of what happened, and their state. Sending is in `delivering.py`."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from badges.endings import write_what_is_told
from badges.models import Award, Badge
from notifications.causes import awards, floods, nominations, praise, work
from notifications.markup import clean
from notifications.models import (
    Delivery,
    DeliveryState,
    MailHours,
    Notice,
    NoticeText,
    Preference,
    Rhythm,
)
from notifications.queueing import address_now, mail_address, one_at_a_time, queue_mails, test_id
from people import clock
from people.audit import note
from people.changes import Refused
from people.models import AuditEntry, Organization, Person
from people.tenancy import tenant

SOURCES = (awards.take, nominations.take, work.take, floods.take, praise.take)


def make_notices(*, organization: Organization) -> int:
    """Work off what is to be told: notices, and one mail a person for those that are to be mailed.

    Each batch is one transaction. A second notice of a cause cannot be stored. Returns how many causes there were.
    """
    write_what_is_told(organization=organization)
    done = 0
    while batch := _tell_batch(organization):
        done += batch
    return done


def _tell_batch(organization: Organization) -> int:
    with tenant(organization):
        one_at_a_time(organization)
        taken = [take(organization) for take in SOURCES]
        new = [notice for _, notices in taken for notice in notices]
        Notice.objects.bulk_create(new)
        queue_mails(organization, Notice.objects.filter(pk__in=[notice.pk for notice in new]))
    return sum(number for number, _ in taken)


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
    delivery.address = address_now(delivery)
    mail, subject = Delivery.objects.filter(pk=delivery.pk), f"Mail to {delivery.address}"
    return bool(_retry(mail, by, subject, address=delivery.address))


def retry_deliveries(*, deliveries: QuerySet[Delivery], by: Person) -> int:
    """The same with all of them that were given up; how many these are."""
    mails = Delivery.objects.filter(pk__in=deliveries.order_by().values("pk"))
    return _retry(mails, by, "All that was given up")


@transaction.atomic
def _retry(mails: QuerySet[Delivery], by: Person, subject: str, **also: str) -> int:
    at = clock.now()
    queued: int = mails.filter(state=DeliveryState.DEAD).update(
        state=DeliveryState.QUEUED,
        attempts=0,
        next_attempt_at=at,
        lease_until=None,
        last_error=Coalesce(NullIf("last_error", Value("")), Value("Given up.")),  # so that nothing joins it
        **also,
    )
    if queued:
        AuditEntry.objects.create(
            organization_id=by.organization_id,
            at=at,
            actor=by,
            action="delivery.retried",
            subject=subject[:200],
        )
    return queued
