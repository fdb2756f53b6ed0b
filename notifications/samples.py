"""A mail as a real person would get it, before anybody does."""

from django.utils import timezone

from badges.models import Award, AwardChange, AwardEvent
from notifications.messages import Letter, letter
from notifications.models import Delivery, Notice, NoticeKind, NoticeText
from notifications.queueing import mail_address
from people import clock
from people.models import Person

MOST = 25


def awards_for(kind: str, badge_id: int | None, by: Person) -> list[Award]:
    """The latest awards that such a mail could tell of."""
    awards = Award.objects.visible_to(by).select_related("badge", "person", "given_by")
    if badge_id is not None:
        awards = awards.filter(badge=badge_id)
    if kind == NoticeKind.LOST:
        fitting = awards.filter(ended_at__isnull=False).order_by("-ended_at", "-pk")
    elif kind == NoticeKind.ENDS_SOON:
        fitting = awards.standing().filter(expires_at__isnull=False).order_by("expires_at", "pk")
    else:
        fitting = awards.standing().order_by("-starts_at", "-pk")
    return list(fitting[:MOST])


def sample(award: Award, text: NoticeText, *, to: Person) -> Letter:
    """The letter about an award to its holder, addressed to somebody else, whose mails it cannot stop."""
    notice = Notice(
        organization=award.organization,
        award=award,
        recipient=award.person,
        kind=text.kind,
        event=_event(award, text.kind),
        made_at=clock.now(),
    )
    if text.kind == NoticeKind.ENDS_SOON and award.expires_at:
        notice.ends_on = timezone.localtime(award.expires_at).date()
    delivery = Delivery(
        organization=award.organization,
        recipient=to,
        address=mail_address(to),
        message_id=f"<test-{award.pk}-{to.pk}-{int(clock.now().timestamp() * 1000):x}@lapel>",
    )
    return letter(delivery, [notice], sample_of=text)


def _event(award: Award, kind: str) -> AwardEvent | None:
    if kind != NoticeKind.LOST:
        return None
    over = AwardEvent.objects.filter(
        award=award, change__in=[AwardChange.ENDED, AwardChange.REVOKED]
    ).select_related("actor")
    return over.order_by("-at", "-pk").first() or AwardEvent(award=award, change=AwardChange.ENDED)
