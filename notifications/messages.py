"""A delivery's mail: subject, text, HTML, and emblems and logo as parts of it. Call it inside `tenant()`."""

import base64
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage as Mime
from email.message import MIMEPart
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from notifications import words
from notifications.bouncing import mark_of
from notifications.channels import PermanentFailure
from notifications.channels.provider import MARK
from notifications.contents import MOST_SUBJECT, absolute, one_line, told
from notifications.models import (
    OF_AWARDS,
    OF_NOMINATIONS,
    OF_WORK,
    Delivery,
    Notice,
    NoticeKind,
    NoticeText,
)
from notifications.stopping import stop_url
from notifications.texts import in_own_words, texts_for
from people import clock
from people.languages import speaking
from people.logo import size_shown
from people.models import Logo, Organization

MOST_TOLD = 25
LOGO = "logo@lapel"


class AsItIs(UnstructuredHeader):
    """A header that no mail program finds again once it is folded or encoded."""

    name: str

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


HEADERS = HeaderRegistry()
HEADERS.map_to_type("list-unsubscribe", AsItIs)  # type: ignore[arg-type]


class Letter(EmailMultiAlternatives):
    """A mail whose HTML carries its own pictures, so that it shows without a login.

    They are its attachments for providers, which build the message themselves, and multipart/related for others.
    """

    metadata: dict[str, str]

    def message(self, **kwargs: Any) -> Mime:
        policy: Any = kwargs.get("policy") or SMTP
        pictures, self.attachments = self.attachments, []
        mime: Mime = super().message(policy=policy.clone(header_factory=HEADERS))
        self.attachments = pictures
        html = mime.get_body(("html",))
        if html is not None and pictures:
            html.make_related()
            for picture in pictures:
                html.attach(picture)
        return mime


def picture_part(name: str, cid: str, data: bytes) -> MIMEPart:
    part = MIMEPart(policy=SMTP)
    part.set_content(data, "image", "png", cid=f"<{cid}>", filename=name, disposition="inline")
    return part


def html_of(mail: Letter) -> str:
    """The HTML with its pictures in itself, and with links that leave the frame it is shown in."""
    html = str(mail.alternatives[0][0]).replace("<head>", '<head><base target="_blank">', 1)
    for picture in mail.attachments:
        data = base64.b64encode(picture.get_content()).decode()
        cid = str(picture["Content-ID"]).strip("<>")
        html = html.replace(f'"cid:{cid}"', f'"data:image/png;base64,{data}"')
    return html


def letter(delivery: Delivery, notices: list[Notice], *, sample_of: NoticeText | None = None) -> Letter:
    """In the language of its reader. Raises `PermanentFailure` where nothing can be written to the address.

    A sample shows a text to somebody else than its reader, and stops nobody's mails.
    """
    with speaking(notices[0].recipient):
        return _letter(delivery, notices, sample_of)


def _letter(delivery: Delivery, notices: list[Notice], sample_of: NoticeText | None) -> Letter:
    organization = delivery.organization
    told_of = tell(in_order(notices)[:MOST_TOLD], sample_of)
    pictures = attach(told_of)
    template, context = "several", several(organization, notices, told_of)
    if len(notices) == 1:
        context = told_of[0]
        kind = notices[0].kind if notices[0].kind in OF_AWARDS else "asked"
        template = "custom" if "paragraphs" in context else kind
    context["stop_url"] = "" if sample_of else stop_url(notices)
    context["language"] = get_language()
    if logo := logo_of(organization):
        context["logo"] = dict(zip(("width", "height"), size_shown(logo), strict=True), cid=LOGO)
    context["choose_url"] = absolute(reverse("notifications:preferences", args=[organization.slug]))
    mail = Letter(
        subject=one_line(context["subject"], MOST_SUBJECT),
        body=render_to_string(f"notifications/mail/{template}.txt", context).strip() + "\n",
        from_email=mailbox(
            _("%(organization)s by Lapel") % {"organization": organization.name},
            parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        ),
        to=[mailbox(delivery.recipient.name, delivery.address)],
        headers=headers(delivery.message_id, context["stop_url"]),
    )
    mail.attach_alternative(render_to_string(f"notifications/mail/{template}.html", context), "text/html")
    mail.attachments = [
        picture_part(f"emblem-{number}.png", *one) for number, one in enumerate(pictures.items(), 1)
    ]
    if logo:
        mail.attachments.append(picture_part("logo.png", LOGO, logo))
    mail.metadata = {MARK: mark_of(delivery)} if delivery.pk else {}
    return mail


def tell(notices: list[Notice], sample_of: NoticeText | None) -> list[dict[str, Any]]:
    """Each in the organization's own words where it has some."""
    texts = {0: sample_of} if sample_of else texts_for(notices)
    told_of = [told(notice) for notice in notices]
    for place, text in texts.items():
        told_of[place] = in_own_words(notices[place], told_of[place], text)
    return told_of


def headers(message_id: str, stop_url: str) -> dict[str, str]:
    stopping = {
        "List-Unsubscribe": f"<{stop_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return {
        "Message-ID": message_id,
        "Date": format_datetime(clock.now()),
        "Auto-Submitted": "auto-generated",
        "Content-Language": get_language() or "en",
        **(stopping if stop_url else {}),
    }


def attach(told_of: list[dict[str, Any]]) -> dict[str, bytes]:
    """Each picture once, however many show it: by its name in the mail, which `told_of` then know."""
    names: dict[bytes, str] = {}
    for one in told_of:
        if one["emblem"]:
            name = f"emblem-{len(names) + 1}@lapel" if names else "emblem@lapel"
            one["emblem_id"] = names.setdefault(one["emblem"], name)
    return {name: picture for picture, name in names.items()}


def logo_of(organization: Organization) -> bytes | None:
    """A part of the mail as well: its address on the site asks for a login."""
    logo = Logo.objects.filter(organization=organization).first() if organization.logo else None
    return bytes(logo.png) if logo else None


ORDER = [
    NoticeKind.HELD_BACK,
    NoticeKind.EARNED,
    NoticeKind.PRAISED,
    *OF_NOMINATIONS,
    *OF_WORK,
    NoticeKind.ENDS_SOON,
    NoticeKind.LOST,
]


def in_order(notices: list[Notice]) -> list[Notice]:
    return sorted(notices, key=lambda notice: (ORDER.index(NoticeKind(notice.kind)), notice.pk))


def several(
    organization: Organization, notices: list[Notice], told_of: list[dict[str, Any]]
) -> dict[str, Any]:
    """One mail of many things: each as it would be told alone, below the other."""
    notices_url = absolute(reverse("notifications:list", args=[organization.slug]))
    return {
        "subject": one_line(words.headline_of_many(notices), MOST_SUBJECT),
        "first_name": told_of[0]["first_name"],
        "organization": organization,
        "all_earned": {notice.kind for notice in notices} == {NoticeKind.EARNED},
        "all_badges": {notice.kind for notice in notices} <= {*OF_AWARDS},
        "told": told_of,
        "more": len(notices) - len(told_of),
        "url": notices_url,
        "notices_url": notices_url,
    }


def mailbox(name: str, address: str) -> str:
    try:
        return str(Address(display_name=one_line(name, 150), addr_spec=address))
    except (ValueError, MessageError, IndexError) as error:
        raise PermanentFailure(f"The address cannot be written to: {one_line(address, 254)}") from error
