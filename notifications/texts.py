"""An organization's own words for its mails: text or HTML with placeholders, and nothing that could run."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString

from badges.models import AwardChange
from notifications import words_awards as words
from notifications.markup import clean, text_of
from notifications.models import Notice, NoticeKind, NoticeText, TextKind
from people import clock
from people.languages import language_of
from people.templatetags.lapel import full_day

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

_ALWAYS = {
    "name": "The person's whole name",
    "first_name": "Their first name",
    "badge": "The badge's name",
    "description": "What the badge stands for",
    "reason": "How it was earned, or why it ended, in a sentence",
    "organization": "The organization's name",
    "link": "The address of the badge's page",
}
_SOON = {
    **_ALWAYS,
    "ends_on": "The day on which it ends",
    "days": "How many days are left",
    "keep": "How it can be renewed, in a sentence",
}
PLACEHOLDERS: dict[str, dict[str, str]] = {
    TextKind.EARNED: {**_ALWAYS, "ends": "A sentence that says when it ends, or that it does not"},
    TextKind.ENDED: {**_ALWAYS, "ends_on": "The day on which it ended"},
    TextKind.TAKEN_BACK: {**_ALWAYS, "ends_on": "The day on which it was taken back"},
    TextKind.ENDS_SOON: _SOON,
    TextKind.TEAM_ENDS_SOON: {
        **_SOON,
        "name": "The manager's whole name",
        "person": "The whole name of who holds it",
    },
}

OWN_WORDS: dict[str, tuple[str, str]] = {
    TextKind.EARNED: (
        "You earned {badge}",
        "Well done, {first_name}\n\nYou earned {badge}.\n\n{reason}\n\n{description} {ends}",
    ),
    TextKind.ENDED: ("{badge} has ended", "Hello {first_name}\n\n{badge} ended on {ends_on}.\n\n{reason}"),
    TextKind.TAKEN_BACK: (
        "{badge} was taken back",
        "Hello {first_name}\n\n{badge} was taken back.\n\n{reason}",
    ),
    TextKind.ENDS_SOON: (
        "{badge} ends on {ends_on}",
        "Hello {first_name}\n\n{badge} ends in {days} days.\n\n{reason}\n\n{keep}",
    ),
    TextKind.TEAM_ENDS_SOON: (
        "{badge} of {person} ends on {ends_on}",
        "Hello {first_name}\n\n{badge} of {person} ends in {days} days.\n\n{reason}\n\n{keep}",
    ),
}


def trouble(text: str, kind: str) -> str:
    """What is wrong with the placeholders of a text, in its writer's words; "" if nothing is."""
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS[kind])
    for name in PLACEHOLDER.findall(text):
        if name not in PLACEHOLDERS[kind]:
            return f"Lapel does not know {{{name[:40]}}}. Use one of {known}."
    if set(PLACEHOLDER.sub("", text)) & {"{", "}"}:
        return "A curly bracket stands alone. Write a placeholder as {name}, and leave other brackets out."
    return ""


def filled(text: str, values: Mapping[str, str]) -> str:
    """Each placeholder once, from left to right: what was filled in is not looked at again."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def values_of(notice: Notice, told: Mapping[str, Any]) -> dict[str, str]:
    """`told` is what Lapel itself would say of it."""
    award = notice.award
    end = award.ended_at or award.expires_at
    left = (timezone.localtime(end).date() - timezone.localtime(clock.now()).date()).days if end else 0
    return {
        "name": notice.recipient.name,
        "first_name": str(told["first_name"]),
        "person": award.person.name,
        "badge": award.badge.name,
        "description": award.badge.description,
        "reason": str(told["reason"]),
        "organization": notice.organization.name,
        "ends": str(told.get("ends", "")),
        "ends_on": full_day(end),
        "days": str(max(0, left)),
        "keep": str(told.get("keep", "")),
        "link": str(told["url"]),
    }


def kind_of(notice: Notice) -> TextKind:
    """Which text a notice of an award is told in."""
    if notice.kind == NoticeKind.ENDS_SOON:
        return TextKind.ENDS_SOON if words.is_own(notice) else TextKind.TEAM_ENDS_SOON
    if notice.kind == NoticeKind.LOST:
        assert notice.event is not None
        return TextKind.TAKEN_BACK if notice.event.change == AwardChange.REVOKED else TextKind.ENDED
    return TextKind.EARNED


def texts_for(notices: Iterable[Notice]) -> dict[int, NoticeText]:
    """The text for each notice, by its place: a badge's own before that of all badges, and of these the one in
    the reader's language before that of all languages. One query.
    """
    of_awards = [(place, notice) for place, notice in enumerate(notices) if notice.award]
    if not of_awards:
        return {}
    language = language_of(of_awards[0][1].recipient)
    wanted = Q(badge=None) | Q(badge__in={notice.award.badge_id for _, notice in of_awards})
    rows = NoticeText.objects.filter(wanted, language__in=["", language])
    texts = {(text.kind, text.badge_id, text.language): text for text in rows}
    found = {
        place: next(filter(None, (texts.get(one) for one in _places(notice, language))), None)
        for place, notice in of_awards
    }
    return {place: text for place, text in found.items() if text is not None}


def _places(notice: Notice, language: str) -> list[tuple[str, int | None, str]]:
    kind = kind_of(notice)
    return [(kind, badge, spoken) for badge in (notice.award.badge_id, None) for spoken in (language, "")]


def in_own_words(notice: Notice, told: dict[str, Any], text: NoticeText) -> dict[str, Any]:
    """Values are filled in after the HTML was cleaned, and are text there, whatever they hold."""
    values = values_of(notice, told)
    body = filled(text.body or text_of(text.html), values).replace("\r\n", "\n").strip()
    paragraphs = [part.strip() for part in body.split("\n\n") if part.strip()]
    as_text = {name: escape(value) for name, value in values.items()}
    html = SafeString(filled(clean(text.html, styled=True), as_text))
    return {**told, "subject": filled(text.subject, values), "paragraphs": paragraphs, "html": html}
