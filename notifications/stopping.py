"""Mails can be stopped from the mail itself, without a login (RFC 8058): the token says by whom, and which."""

from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from notifications.models import Notice, NoticeKind
from notifications.preferring import must_be_mailed

CODES = {
    NoticeKind.EARNED: "e",
    NoticeKind.LOST: "l",
    NoticeKind.ENDS_SOON: "s",
    NoticeKind.TO_DECIDE: "d",
    NoticeKind.DECIDED: "o",
    NoticeKind.TO_VERIFY: "t",
    NoticeKind.VERIFIED: "v",
    NoticeKind.NAMED: "n",
    NoticeKind.COMMENTED: "c",
    NoticeKind.OUTCOME: "w",
    NoticeKind.HELD_BACK: "p",
    NoticeKind.PRAISED: "a",
}


@dataclass(frozen=True)
class Stop:
    organization_id: int
    person_id: int
    kinds: list[NoticeKind]


def stop_url(notices: list[Notice]) -> str:
    """Where mails like the one that tells of these can be stopped; "" where none of them can."""
    codes = sorted({CODES[NoticeKind(notice.kind)] for notice in notices if not must_be_mailed(notice)})
    if not codes:
        return ""
    token = _signer().sign(f"{notices[0].organization_id}-{notices[0].recipient_id}-{''.join(codes)}")
    return f"{settings.BASE_URL}{reverse('stop_mail', args=[token])}"


def stop_of(token: str) -> Stop | None:
    """None for a token that Lapel did not write."""
    try:
        organization, person, codes = _signer().unsign(token).split("-")
    except BadSignature:
        return None
    kinds = [kind for kind, code in CODES.items() if code in codes]
    return Stop(int(organization), int(person), kinds)


def _signer() -> Signer:
    return Signer(salt="notifications.stopping")
