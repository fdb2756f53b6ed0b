"""What a notice says of colleagues who say “well done”: who did last, and how many others."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext as _n

from notifications.models import Notice


def headline(notice: Notice) -> str:
    others = notice.praise_count - 1
    known = {"person": notice.praised_by, "badge": notice.award.badge, "others": others}
    if others < 1:
        return _("%(person)s says “well done”: %(badge)s") % known
    told = _n(
        "%(person)s and %(others)s other say “well done”: %(badge)s",
        "%(person)s and %(others)s others say “well done”: %(badge)s",
        others,
    )
    return told % known


def short_reason(notice: Notice) -> str:
    return ""
