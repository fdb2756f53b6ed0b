"""What a notice says in Lapel and by mail: call it inside `tenant()`, for its time zone, and `speaking()`."""

from types import ModuleType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import words_awards, words_floods, words_nominations, words_praise, words_work
from notifications.models import OF_AWARDS, OF_NOMINATIONS, Notice, NoticeKind


def headline(notice: Notice) -> str:
    return str(_speaker(notice).headline(notice))


def short_reason(notice: Notice) -> str:
    """One line that needs no further rows than the notice's own."""
    return str(_speaker(notice).short_reason(notice))


def _speaker(notice: Notice) -> ModuleType:
    if notice.kind in OF_AWARDS:
        return words_awards
    if notice.kind == NoticeKind.HELD_BACK:
        return words_floods
    if notice.kind == NoticeKind.PRAISED:
        return words_praise
    return words_nominations if notice.kind in OF_NOMINATIONS else words_work


def headline_of_many(notices: list[Notice]) -> str:
    """What they are about, each named once."""
    *names, last = dict.fromkeys(str(getattr(notice.about, "label", notice.about)) for notice in notices)
    all_names = _("%(names)s and %(last)s") % {"names": ", ".join(names), "last": last} if names else last
    kinds = {NoticeKind(notice.kind) for notice in notices}
    saying = _MANY[kinds.pop()] if len(kinds) == 1 else _NEWS if kinds <= {*OF_AWARDS} else _ALL_SORTS
    return _("%(news)s: %(names)s") % {"news": str(saying) % {"count": len(notices)}, "names": all_names}


_NEWS = gettext_lazy("News of %(count)s badges")
_ALL_SORTS = gettext_lazy("%(count)s notices")
_MANY: dict[NoticeKind, Any] = {
    NoticeKind.EARNED: gettext_lazy("You earned %(count)s badges"),
    NoticeKind.LOST: gettext_lazy("%(count)s badges have ended"),
    NoticeKind.ENDS_SOON: gettext_lazy("%(count)s badges end soon"),
    NoticeKind.TO_DECIDE: gettext_lazy("%(count)s nominations to decide"),
    NoticeKind.DECIDED: gettext_lazy("%(count)s nominations decided"),
    NoticeKind.TO_VERIFY: gettext_lazy("%(count)s savings to verify"),
    NoticeKind.VERIFIED: gettext_lazy("%(count)s savings verified"),
    NoticeKind.NAMED: gettext_lazy("Work for you (%(count)s)"),
    NoticeKind.OUTCOME: gettext_lazy("News of your work (%(count)s)"),
    NoticeKind.COMMENTED: gettext_lazy("%(count)s comments"),
    NoticeKind.HELD_BACK: gettext_lazy("%(count)s rules are paused for a look"),
    NoticeKind.PRAISED: gettext_lazy("Well done, say colleagues (%(count)s)"),
}
