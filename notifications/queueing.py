"""Mails that wait: one a person, whatever there is to tell."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection, models

from badges.models import Badge
from notifications.models import Delivery, Notice, NoticeKind
from people import clock
from people.models import Organization, Person

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('notices of ' || %s, 0))"


def one_at_a_time(organization: Organization) -> None:
    """Until the end of the transaction nobody else tells this organization: two would write two mails."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [organization.pk])


def queue_mails(notices: models.QuerySet[Notice]) -> None:
    """Put each notice that is to be mailed into its recipient's next mail: one that waits, or a new one."""
    rows = notices.select_related("award__badge", "recipient__user").order_by("id")
    wanted = [notice for notice in rows if _wants_mail(notice) and mail_address(notice.recipient)]
    mails = _waiting(wanted)
    for notice in wanted:
        mails.setdefault(_place(notice), _mail(notice))
    Delivery.objects.bulk_create([mail for mail in mails.values() if mail.pk is None])
    for notice in wanted:
        notice.delivery = mails[_place(notice)]
    Notice.objects.bulk_update(wanted, ["delivery"], batch_size=500)


Place = tuple[int, str]


def _place(notice: Notice) -> Place:
    return notice.recipient_id, mail_address(notice.recipient)


def _waiting(notices: Iterable[Notice]) -> dict[Place, Delivery]:
    """Mails that nobody has begun to send. One that somebody claims at this moment is left alone."""
    people = {notice.recipient_id for notice in notices}
    mails = Delivery.objects.unbegun().filter(recipient__in=people).order_by("-id")
    return {(mail.recipient_id, mail.address): mail for mail in mails.select_for_update(skip_locked=True)}


def _mail(notice: Notice) -> Delivery:
    return Delivery(
        organization_id=notice.organization_id,
        recipient=notice.recipient,
        address=mail_address(notice.recipient),
        next_attempt_at=clock.now(),
        message_id=message_id(notice),
    )


def message_id(notice: Notice) -> str:
    """The same for every attempt; unlike that of another database behind the same address."""
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    return f"<notice-{notice.pk}-{int(notice.made_at.timestamp() * 1000):x}@{host}>"


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
