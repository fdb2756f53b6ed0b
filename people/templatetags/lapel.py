"""The parts that pages are made of. A template builtin, no {% load %} needed; see `docs/components.md`."""

import html
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from secrets import token_urlsafe
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template import Context
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
from django.utils.html import Urlizer, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from people import drawing
from people.addresses import address_of
from people.fields import field_context, summary_context
from people.figures import amount
from people.once import FIELD

register = template.Library()

DATE_FORMATS = {
    "day": "j M",
    "day_year": "j M Y",
    "full_day": "j F Y",
    "day_time": "j M, H:i",
    "month": "F Y",
}
# Whole dates also stand in mails, which are written in several languages.
FULL_DAYS = {"de": "j. F Y", "es": r"j \d\e F \d\e Y", "fr-first": r"j\e\r F Y"}


def text(value: object) -> str:
    """Escaped, even what is marked as safe. Where there are hundreds on a page, `format_html` takes too long."""
    return html.escape(str(value))


class _Addresses(Urlizer):
    url_template = '<a class="wraps" href="{href}" rel="nofollow noopener noreferrer">{url}</a>'


@register.filter
def linked(value: object) -> SafeString:
    """What people wrote, escaped, with its web and mail addresses as links."""
    return SafeString(_Addresses()("" + str(value), autoescape=True))  # plain, even what is marked as safe


@register.simple_tag
def once() -> SafeString:
    """For forms that make something: sent twice they count once (`people.once`)."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, token_urlsafe(12))


@register.simple_tag
@lru_cache(maxsize=500)
def icon(name: str, size: str = "") -> SafeString:
    modifier = f" icon--{size}" if size else ""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}"/></svg>',
        modifier,
        drawing.symbol(name),
    )


@register.simple_tag
def chip(text: str, icon_name: str = "", kind: str = "") -> SafeString:
    modifier = f" chip--{kind}" if kind else ""
    return format_html(
        '<span class="chip{}">{}{}</span>', modifier, icon(icon_name) if icon_name else "", text
    )


# --- people


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and the last word that have one."""
    letters = [next((c for c in word if c.isalnum()), "") for word in str(name).split()]
    letters = [letter for letter in letters if letter]
    return "".join(letters if len(letters) < 2 else (letters[0], letters[-1])).upper()


@register.simple_tag
def avatar(person: Any, size: str = "") -> SafeString:
    modifier = f" avatar--{text(size)}" if size else ""
    letters = text(initials(getattr(person, "name", person)))
    return SafeString(f'<span class="avatar{modifier}" aria-hidden="true">{letters}</span>')


@register.simple_tag(takes_context=True)
def person_name(
    context: Context, person: Any, meta: str | None = None, size: str = "", link: bool = True
) -> SafeString:
    """Avatar, name linked to the profile, and a line below: the person's title, unless `meta` is given."""
    line = getattr(person, "title", "") if meta is None else meta
    href = profile_url(context, person) if link else ""
    name = f"<bdi>{text(person.name)}</bdi>"
    named = (
        f'<a class="person__name" href="{text(href)}">{name}</a>'
        if href
        else f'<span class="person__name">{name}</span>'
    )
    below = f'<span class="person__meta">{text(line)}</span>' if line else ""
    return SafeString(f'<span class="person">{avatar(person, size)}<span>{named}{below}</span></span>')


def profile_url(context: Context, person: Any) -> str:
    organization = getattr(context.get("request"), "organization", None)
    return address_of("people:profile", organization.slug, person.pk) if organization else ""


def in_organization(name: str, organization: Any, **kwargs: Any) -> str:
    """The address of a page of this organization, or "" where there is no such page (yet)."""
    try:
        return reverse(name, kwargs={"organization": organization.slug, **kwargs})
    except NoReverseMatch:
        return ""


# --- badges: anything with a name and `emblem_url(size)` can be shown; this app knows no badge


@register.simple_tag
def emblem(
    badge: Any, size: int = 28, alt: str | None = None, count: int = 1, off: bool = False
) -> SafeString:
    """The emblem at `size` CSS pixels. Say alt="" where the name stands beside it."""
    if alt is None:
        alt = badge.name + (f", earned {count} times" if count > 1 else "")
    return _picture(badge.emblem_url(size), badge.emblem_url(size * 2), alt, size, count, bool(off))


@lru_cache(maxsize=5000)  # a page shows the same few again and again
def _picture(url: str, url2x: str, alt: str, size: int, count: int, off: bool) -> SafeString:
    image = format_html(
        '<img class="emblem{}" src="{}" srcset="{} 2x" alt="{}" width="{}" height="{}" loading="lazy">',
        " is-off" if off else "",
        url,
        url2x,
        SafeString(text(alt)),  # even what is marked as safe: what is kept goes by the text alone
        size,
        size,
    )
    if count < 2:
        return image
    modifier = " pin--lg" if size > 60 else " pin--sm" if size < 36 else ""
    return format_html(
        '<span class="pin{}">{}<span class="pin__count" aria-hidden="true">×{}</span></span>',
        modifier,
        image,
        count,
    )


@register.simple_tag
def shadow(
    badge: Any = None, percent: float = 0, size: int = 64, label: str = "", *, shape: str = "", icon: str = ""
) -> SafeString:
    """A badge not held yet: its emblem in grey. Its kind gives the shape, and the icon where it has no emblem."""
    kind_shape, kind_icon = drawing.KINDS.get(getattr(badge, "kind", ""), ("circle", "award"))
    return drawing.shadow(
        shape=shape or kind_shape,
        icon=icon or kind_icon,
        picture=badge.emblem_url(size * 2) if getattr(badge, "emblem_id", None) else "",
        percent=max(0, min(100, round(percent))),
        size=size,
        label=label,
    )


@register.simple_tag(takes_context=True)
def emblems(
    context: Context, awards: Sequence[Any], person: Any, limit: int = 6, size: int = 28
) -> SafeString:
    """A row of emblems, newest first, each linked to its award, then "+n". Asks the database nothing."""
    if not awards:
        return SafeString('<span class="subtle sm">None yet</span>')
    return format_html(
        '<ul class="emblems" aria-label="Badges of {}">{}{}</ul>',
        person.name,
        SafeString("".join(_linked_emblem(award, size) for award in awards[:limit])),
        _more_emblems(len(awards) - limit, person, profile_url(context, person)),
    )


def _linked_emblem(award: Any, size: int) -> str:
    times = getattr(award, "times", 1)
    tip = text(award.badge.name) + (f" ×{times}" if times > 1 else "")
    return (
        f'<li class="has-tip"><a href="{text(award.get_absolute_url())}">'
        f'{emblem(award.badge, size, count=times)}</a><span class="tip" aria-hidden="true">'
        f"<b>{tip}</b>{day_year(award.starts_at)}</span></li>"
    )


def _more_emblems(more: int, person: Any, href: str) -> SafeString:
    if more <= 0:
        return SafeString("")
    return format_html(
        '<li><a class="emblems__more" href="{}" aria-label="{} more badge{} of {}">+{}</a></li>',
        href,
        more,
        "" if more == 1 else "s",
        person.name,
        more,
    )


# --- figures


register.filter(amount)


@register.simple_tag
def spark(values: Sequence[int], label: str = "", top: int = 6) -> SafeString:
    """Monthly bars, oldest first. Give every row the same `top` where people are compared."""
    return drawing.spark(values, label=label, top=top)


@register.inclusion_tag("components/months.html")
def months(counts: Sequence[tuple[date, int]], label: str, done: str = "submitted") -> dict[str, Any]:
    """A year of a habit: (first day of the month, how many), oldest first. The last one is still running."""
    rows = [{"month": month, "count": count, "running": False} for month, count in counts]
    if rows:
        rows[-1]["running"] = True
    return {"rows": rows, "label": label, "done": done}


# --- forms


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField, opt: bool | None = None, hint: str | None = None, label: str = "", **attrs: Any
) -> dict[str, Any]:
    """Label, hint (unsaid, the help text), control and error of one form field.

    `opt` says whether it is marked "(optional)"; unsaid, fields that are not required are.
    Further arguments are attributes of the control; False takes one away (`placeholder=False`).
    """
    return field_context(bound, optional=opt, hint=hint, label=label, attrs=attrs)


@register.simple_tag
def options(choices: Iterable[tuple[object, object]], chosen: object = None) -> SafeString:
    """The options of a <select> from (value, label) pairs, for lists that are long."""
    picked = "" if chosen is None else str(chosen)
    return SafeString(
        "\n".join(
            f'<option value="{text(value)}"{" selected" if str(value) == picked else ""}>{text(label)}</option>'
            for value, label in choices
        )
    )


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: BaseForm, verb: str = "save", **labels: str) -> dict[str, Any]:
    """What to mend before one can `verb`, with a link to each field. Empty for a form without errors.

    `labels` are those of fields that the page calls otherwise than the form.
    """
    return summary_context(form, verb, labels)


# --- dates, in the time zone of the organization (the middleware activates it)


def in_words(value: date | datetime | None, style: str) -> str:
    if not isinstance(value, date):
        return ""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    if style == "day_time":
        return format_date(value, DATE_FORMATS[style])
    return _day_in_words(date(value.year, value.month, value.day), style, get_language())


@lru_cache(maxsize=5000)
def _day_in_words(value: date, style: str, language: str | None) -> str:
    first = "fr-first" if language == "fr" and value.day == 1 else language
    pattern = FULL_DAYS.get(first or "") if style == "full_day" else None
    return format_date(value, pattern or DATE_FORMATS[style])


@register.filter
def day(value: date | None) -> str:
    """16 Nov"""
    return in_words(value, "day")


@register.filter
def grouped(value: int | None) -> str:
    """2,066; nothing for none"""
    return "" if value is None else number_format(value, force_grouping=True)


@register.filter
def day_year(value: date | None) -> str:
    """16 Nov 2026"""
    return in_words(value, "day_year")


@register.filter
def full_day(value: date | None) -> str:
    """9 December 2026"""
    return in_words(value, "full_day")


@register.filter
def day_time(value: datetime | None) -> str:
    """16 Nov, 06:52"""
    return in_words(value, "day_time")


@register.simple_tag
def moment(value: date | datetime, style: str = "day", css: str = "") -> SafeString:
    """A <time> element whose text is in one of the styles above."""
    attribute = format_html(' class="{}"', css) if css else ""
    return format_html(
        '<time datetime="{}"{}>{}</time>', value.isoformat(), attribute, in_words(value, style)
    )


@register.simple_tag
def any_of(people: Iterable[Any]) -> SafeString:
    """“Ann, Bob or Cy”, each linked to their profile."""
    links = [
        format_html('<a href="{}"><bdi>{}</bdi></a>', one.get_absolute_url(), one.name) for one in people
    ]
    return SafeString(" or ".join(filter(None, [", ".join(links[:-1]), *links[-1:]])))


# --- frame of the page


@register.simple_tag(takes_context=True)
def nav_link(
    context: Context, name: str, label: str, icon_name: str, css: str = "", also: str = ""
) -> SafeString:
    """A link to a page of this organization, marked when one is there or below, or below `also`; "" without one."""
    request: Any = context["request"]
    href = in_organization(name, getattr(request, "organization", None))
    if not href:
        return SafeString("")
    below = (
        () if name.endswith(":home") else (href, f"/{request.organization.slug}/{also}/" if also else href)
    )
    current = "page" if request.path == href else "true" if request.path.startswith(below) else ""
    return format_html(
        '<a href="{}"{}{}>{}{}</a>',
        href,
        format_html(' class="{}"', css) if css else "",
        format_html(' aria-current="{}"', current) if current else "",
        icon(icon_name),
        label,
    )


@register.simple_block_tag(end_name="end_page_head")
def page_head(content: str, title: str, sub: str = "") -> SafeString:
    """The page's h1, a sentence below it, and its actions as content."""
    return format_html(
        '<header class="page-head"><div class="page-head__text"><h1>{}</h1>{}</div>{}</header>',
        title,
        format_html('<p class="page-head__sub">{}</p>', sub) if sub else "",
        format_html('<div class="page-head__actions">{}</div>', content) if content.strip() else "",
    )


@register.simple_block_tag(end_name="end_empty_state")
def empty_state(
    content: str, title: str, text: str = "", icon_name: str = "", css: str = "card"
) -> SafeString:
    """What belongs here and how it gets here; actions as content. Without an icon, an empty hook is drawn."""
    picture = (
        icon(icon_name, "lg")
        if icon_name
        else format_html('<div class="empty__art">{}</div>', shadow(size=56))
    )
    return format_html(
        '<section class="{} empty">{}<h2>{}</h2>{}{}</section>',
        css,
        picture,
        title,
        format_html("<p>{}</p>", text) if text else "",
        format_html('<div class="row">{}</div>', content) if content.strip() else "",
    )
