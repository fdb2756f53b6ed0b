"""Mails that wait: one a person, whatever there is to tell."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, models

from badges.models import Award, Badge
from notifications.hours import Hours
from notifications.models import OF_AWARDS, Delivery, Notice, NoticeKind, Rhythm
from notifications.preferring import Wishes, wishes_of
from people import clock
from people.models import Organization, Person
from people.rows import update_each

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('notices of ' || %s, 0))"


def one_at_a_time(organization: Organization) -> None:
    """Until the end of the transaction nobody else tells this organization: two would write two mails."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [organization.pk])


def queue_mails(organization: Organization, notices: models.QuerySet[Notice]) -> None:
    """Put each notice that is to be mailed into its recipient's next mail: one that waits, or a new one."""
    rows = list(notices.select_related("award__badge", "nomination__badge", "recipient__user").order_by("id"))
    wishes = wishes_of(organization, (notice.recipient_id for notice in rows))
    wanted = {notice: _place(notice, wishes) for notice in rows if _wants_mail(notice, wishes)}
    mails = _waiting(wanted)
    for notice, place in wanted.items():
        if place not in mails:
            mails[place] = _mail(notice, place, wishes.hours_of(notice.recipient_id))
    Delivery.objects.bulk_create([mail for mail in mails.values() if mail.pk is None])
    for notice, place in wanted.items():
        notice.delivery = mails[place]
    update_each(list(wanted), ["delivery"])


class Place(NamedTuple):
    """Notices with the same one share a mail."""

    recipient_id: int
    address: str
    rhythm: str


def _place(notice: Notice, wishes: Wishes) -> Place:
    return Place(notice.recipient_id, mail_address(notice.recipient), wishes.rhythm(notice))


def _waiting(notices: Iterable[Notice]) -> dict[Place, Delivery]:
    """Mails that nobody has begun to send. Waits for whoever claims one at this moment: then it is begun."""
    people = {notice.recipient_id for notice in notices}
    mails = Delivery.objects.unbegun().filter(recipient__in=people).order_by("-id")
    return {Place(mail.recipient_id, mail.address, mail.rhythm): mail for mail in mails.select_for_update()}


def _mail(notice: Notice, place: Place, hours: Hours) -> Delivery:
    at = clock.now()
    return Delivery(
        organization_id=notice.organization_id,
        recipient=notice.recipient,
        address=place.address,
        rhythm=place.rhythm,
        next_attempt_at=hours.next_digest(at) if place.rhythm == Rhythm.DAILY else hours.after_quiet(at),
        message_id=message_id(notice),
    )


def message_id(notice: Notice) -> str:
    """The same for every attempt; unlike that of another database behind the same address."""
    return _message_id(f"notice-{notice.pk}", notice.made_at)


def test_id(award: Award, at: datetime) -> str:
    return _message_id(f"test-{award.pk}", at)


def _message_id(of: str, at: datetime) -> str:
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"<{of}-{int(at.timestamp() * 1000):x}@{host}>"


def _wants_mail(notice: Notice, wishes: Wishes) -> bool:
    """Whether there is an address, and its reader and the badge that it tells of want it."""
    if not mail_address(notice.recipient) or wishes.rhythm(notice) == Rhythm.NEVER:
        return False
    if notice.kind not in OF_AWARDS:
        return True
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


def address_now(delivery: Delivery) -> str:
    """Where a mail goes: the address that it waited for may have been corrected meanwhile."""
    return mail_address(delivery.recipient) or delivery.address
