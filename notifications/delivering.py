"""Sending what is queued: claimed, then sent with no transaction open, then settled.

Never lost, almost never twice: whoever dies between the claim and its settling leaves a lease that runs out,
and the mail goes out once more under the same Message-ID, marked `uncertain`.
"""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, Value, When

from notifications.bouncing import is_stopped
from notifications.channels import NoAnswer, PermanentFailure, TemporaryFailure, Unreachable, mail
from notifications.judging import judge
from notifications.messages import Letter, letter
from notifications.models import Delivery, DeliveryState
from notifications.preferring import wishes_of
from notifications.queueing import address_now
from notifications.samples import test_letter
from people import clock
from people.models import Organization
from people.tenancy import tenant

log = logging.getLogger(__name__)
# Longer than a server that answers each command just in time can take.
LEASE = timedelta(minutes=3)
BACKOFF = [timedelta(minutes=m) for m in (1, 5, 30, 2 * 60, 6 * 60, 24 * 60)]
ROUND = 500
STOPPED = "Mail to this address came back, so no more is sent until somebody says otherwise."


class Withheld(Exception):
    """It is not to be sent any more."""


def deliver_due(*, organization: Organization, seconds: float = 30) -> int:
    """Deliver what is due, one after the other, for so long; returns how many went out.

    Raises `Unreachable` at the first sign of an absent or silent mail server: the rest keeps its turn.
    """
    end, sent = time.monotonic() + seconds, 0
    with tenant(organization):
        due = list(Delivery.objects.due(clock.now()).values_list("pk", flat=True)[:ROUND])
    for pk in due:
        if time.monotonic() > end:
            break
        sent += deliver(organization=organization, delivery_id=pk) == DeliveryState.SENT
    return sent


def deliver(*, organization: Organization, delivery_id: int) -> str | None:
    """One attempt; the state it led to, or None where somebody else has it or nothing is due.

    May be called any number of times, from anywhere, but not inside a transaction. Raises `Unreachable`,
    after settling, where no further attempt makes sense now.
    """
    claim = claim_delivery(organization=organization, delivery_id=delivery_id)
    if claim is None:
        return None
    try:
        message = _letter(organization, delivery_id)
    except Withheld as reason:
        return _settle(claim, DeliveryState.WITHHELD, last_error=str(reason))
    except PermanentFailure as error:
        return _settle(claim, DeliveryState.DEAD, last_error=str(error))
    except Exception as error:  # a mail that cannot be written must not stop the others
        log.exception("delivery %s could not be written", delivery_id)
        return _try_again(claim, error)
    return _send(claim, message)


def _send(claim: Delivery, message: Letter) -> str:
    try:
        provider_id = mail.send(message)
    except PermanentFailure as error:
        return _settle(claim, DeliveryState.DEAD, last_error=str(error))
    except NoAnswer as error:
        if claim.uncertain:  # it went out twice already
            _settle(claim, DeliveryState.DEAD, last_error=str(error))
        else:
            _try_again(claim, error, uncertain=True)
        raise
    except Unreachable as error:
        _try_again(claim, error)
        raise
    except TemporaryFailure as error:
        return _try_again(claim, error)
    why: Any = Case(When(came_back="", then=Value("")), default=F("last_error"))  # why it came back stays
    return _settle(claim, DeliveryState.SENT, sent_at=clock.now(), last_error=why, provider_id=provider_id)


def claim_delivery(*, organization: Organization, delivery_id: int) -> Delivery | None:
    """The delivery, its attempt counted and leased before anything is done; None if it is not due.

    A lease that has run out is claimed once more. When that runs out too, people decide.
    """
    at = clock.now()
    with tenant(organization):
        due = Delivery.objects.due(at).select_for_update(skip_locked=True, of=("self",))
        delivery = due.select_related("recipient__user").filter(pk=delivery_id).first()
        if delivery is None:
            return None
        abandoned = delivery.state == DeliveryState.SENDING
        if not abandoned and not delivery.test and _waits_for_morning(delivery, at):
            return None
        if abandoned and delivery.uncertain:
            delivery.state, delivery.lease_until = DeliveryState.DEAD, None
            delivery.last_error = "Broke off twice while it was being sent. It may have arrived."
        else:
            delivery.state, delivery.lease_until = DeliveryState.SENDING, at + LEASE
            delivery.attempts += 1
            delivery.uncertain = delivery.uncertain or abandoned
            delivery.address = address_now(delivery)
        fields = ["state", "lease_until", "attempts", "uncertain", "last_error", "address"]
        delivery.save(update_fields=fields)
    return delivery if delivery.state == DeliveryState.SENDING else None


def _waits_for_morning(delivery: Delivery, at: datetime) -> bool:
    """Whether its reader's quiet hours have begun meanwhile; it is put off until their end."""
    wishes = wishes_of(delivery.organization, [delivery.recipient_id])
    delivery.next_attempt_at = wishes.hours_of(delivery.recipient_id).after_quiet(at)
    if delivery.next_attempt_at <= at:
        return False
    delivery.save(update_fields=["next_attempt_at"])
    return True


def _letter(organization: Organization, delivery_id: int) -> Letter:
    with tenant(organization):
        delivery = Delivery.objects.select_related("recipient__user").get(pk=delivery_id)
        if is_stopped(delivery.address):
            raise Withheld(STOPPED)
        if delivery.test:
            return test_letter(delivery)
        notices = list(delivery.notices.with_subjects().order_by("id"))
        wishes = wishes_of(organization, [delivery.recipient_id])
        for notice in notices:
            notice.delivery, notice.recipient = delivery, delivery.recipient
            judge(notice, wishes)
        kept = [notice for notice in notices if not notice.left_out]
        if kept:
            return letter(delivery, kept)
    raise Withheld(notices[0].left_out)


def _try_again(claim: Delivery, error: Exception, **changes: Any) -> str:
    changes["last_error"] = str(error)[:500] or type(error).__name__
    if claim.attempts > len(BACKOFF):
        return _settle(claim, DeliveryState.DEAD, **changes)
    next_at = clock.now() + BACKOFF[claim.attempts - 1]
    return _settle(claim, DeliveryState.QUEUED, next_attempt_at=next_at, **changes)


def _settle(claim: Delivery, state: DeliveryState, **changes: Any) -> str:
    """Write the outcome, unless the lease ran out meanwhile and somebody else has begun another attempt."""
    with tenant(claim.organization):
        claimed = Delivery.objects.filter(pk=claim.pk, state=DeliveryState.SENDING, attempts=claim.attempts)
        claimed.update(state=state, lease_until=None, **changes)
    return state
