"""What notices of awards say: to holders, and to their managers where one is about to end."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from badges.models import IN_USE, Award, AwardChange, BadgeState, EndedWhy, Origin
from notifications.models import Notice, NoticeKind
from people.templatetags.lapel import full_day

MOST_QUOTED = 500


def headline(notice: Notice) -> str:
    award = notice.award
    known = {"badge": award.badge, "person": award.person, "day": full_day(notice.ends_on)}
    if notice.kind == NoticeKind.EARNED:
        return _("You earned %(badge)s") % known
    if notice.kind == NoticeKind.ENDS_SOON and is_own(notice):
        return _("%(badge)s ends on %(day)s") % known
    if notice.kind == NoticeKind.ENDS_SOON:
        return _("%(badge)s of %(person)s ends on %(day)s") % known
    assert notice.event is not None
    if notice.event.change == AwardChange.REVOKED:
        return _("%(badge)s was taken back") % known
    return _("%(badge)s has ended") % known


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
    known = {"giver": award.given_by, "day": full_day(award.recorded_at), "start": full_day(award.starts_at)}
    same_day = known["day"] == known["start"]
    if award.given_by:
        told = (
            _("%(giver)s gave it to you on %(day)s")
            if same_day
            else _("%(giver)s gave it to you on %(day)s, from %(start)s on")
        )
    else:
        told = (
            _("It was given to you by hand on %(day)s")
            if same_day
            else _("It was given to you by hand on %(day)s, from %(start)s on")
        )
    return quoting(told % known, award.reason)


def how_long(award: Award) -> str:
    if award.expires_at is None:
        return _("It does not end by itself.")
    return _("It ends on %(day)s.") % {"day": full_day(award.expires_at)}


def why_lost(notice: Notice) -> str:
    award, event = notice.award, notice.event
    assert event is not None
    known = {"day": full_day(award.ended_at or event.at), "taker": event.actor}
    if event.change == AwardChange.REVOKED:
        told = _("%(taker)s took it back on %(day)s") if event.actor else _("It was taken back on %(day)s")
        return quoting(told % known, event.reason)
    return quoting(str(_ENDINGS.get(award.ended_why, _ENDED)) % known, award.end_reason)


_ENDED = gettext_lazy("It ended on %(day)s")
_ENDINGS: dict[str, Any] = {
    EndedWhy.EXPIRED: gettext_lazy("It ended on %(day)s, because its time was over"),
    EndedWhy.LAPSED: gettext_lazy("It ended on %(day)s, because what kept it no longer holds"),
    EndedWhy.UNSUPPORTED: gettext_lazy("The record was corrected, and no longer supports it"),
}


def is_own(notice: Notice) -> bool:
    """A manager is also told of badges of others."""
    return notice.recipient_id == notice.award.person_id


def still_ends(notice: Notice) -> bool:
    """Not so once the award was renewed, or is over."""
    award = notice.award
    return (
        award.ended_at is None and award.expires_at is not None and _day(award.expires_at) == notice.ends_on
    )


def why_soon(notice: Notice) -> str:
    award = notice.award
    known = {"day": full_day(award.ended_at), "person": award.person, "start": full_day(award.starts_at)}
    if award.ended_at is not None:
        return _("It ended on %(day)s.") % known
    if not still_ends(notice):
        return f"{_('It was renewed.')} {how_long(award)}"
    if is_own(notice):
        return _("You have held it since %(start)s. It ends on that day unless it is renewed.") % known
    return _("%(person)s has held it since %(start)s. It ends on that day unless it is renewed.") % known


def how_to_keep(notice: Notice, sentence: str) -> str:
    """`sentence` is the rule's, or "" where there is none."""
    badge = notice.award.badge
    if badge.state not in IN_USE:
        return _("This badge is not given any more, so it cannot be renewed.")
    if sentence:
        return f"{_('It is renewed by itself when its rule is met again.')} {sentence}"
    known = {"person": notice.award.person}
    told = (
        _("It is renewed when it is given to you again.")
        if is_own(notice)
        else _("It is renewed when it is given to %(person)s again.") % known
    )
    return f"{told} {badge.criteria or badge.description}"


def _day(instant: datetime) -> date:
    return timezone.localtime(instant).date()


def when_held(award: Award) -> str:
    known = {"start": full_day(award.starts_at), "end": full_day(award.ended_at)}
    if not known["end"] or award.ended_why == EndedWhy.UNSUPPORTED:
        return _("Its history stays on your profile.")
    if known["start"] == known["end"]:
        return _("You held it on %(start)s. That stays in your history.") % known
    return _("You held it from %(start)s to %(end)s. That stays in your history.") % known


def how_again(award: Award, sentence: str) -> str:
    """`sentence` is the rule's, or "" where there is none."""
    badge = award.badge
    if badge.state != BadgeState.ACTIVE:
        return _("This badge is not given any more.")
    if sentence:
        return sentence
    return f"{_('It is given by hand.')} {badge.criteria or badge.description}"


def quoted(text: str) -> str:
    return _("“%(reason)s”") % {"reason": Truncator(" ".join(text.split())).chars(MOST_QUOTED)}


def quoting(statement: str, reason: str) -> str:
    """A sentence, and what somebody wrote as its reason, where they did."""
    reason = " ".join(reason.split())
    if not reason:
        return f"{statement}."
    return _("%(statement)s: “%(reason)s”") % {"statement": statement, "reason": reason}
