"""What a notice says in Lapel and by mail, in the organization's time zone: call it inside `tenant()`."""

from datetime import date, datetime

from django.utils import timezone

from badges.models import IN_USE, Award, AwardChange, BadgeState, EndedWhy, Origin
from notifications.models import Notice, NoticeKind
from people.templatetags.lapel import full_day


def headline(notice: Notice) -> str:
    badge = notice.award.badge
    if notice.kind == NoticeKind.EARNED:
        return f"You earned {badge}"
    if notice.kind == NoticeKind.ENDS_SOON:
        return f"{whose(notice)} ends on {full_day(notice.ends_on)}"
    assert notice.event is not None
    if notice.event.change == AwardChange.REVOKED:
        return f"{badge} was taken back"
    return f"{badge} has ended"


def short_reason(notice: Notice) -> str:
    """One line that needs no further rows than the notice's own."""
    if notice.kind == NoticeKind.LOST:
        return why_lost(notice)
    if notice.kind == NoticeKind.ENDS_SOON:
        return why_soon(notice)
    if notice.award.origin == Origin.HAND:
        return who_gave(notice.award)
    return notice.award.badge.criteria or notice.award.badge.description


def who_gave(award: Award) -> str:
    giver = f"{award.given_by.name} gave it to you" if award.given_by else "It was given to you by hand"
    given, start = full_day(award.recorded_at), full_day(award.starts_at)
    return _quoting(f"{giver} on {given}" + (f", from {start} on" if start != given else ""), award.reason)


def how_long(award: Award) -> str:
    if award.expires_at is None:
        return "It does not end by itself."
    return f"It ends on {full_day(award.expires_at)}."


def why_lost(notice: Notice) -> str:
    award, event = notice.award, notice.event
    assert event is not None
    when = full_day(award.ended_at or event.at)
    if event.change == AwardChange.REVOKED:
        taker = f"{event.actor.name} took it back" if event.actor else "It was taken back"
        return _quoting(f"{taker} on {when}", event.reason)
    return _quoting(_ENDINGS.get(award.ended_why, "It ended on {when}").format(when=when), award.end_reason)


_ENDINGS: dict[str, str] = {
    EndedWhy.EXPIRED: "It ended on {when}, because its time was over",
    EndedWhy.LAPSED: "It ended on {when}, because what kept it no longer holds",
    EndedWhy.UNSUPPORTED: "The record was corrected, and no longer supports it",
}


def is_own(notice: Notice) -> bool:
    """A manager is also told of badges of others."""
    return notice.recipient_id == notice.award.person_id


def whose(notice: Notice) -> str:
    badge = str(notice.award.badge)
    return badge if is_own(notice) else f"{badge} of {notice.award.person}"


def still_ends(notice: Notice) -> bool:
    """Not so once the award was renewed, or is over."""
    award = notice.award
    return (
        award.ended_at is None and award.expires_at is not None and _day(award.expires_at) == notice.ends_on
    )


def why_soon(notice: Notice) -> str:
    award = notice.award
    if award.ended_at is not None:
        return f"It ended on {full_day(award.ended_at)}."
    if not still_ends(notice):
        return f"It was renewed. {how_long(award)}"
    holder = "You have" if is_own(notice) else f"{award.person} has"
    return f"{holder} held it since {full_day(award.starts_at)}. It ends on that day unless it is renewed."


def how_to_keep(notice: Notice, sentence: str) -> str:
    """`sentence` is the rule's, or "" where there is none."""
    badge = notice.award.badge
    if badge.state not in IN_USE:
        return "This badge is not given any more, so it cannot be renewed."
    if sentence:
        return f"It is renewed by itself when its rule is met again. {sentence}"
    whom = "you" if is_own(notice) else str(notice.award.person)
    return f"It is renewed when it is given to {whom} again. {badge.criteria or badge.description}"


def _day(instant: datetime) -> date:
    return timezone.localtime(instant).date()


def when_held(award: Award) -> str:
    start, end = full_day(award.starts_at), full_day(award.ended_at)
    if not end or award.ended_why == EndedWhy.UNSUPPORTED:
        return "Its history stays on your profile."
    held = f"on {start}" if start == end else f"from {start} to {end}"
    return f"You held it {held}. That stays in your history."


def how_again(award: Award, sentence: str) -> str:
    """`sentence` is the rule's, or "" where there is none."""
    badge = award.badge
    if badge.state != BadgeState.ACTIVE:
        return "This badge is not given any more."
    if sentence:
        return sentence
    return f"It is given by hand. {badge.criteria or badge.description}"


def _quoting(statement: str, reason: str) -> str:
    reason = " ".join(reason.split())
    return f"{statement}: “{reason}”" if reason else f"{statement}."


def headline_of_many(notices: list[Notice]) -> str:
    names = [str(notice.award.badge) for notice in notices]
    all_names = f"{', '.join(names[:-1])} and {names[-1]}"
    kinds = {notice.kind for notice in notices}
    saying = _MANY.get(kinds.pop(), "") if len(kinds) == 1 else ""
    return f"{(saying or 'News of {count} badges').format(count=len(notices))}: {all_names}"


_MANY: dict[str, str] = {
    NoticeKind.EARNED: "You earned {count} badges",
    NoticeKind.LOST: "{count} badges have ended",
    NoticeKind.ENDS_SOON: "{count} badges end soon",
}
