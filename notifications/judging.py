"""Whether something is still to be mailed when its turn comes. Call it inside `tenant()`."""

from django.db.models import Q

from activity.models import ItemState, NewsKind
from activity.moving import OPEN
from activity.queries import may_verify
from badges.models import Award, BadgeState, EndedWhy
from badges.nominations_told import to_decide
from badges.querysets import said_of
from notifications import words_awards as words
from notifications.models import OF_AWARDS, DeliveryState, Notice, NoticeKind, Rhythm
from notifications.preferring import Wishes
from notifications.queueing import mail_address
from people.roles import Capability
from rules.queries import stays_on


def judge(notice: Notice, wishes: Wishes) -> None:
    """Note why the mail goes without it, or that it goes with it after all."""
    refused = wishes.rhythm(notice) == Rhythm.NEVER
    reason = "They do not want mail of this sort any more." if refused else why_not(notice)
    if reason != notice.left_out:
        notice.left_out = reason
        notice.save(update_fields=["left_out"])


def why_not(notice: Notice) -> str:
    """Why something is not to be mailed any more, or ""."""
    if not mail_address(notice.recipient):
        return "The person has left, or has no address any more."
    if notice.badge and notice.badge.state == BadgeState.WITHDRAWN:
        return "The badge was withdrawn before this mail went out."
    return _why_not_of_award(notice) if notice.kind in OF_AWARDS else _why_not_of_another(notice)


def _why_not_of_award(notice: Notice) -> str:
    """Nobody is congratulated on what is over. What was corrected away before its congratulation went out is not
    mailed as lost either; Lapel itself shows both notices.
    """
    award = notice.award
    if notice.kind == NoticeKind.EARNED:
        return "" if award.ended_at is None else "The badge had ended before this mail went out."
    if notice.kind == NoticeKind.ENDS_SOON:
        if stays_on(award):
            return "Its rule is paused, so it does not end yet."
        return (
            ""
            if words.still_ends(notice)
            else "The badge was renewed, or had ended, before this mail went out."
        )
    if award.ended_at is None:
        return "The badge was given back before this mail went out."
    if award.ended_why == EndedWhy.UNSUPPORTED and _never_congratulated(award):
        return "The badge was corrected away before its congratulation went out."
    return ""


def _never_congratulated(award: Award) -> bool:
    earned = Notice.objects.filter(award=award, kind=NoticeKind.EARNED, delivery__isnull=False)
    unsent = Q(delivery__state__in=[DeliveryState.QUEUED, DeliveryState.WITHHELD], delivery__uncertain=False)
    return earned.exists() and not earned.filter(left_out="").exclude(unsent).exists()


def _why_not_of_another(notice: Notice) -> str:
    """Nobody is asked to do what is done, and what was taken back is not told."""
    match notice.kind:
        case NoticeKind.TO_DECIDE if not to_decide(notice.recipient).filter(pk=notice.nomination.pk).exists():
            return "It was decided, or is no longer theirs to decide on."
        case NoticeKind.HELD_BACK if notice.flood.decided_at or not notice.recipient.can(
            Capability.MANAGE_BADGES
        ):
            return "It has gone on, or is no longer theirs to look at."
        case NoticeKind.TO_VERIFY if not _is_theirs_to_verify(notice):
            return "It was verified, or is no longer theirs to verify."
        case NoticeKind.VERIFIED if notice.news.verification.withdrawn_at:
            return "The figure was corrected before this mail went out."
        case NoticeKind.NAMED if not _is_on_it(notice):
            return "They were taken off the work before this mail went out."
        case NoticeKind.OUTCOME if notice.news.sent_back_id:
            settled = notice.news.sent_back.settled_at
            return "It was reported anew before this mail went out." if settled else ""
        case NoticeKind.OUTCOME if notice.news.item.state not in STANDS[NewsKind(notice.news.kind)]:
            return "It was moved again before this mail went out."
        case NoticeKind.PRAISED if not said_of(notice.award).exists():
            return "It was taken back before this mail went out."
        case NoticeKind.COMMENTED if notice.news.comment.withdrawn_at:
            return "The comment was withdrawn before this mail went out."
    return ""


STANDS = {
    NewsKind.COMPLETED: {ItemState.COMPLETED.value},
    NewsKind.DECLINED: {ItemState.DECLINED.value},
    NewsKind.VOIDED: {ItemState.VOIDED.value},
    NewsKind.REOPENED: OPEN,
}


def _is_theirs_to_verify(notice: Notice) -> bool:
    news = notice.news
    return news.is_waiting and may_verify(notice.recipient, news.item)


def _is_on_it(notice: Notice) -> bool:
    item, person = notice.news.item, notice.recipient
    return item.leader_id == person.pk or bool(item.team.filter(person=person).exists())
