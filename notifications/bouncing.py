"""Mail that came back: whose it was, and that nobody goes on writing to an address where nothing arrives."""

from dataclasses import dataclass
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import F

from notifications.channels.provider import Report
from notifications.models import Bounce, BounceKind, CameBack, Delivery, StoppedAddress
from people import clock
from people.audit import note, note_for
from people.models import Organization, Person
from people.tenancy import tenant


@dataclass(frozen=True)
class Whose:
    """The organization and the delivery of a message, as a provider hands them back."""

    organization_id: int
    delivery_id: int


def mark_of(delivery: Delivery) -> str:
    """Goes with the message. Signed, so that a report can open no organization but the one that sent it."""
    return _signer().sign(f"{delivery.organization_id}-{delivery.pk}")


def whose(mark: str) -> Whose | None:
    """None for a mark that Lapel did not write."""
    try:
        organization, delivery = _signer().unsign(mark).split("-")
    except BadSignature:
        return None
    return Whose(int(organization), int(delivery))


def _signer() -> Signer:
    return Signer(salt="notifications.bouncing")


def take_report(*, report: Report) -> bool:
    """Note what became of a mail; False where it is known already, or of no mail that went to this address.

    For good, or marked as spam: the address gets no more notices. What was only put off is counted.
    """
    named = whose(report.mark)
    organization = Organization.objects.filter(pk=named.organization_id).first() if named else None
    if named is None or organization is None:
        return False
    with tenant(organization):
        delivery = Delivery.objects.select_for_update().filter(pk=named.delivery_id).first()
        if delivery is None or delivery.address.casefold() != report.address.casefold():
            return False
        known = {"organization": organization, "delivery": delivery, "key": report.key}
        said = {"kind": report.what, "said": report.said, "told_at": clock.now()}
        new = Bounce.objects.get_or_create(**known, defaults=said)[1]
        if new:
            _note(delivery, report)
        return new


def _note(delivery: Delivery, report: Report) -> None:
    changes: dict[str, Any] = {"last_error": report.said, "came_back": report.what}
    if report.what == BounceKind.SOFT:
        changes = {"soft_bounces": F("soft_bounces") + 1}
    Delivery.objects.filter(pk=delivery.pk).update(**changes)
    if report.what != BounceKind.SOFT:
        _stop(delivery, report)


def _stop(delivery: Delivery, report: Report) -> None:
    """Unless somebody trusted the address after this mail had gone: the report is of a time before."""
    address, at = delivery.address.lower(), clock.now()
    went_at = delivery.sent_at or at
    if StoppedAddress.objects.filter(address=address, trusted_at__gt=went_at).exists():
        return
    told = {"delivery": delivery, "why": report.what, "said": report.said, "stopped_at": at}
    organization = delivery.organization
    new = StoppedAddress.objects.get_or_create(
        organization=organization, address=address, trusted_at=None, defaults=told
    )[1]
    if new:
        what = CameBack(report.what).label
        note_for(organization, None, "address.stopped", f"Mail to {address}", why=what, said=report.said)


def is_stopped(address: str) -> bool:
    return StoppedAddress.objects.filter(address=address.lower(), trusted_at=None).exists()


@transaction.atomic
def trust_address(*, stopped: StoppedAddress, by: Person) -> bool:
    """Mail goes to it again; False where somebody had said so already."""
    open_ = StoppedAddress.objects.filter(pk=stopped.pk, trusted_at=None)
    trusted = open_.update(trusted_at=clock.now(), trusted_by=by)
    if trusted:
        note(by, "address.trusted", f"Mail to {stopped.address}")
    return bool(trusted)
