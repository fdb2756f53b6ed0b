"""What notices of work items say, to those who work on them or may verify what they save."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from activity.models import OUTCOMES, ImpactKind, ItemKind, ItemNews, NewsKind, Verification
from notifications.models import Notice
from notifications.words_awards import quoted, quoting
from people.figures import amount
from people.templatetags.lapel import full_day


def headline(notice: Notice) -> str:
    news = notice.news
    known = {"person": news.by, "item": news.item}
    match news.kind:
        case NewsKind.COMMENTED:
            return _("%(person)s commented on %(item)s") % known
        case NewsKind.TO_VERIFY:
            return (
                _("To verify: what %(item)s brings") % known
                if news.item.impact is None
                else _("To verify: what %(item)s saves") % known
            )
        case NewsKind.VERIFIED if news.verification.kind:
            return (
                _("%(person)s verified what else %(item)s brings") % known
                if news.verification.holds
                else _("%(person)s could not confirm what else %(item)s brings") % known
            )
        case NewsKind.VERIFIED if news.verification.value:
            return _("%(person)s verified what %(item)s saves") % known
        case NewsKind.VERIFIED:
            return _("%(person)s could not confirm what %(item)s saves") % known
        case NewsKind.SENT_BACK:
            return (
                _("%(person)s sent back what else %(item)s brings") % known
                if news.sent_back.kind
                else _("%(person)s sent back what %(item)s saves") % known
            )
        case NewsKind.LEADER:
            return _("%(person)s put you in charge of %(item)s") % known
    if news.kind in OUTCOMES:
        return str(_OUTCOMES.get((news.kind, news.item.kind)) or _OUTCOMES[news.kind, ""]) % known
    if news.item.kind == ItemKind.EVENT:
        return _("%(person)s put you down for %(item)s") % known
    return _("%(person)s put you on the team of %(item)s") % known


# What somebody did to it, in the words of its kind where these are others.
_OUTCOMES: dict[tuple[str, str], Any] = {
    (NewsKind.COMPLETED, ""): gettext_lazy("%(person)s completed %(item)s"),
    (NewsKind.COMPLETED, ItemKind.TASK): gettext_lazy("%(person)s marked %(item)s as done"),
    (NewsKind.COMPLETED, ItemKind.EVENT): gettext_lazy("%(person)s marked %(item)s as held"),
    (NewsKind.DECLINED, ""): gettext_lazy("%(person)s did not take on %(item)s"),
    (NewsKind.DECLINED, ItemKind.TASK): gettext_lazy("%(person)s dropped %(item)s"),
    (NewsKind.DECLINED, ItemKind.EVENT): gettext_lazy("%(person)s called off %(item)s"),
    (NewsKind.REOPENED, ""): gettext_lazy("%(person)s opened %(item)s again"),
    (NewsKind.VOIDED, ""): gettext_lazy("%(person)s removed %(item)s"),
}


def short_reason(notice: Notice) -> str:
    news = notice.news
    match news.kind:
        case NewsKind.COMMENTED:
            return quoted(news.comment.text) if news.comment.text else _("The comment was withdrawn.")
        case NewsKind.TO_VERIFY:
            return _to_verify(news)
        case NewsKind.VERIFIED:
            return _verified(news)
        case NewsKind.SENT_BACK:
            return _sent_back(news)
        case NewsKind.DECLINED | NewsKind.VOIDED:
            return quoted(news.change.reason) if news.change.reason else ""
        case NewsKind.COMPLETED | NewsKind.REOPENED:
            return ""
    if news.item.happens_on:
        return _("It takes place on %(day)s.") % {"day": full_day(news.item.happens_on)}
    return quoted(news.item.problem) if news.item.problem else ""


def _to_verify(news: ItemNews) -> str:
    if not news.is_waiting:
        return (
            _("Somebody has verified it.") if news.is_verified else _("There is nothing to verify any more.")
        )
    if news.item.impact is None or news.is_saving_verified:
        return _("Somebody is to look at what else it brings.")
    return _("It is said to save %(value)s a year.") % {
        "value": amount(news.item.impact, news.saving_unit or "")
    }


def _sent_back(news: ItemNews) -> str:
    sent, currency = news.sent_back, news.saving_unit or ""
    if sent.settled_at:
        return _("Somebody has seen to it.")
    if sent.kind is None:
        figure = _("%(figure)s a year") % {"figure": amount(sent.amount, currency)}
        return quoting(figure, sent.reason)
    if not sent.kind.has_figure:
        return quoting(sent.kind.name, sent.reason)
    return quoting(_of_kind(sent.kind, _figure(sent.kind, sent.amount, currency)), sent.reason)


def _brought(verification: Verification, currency: str) -> str:
    """The kind of impact as the organization names it, and what was found of it."""
    kind = verification.kind
    assert kind is not None
    if not kind.has_figure:
        return _of_kind(kind, _("it is so") if verification.holds else _("it is not so"))
    return _of_kind(kind, _figure(kind, verification.value, currency) if verification.holds else _("nothing"))


def _of_kind(kind: ImpactKind, found: str) -> str:
    return _("%(impact)s: %(found)s") % {"impact": kind.name, "found": found}


def _figure(kind: ImpactKind, value: Decimal | None, currency: str) -> str:
    figure = amount(value, kind.counted_in(currency))
    return _("%(figure)s a year") % {"figure": figure} if kind.yearly else figure


def _verified(news: ItemNews) -> str:
    verification = news.verification
    if verification.withdrawn_at:
        return _("The figure no longer counts.")
    if verification.kind:
        return quoting(_brought(verification, news.saving_unit or ""), verification.reason)
    told = _("It saves %(value)s a year") if verification.value else _("It saves nothing")
    return quoting(told % {"value": amount(verification.value, news.saving_unit or "")}, verification.reason)
