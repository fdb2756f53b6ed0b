"""What notices of nominations say: to those who decide, and to whoever made them once somebody has."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from badges.models import Nomination, NominationState
from notifications.models import Notice, NoticeKind
from notifications.words_awards import quoted, quoting
from people.templatetags.lapel import full_day


def headline(notice: Notice) -> str:
    nomination = notice.nomination
    known = {"badge": nomination.badge, "nominee": nomination.nominee, "maker": nomination.made_by}
    if notice.kind == NoticeKind.DECIDED:
        approved = nomination.state == NominationState.APPROVED
        told = (
            _("Approved: %(badge)s for %(nominee)s") if approved else _("Declined: %(badge)s for %(nominee)s")
        )
        return told % known
    if nomination.is_proposal:
        return _("%(maker)s proposes %(badge)s for %(nominee)s") % known
    return _("%(maker)s nominates %(nominee)s for %(badge)s") % known


def short_reason(notice: Notice) -> str:
    """Of what waits, why it was proposed; else what became of it."""
    nomination = notice.nomination
    if nomination.state == NominationState.OPEN:
        return quoted(nomination.reason)
    known = {"decider": nomination.decided_by, "day": full_day(nomination.decided_at)}
    return quoting(str(_OUTCOMES[nomination.state]) % known, nomination.answer)


_OUTCOMES: dict[str, Any] = {
    NominationState.APPROVED: gettext_lazy("%(decider)s approved it on %(day)s"),
    NominationState.DECLINED: gettext_lazy("%(decider)s declined it on %(day)s"),
    NominationState.WITHDRAWN: gettext_lazy("%(decider)s withdrew it on %(day)s"),
}


def what_to_do(nomination: Nomination) -> str:
    if nomination.is_proposal:
        return _("This badge is given by two administrators. Approve it, or decline it and say why.")
    if nomination.agreed_by:
        known = {"person": nomination.agreed_by}
        return _("%(person)s agrees, and a second administrator is needed.") % known
    return _("Approve it, or decline it and say why.")
