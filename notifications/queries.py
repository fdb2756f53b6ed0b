"""Reads of the pages."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.utils import translation

from badges.models import NominationState, Origin
from notifications import words
from notifications.models import Delivery, DeliveryState, Notice, NoticeKind, StoppedAddress
from notifications.queueing import mail_address
from people.languages import language_of, speaking
from people.models import Person
from people.prepared import planned_once
from rules.explanations import why

LATEST = 5


@dataclass(frozen=True)
class Told:
    """A notice in words, of its reader's language."""

    notice: Notice
    headline: str
    reason: str
    language: str
    asks: str


def in_words(notices: Iterable[Notice], person: Person) -> list[Told]:
    language = language_of(person)
    with speaking(person):
        return [
            Told(notice, words.headline(notice), words.short_reason(notice), language, asks(notice))
            for notice in notices
        ]


def asks(notice: Notice) -> str:
    """What its reader is to do about it; "" where that is nothing, or done."""
    if notice.kind == NoticeKind.TO_DECIDE:
        nomination = notice.nomination
        waits = nomination.state == NominationState.OPEN and nomination.agreed_by_id != notice.recipient_id
        return "Decide" if waits else ""
    if notice.kind == NoticeKind.HELD_BACK:
        return "" if notice.flood.decided_at else "Look"
    return "Verify" if notice.kind == NoticeKind.TO_VERIFY and notice.news.is_waiting else ""


def notices_of(person: Person) -> QuerySet[Notice]:
    return Notice.objects.visible_to(person).with_subjects()


@planned_once()
def unread_count(person: Person) -> int:
    return Notice.objects.visible_to(person).unread().count()


@planned_once()
def latest_notices(person: Person) -> list[Told]:
    return in_words(notices_of(person)[:LATEST], person)


def banner(latest: list[Told]) -> Told | None:
    """The newest of these that tells of a badge earned and still held, and was not read yet."""
    for told in latest:
        notice = told.notice
        if notice.kind == NoticeKind.EARNED and notice.read_at is None and notice.award.ended_at is None:
            by_rule = notice.award.origin == Origin.RULE
            return replace(told, reason=_sentence(told)) if by_rule else told
    return None


def _sentence(told: Told) -> str:
    with translation.override(told.language):
        return why(told.notice.award).sentence


def latest_test(person: Person) -> Delivery | None:
    """What became of the words that somebody sent to themselves last."""
    return Delivery.objects.filter(recipient=person, test__isnull=False).order_by("-pk").first()


def given_up_count() -> int:
    return Delivery.objects.filter(state=DeliveryState.DEAD).count()


@dataclass(frozen=True)
class Trouble:
    """Why somebody's mail does not arrive. `stopped` is what an administrator can lift."""

    recipient_id: int
    address: str
    said: str
    stopped: StoppedAddress | None = None


def mail_trouble(person: Person) -> Trouble | None:
    """Mail to the person's address came back, or the last one could not be delivered."""
    if stopped := stopped_address(person):
        return Trouble(person.pk, stopped.address, stopped.said or stopped.get_why_display(), stopped)
    last = _given_up(person)
    return Trouble(person.pk, last.address, last.last_error) if last else None


@planned_once()
def stopped_address(person: Person) -> StoppedAddress | None:
    address = mail_address(person).lower()
    return StoppedAddress.objects.filter(address=address, trusted_at=None).first() if address else None


def _given_up(person: Person) -> Delivery | None:
    """As long as no mail to the same address got through since."""
    settled = Delivery.objects.filter(
        recipient=person,
        address__iexact=mail_address(person),
        state__in=[DeliveryState.SENT, DeliveryState.DEAD],
    )
    last: Delivery | None = settled.order_by("-pk").first()
    return last if last is not None and last.state == DeliveryState.DEAD else None
