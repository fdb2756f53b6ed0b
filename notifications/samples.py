"""A mail as a real person would get it, before anybody does."""

from django.utils import timezone

from badges.models import Award, AwardChange, AwardEvent
from notifications.channels import PermanentFailure
from notifications.contents import MOST_SUBJECT, one_line
from notifications.messages import Letter, letter
from notifications.models import Delivery, Notice, NoticeKind, NoticeText
from people import clock
from people.models import Person

MOST = 25
SHOWN = "nobody@example.com"  # where a mail goes that is only looked at


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


def sample(award: Award, text: NoticeText, delivery: Delivery | None = None) -> Letter:
    """The letter about an award to its holder; addressed to somebody else, it can stop nobody's mails."""
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
    shown = Delivery(organization=award.organization, recipient=award.person, address=SHOWN)
    return letter(delivery or shown, [notice], sample_of=text)


def test_letter(delivery: Delivery) -> Letter:
    """What a delivery of a test says. Raises `PermanentFailure` where its award cannot be told of any more."""
    words = dict(delivery.test or {})
    award = Award.objects.filter(pk=words.pop("award")).select_related("badge", "person", "given_by").first()
    if award is None:
        raise PermanentFailure("The award that it told of is not there any more.")
    message = sample(award, NoticeText(**words), delivery)
    message.subject = one_line(f"Test: {message.subject}", MOST_SUBJECT)
    return message


def _event(award: Award, kind: str) -> AwardEvent | None:
    if kind != NoticeKind.LOST:
        return None
    if award.unwritten_end:
        return award.unwritten_end
    over = AwardEvent.objects.filter(
        award=award, change__in=[AwardChange.ENDED, AwardChange.REVOKED]
    ).select_related("actor")
    return over.order_by("-at", "-pk").first() or AwardEvent(award=award, change=AwardChange.ENDED)
