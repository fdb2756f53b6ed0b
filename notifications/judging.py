"""Whether something is still to be mailed when its turn comes. Call it inside `tenant()`."""

from django.db.models import Q

from badges.models import Award, BadgeState, EndedWhy
from notifications import words
from notifications.models import DeliveryState, Notice, NoticeKind, Rhythm
from notifications.preferring import Wishes
from notifications.queueing import mail_address


def judge(notice: Notice, wishes: Wishes) -> None:
    """Note why the mail goes without it, or that it goes with it after all."""
    refused = wishes.rhythm(notice) == Rhythm.NEVER
    reason = "They do not want mail of this sort any more." if refused else why_not(notice)
    if reason != notice.left_out:
        notice.left_out = reason
        notice.save(update_fields=["left_out"])


def why_not(notice: Notice) -> str:
    """Why something is not to be mailed any more, or "".

    Nobody is congratulated on what is over. What was corrected away before its congratulation went out is not
    mailed as lost either; Lapel itself shows both notices.
    """
    award = notice.award
    if not mail_address(notice.recipient):
        return "The person has left, or has no address any more."
    if award.badge.state == BadgeState.WITHDRAWN:
        return "The badge was withdrawn before this mail went out."
    if notice.kind == NoticeKind.EARNED:
        return "" if award.ended_at is None else "The badge had ended before this mail went out."
    if notice.kind == NoticeKind.ENDS_SOON:
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
