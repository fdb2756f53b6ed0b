"""What notices of rules that were stopped for a look say, to those who look after badges."""

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from notifications.models import Notice
from people.templatetags.lapel import full_day


def headline(notice: Notice) -> str:
    return _("The rule of %(badge)s is paused for a look") % {"badge": notice.flood.rule.badge}


def short_reason(notice: Notice) -> str:
    flood = notice.flood
    if flood.decided_at:
        return _("It has gone on since %(day)s.") % {"day": full_day(flood.decided_at)}
    known = {"given": flood.given, "usual": floatformat(flood.usual)}
    return _("It was about to give %(given)s badges in a day; usual is %(usual)s.") % known


def what_to_do() -> str:
    return _("Look who would get it. If that is right, let it go on; if not, change the rule first.")
