"""What a mail says of a notice, for the templates. Call it inside `tenant()`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.humanize.templatetags.humanize import ordinal
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.utils.translation import ngettext as _n

from activity.models import Activity
from badges.models import Award, AwardChange, Badge, BadgeState, EmblemImage, EndedWhy, Origin
from notifications import words_awards as words
from notifications import words_floods, words_nominations
from notifications.models import OF_NOMINATIONS, OF_WORK, Notice, NoticeKind
from notifications.words import headline, short_reason
from rules.explanations import why
from rules.grace import grace_of
from rules.kind_words import title_of
from rules.phrases import lasting, number_in

EMBLEM_WIDTH = 168
MOST_COUNTED = 20
MOST_SUBJECT = 150


def told(notice: Notice) -> dict[str, Any]:
    """What both templates of a kind say of it."""
    badge = notice.badge
    return {
        "subject": one_line(headline(notice), MOST_SUBJECT),
        "first_name": one_line(notice.recipient.name, 60).split(" ")[0],
        "organization": notice.organization,
        "badge": badge,
        "kind": notice.kind,
        "emblem": emblem(badge) if badge else None,
        "emblem_size": 128 if notice.kind == NoticeKind.EARNED else 84,
        "url": absolute(notice.get_absolute_url()),
        "notices_url": absolute(reverse("notifications:list", args=[notice.organization.slug])),
        **SAYS[NoticeKind(notice.kind)](notice),
    }


def earned(notice: Notice) -> dict[str, Any]:
    award = notice.award
    times = times_earned(award)
    said = {
        "times": ordinal(times) if times > 1 else "",
        "given_back": notice.event is not None and notice.event.change == AwardChange.REINSTATED,
        "ends": words.how_long(award),
    }
    if award.origin == Origin.HAND:
        return {**said, "reason": words.who_gave(award)}
    because = why(award)
    return {
        **said,
        "reason": because.sentence,
        "counted": counted(because.activities[-MOST_COUNTED:]),
        "more": max(0, len(because.activities) - MOST_COUNTED),
    }


def lost(notice: Notice) -> dict[str, Any]:
    award = notice.award
    return {
        "reason": words.why_lost(notice),
        "held": words.when_held(award),
        "again": words.how_again(award, rule_of(award)),
        "ran_out": award.ended_why == EndedWhy.EXPIRED,
    }


def ends_soon(notice: Notice) -> dict[str, Any]:
    return {
        "reason": words.why_soon(notice),
        "keep": " ".join(
            filter(None, [words.how_to_keep(notice, rule_of(notice.award)), grace_after(notice)])
        ),
        "is_own": words.is_own(notice),
    }


def grace_after(notice: Notice) -> str:
    grace = grace_of(notice.award)
    if not grace or notice.award.badge.state != BadgeState.ACTIVE:
        return ""
    told = _n(
        "If it ends all the same, %(lasting)s of grace follows: whoever earns it again in it has kept it.",
        "If it ends all the same, %(lasting)s of grace follow: whoever earns it again in them has kept it.",
        number_in(grace),
    )
    return told % {"lasting": lasting(grace)}


def asked_of(notice: Notice) -> dict[str, Any]:
    """Where somebody is to do something, or to read what became of it."""
    return {
        "reason": short_reason(notice),
        "ask": _ask(notice),
        "call": str(CALLS[NoticeKind(notice.kind)]),
        "because": str(BECAUSE[NoticeKind(notice.kind)]),
    }


def _ask(notice: Notice) -> str:
    if notice.kind == NoticeKind.HELD_BACK:
        return words_floods.what_to_do()
    return words_nominations.what_to_do(notice.nomination) if notice.kind == NoticeKind.TO_DECIDE else ""


SAYS: dict[NoticeKind, Callable[[Notice], dict[str, Any]]] = {
    NoticeKind.EARNED: earned,
    NoticeKind.LOST: lost,
    NoticeKind.ENDS_SOON: ends_soon,
    **dict.fromkeys((*OF_NOMINATIONS, *OF_WORK, NoticeKind.HELD_BACK, NoticeKind.PRAISED), asked_of),
}
CALLS: dict[NoticeKind, Any] = {
    NoticeKind.TO_DECIDE: gettext_lazy("Approve or decline"),
    NoticeKind.DECIDED: gettext_lazy("See the nomination"),
    NoticeKind.TO_VERIFY: gettext_lazy("Look at it and verify"),
    NoticeKind.VERIFIED: gettext_lazy("See the work"),
    NoticeKind.NAMED: gettext_lazy("See the work"),
    NoticeKind.OUTCOME: gettext_lazy("See the work"),
    NoticeKind.COMMENTED: gettext_lazy("Read and answer"),
    NoticeKind.HELD_BACK: gettext_lazy("Look who would get it"),
    NoticeKind.PRAISED: gettext_lazy("See who says so"),
}
BECAUSE: dict[NoticeKind, Any] = {
    NoticeKind.TO_DECIDE: gettext_lazy("You get this because you may decide on it."),
    NoticeKind.DECIDED: gettext_lazy("You get this because you proposed it."),
    NoticeKind.TO_VERIFY: gettext_lazy("You get this because you may verify what the work of others saves."),
    NoticeKind.VERIFIED: gettext_lazy("You get this because you worked on it."),
    NoticeKind.NAMED: gettext_lazy("You get this because you are to work on it."),
    NoticeKind.OUTCOME: gettext_lazy("You get this because you worked on it."),
    NoticeKind.COMMENTED: gettext_lazy("You get this because it is work of yours, or you commented as well."),
    NoticeKind.HELD_BACK: gettext_lazy("You get this because you look after badges."),
    NoticeKind.PRAISED: gettext_lazy("You get this because you hold the badge, and asked for such mail."),
}


def rule_of(award: Award) -> str:
    return why(award).sentence if award.origin == Origin.RULE else ""


def times_earned(award: Award) -> int:
    """The how-manieth of a repeatable badge's awards this is; 1 for all others."""
    if not award.key:
        return 1
    return (
        Award.objects.standing()
        .filter(badge=award.badge_id, person=award.person_id, starts_at__lte=award.starts_at)
        .count()
    )


@dataclass(frozen=True)
class Counted:
    title: str
    label: str
    url: str
    at: datetime


def counted(activities: list[Activity]) -> list[Counted]:
    prefetch_related_objects(activities, "item", "kind")
    return [_counted(activity) for activity in activities]


def _counted(activity: Activity) -> Counted:
    item = activity.item
    if item is None:
        return Counted(activity.subject or title_of(activity.kind), "", "", activity.occurred_at)
    return Counted(item.title, item.label, absolute(item.get_absolute_url()), activity.occurred_at)


def emblem(badge: Badge) -> bytes | None:
    """The picture of the width meant for mail, or the nearest below it."""
    pictures = EmblemImage.objects.filter(emblem=badge.emblem_id, width__lte=EMBLEM_WIDTH)
    picture = pictures.order_by("-width").first()
    return bytes(picture.data) if picture else None


def absolute(path: str) -> str:
    """From the settings: whoever asks for a page has no say in where its mails lead."""
    return f"{settings.BASE_URL}{path}"


def one_line(text: str, longest: int) -> str:
    """Without line breaks, control characters and what turns text around; joiners of letters stay."""
    shown = "".join(c if c.isprintable() or c in "\u200c\u200d" else " " for c in text)
    return " ".join(shown.split())[:longest]
