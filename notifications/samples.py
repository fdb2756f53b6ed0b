"""A mail as a real person would get it, before anybody does."""

from django.db.models import Q
from django.utils import timezone

from badges.models import Award, AwardChange, AwardEvent, EndedWhy
from notifications.channels import PermanentFailure
from notifications.contents import MOST_SUBJECT, one_line
from notifications.messages import Letter, letter
from notifications.models import Delivery, Notice, NoticeKind, NoticeText, TextKind
from people import clock
from people.models import Person

MOST = 25
SHOWN = "nobody@example.com"  # where a mail goes that is only looked at
# The kind of notice that is told in a text, and what has happened by then.
NOTICES = {
    TextKind.EARNED: NoticeKind.EARNED,
    TextKind.ENDED: NoticeKind.LOST,
    TextKind.TAKEN_BACK: NoticeKind.LOST,
    TextKind.ENDS_SOON: NoticeKind.ENDS_SOON,
    TextKind.TEAM_ENDS_SOON: NoticeKind.ENDS_SOON,
}
ENDINGS = {TextKind.ENDED: AwardChange.ENDED, TextKind.TAKEN_BACK: AwardChange.REVOKED}
TOLD_OF = ("badge", "person__manager", "given_by")


def awards_for(kind: str, badge_id: int | None, by: Person) -> list[Award]:
    """The latest awards that such a mail could tell of."""
    awards = Award.objects.visible_to(by).select_related(*TOLD_OF)
    if badge_id is not None:
        awards = awards.filter(badge=badge_id)
    if kind == TextKind.TEAM_ENDS_SOON:
        awards = awards.filter(person__manager__isnull=False, person__manager__left_on=None)
    taken_back = Q(ended_why=EndedWhy.REVOKED)
    if kind in ENDINGS:
        over = awards.filter(
            taken_back if kind == TextKind.TAKEN_BACK else ~taken_back, ended_at__isnull=False
        )
        fitting = over.order_by("-ended_at", "-pk")
    elif NOTICES[TextKind(kind)] == NoticeKind.ENDS_SOON:
        fitting = awards.standing().filter(expires_at__isnull=False).order_by("expires_at", "pk")
    else:
        fitting = awards.standing().order_by("-starts_at", "-pk")
    return list(fitting[:MOST])


def sample(award: Award, text: NoticeText, delivery: Delivery | None = None) -> Letter:
    """The letter about an award to whom it tells; addressed to somebody else, it can stop nobody's mails."""
    reader = award.person.manager if text.kind == TextKind.TEAM_ENDS_SOON else award.person
    if reader is None:
        raise PermanentFailure("Whoever holds the badge has no manager any more.")
    notice = Notice(
        organization=award.organization,
        award=award,
        recipient=reader,
        kind=NOTICES[TextKind(text.kind)],
        event=_event(award, text.kind),
        made_at=clock.now(),
    )
    if notice.kind == NoticeKind.ENDS_SOON and award.expires_at:
        notice.ends_on = timezone.localtime(award.expires_at).date()
    shown = Delivery(organization=award.organization, recipient=reader, address=SHOWN)
    return letter(delivery or shown, [notice], sample_of=text)


def test_letter(delivery: Delivery) -> Letter:
    """What a delivery of a test says. Raises `PermanentFailure` where its award cannot be told of any more."""
    words = dict(delivery.test or {})
    award = Award.objects.filter(pk=words.pop("award")).select_related(*TOLD_OF).first()
    if award is None:
        raise PermanentFailure("The award that it told of is not there any more.")
    message = sample(award, NoticeText(**words), delivery)
    message.subject = one_line(f"Test: {message.subject}", MOST_SUBJECT)
    return message


def _event(award: Award, kind: str) -> AwardEvent | None:
    change = ENDINGS.get(TextKind(kind))
    if change is None:
        return None
    if award.unwritten_end:
        return award.unwritten_end
    over = AwardEvent.objects.filter(award=award, change=change).select_related("actor")
    return over.order_by("-at", "-pk").first() or AwardEvent(award=award, change=change)
