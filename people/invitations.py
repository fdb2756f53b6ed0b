"""Inviting people to take up their login: by a mail whose link is signed, bound to its address, and good once."""

import logging
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Value
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from people import bells
from people.audit import note, note_for
from people.changes import Refused
from people.clock import now
from people.languages import speaking
from people.models import Invitation, Organization, Person, User
from people.tenancy import tenant

log = logging.getLogger(__name__)
SALT = "people.invitation"
GOOD_FOR = timedelta(days=14)
A_ROUND = 200
# Times the square of the tries: after 1, 4, 9 … minutes, until the link is too old.
AGAIN = timedelta(minutes=1)


# --- the link


def token_of(invitation: Invitation) -> str:
    return signing.dumps([invitation.organization_id, invitation.pk, invitation.serial], salt=SALT)


def read_token(token: str) -> tuple[Organization, int, int] | None:
    """Whose invitation a link is, by number and serial; None for what was not signed here."""
    try:
        organization_id, pk, serial = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    organization = Organization.objects.filter(pk=organization_id).first()
    return (organization, pk, serial) if organization else None


def find_open(pk: int, serial: int) -> Invitation | None:
    """The invitation while it can be accepted. Looking does not use it up: mail scanners look too."""
    found: Invitation | None = (
        Invitation.objects.select_related("person", "invited_by")
        .filter(
            pk=pk,
            serial=serial,
            closed_at=None,
            expires_at__gt=now(),
            person__left_on=None,
            person__user=None,
        )
        .first()
    )
    return found


# --- what is done


@transaction.atomic
def invite_person(*, person: Person, by: Person) -> Invitation:
    """Invite, or invite again: then the former link is dead. Raises `Refused`."""
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if person.left_on is not None:
        raise Refused(f"{person} has left. Let them return first.")
    if person.user_id is not None:
        raise Refused(f"{person} has a login already.")
    if not person.email:
        raise Refused(f"There is no e-mail address for {person}. Write it down first.")
    invitation = Invitation.objects.filter(person=person, closed_at=None).first()
    if invitation is None:
        invitation = Invitation(organization=person.organization, person=person)
    else:
        invitation.serial += 1
    at = now()
    invitation.email, invitation.invited_by, invitation.invited_at = person.email, by, at
    invitation.expires_at, invitation.sent_at, invitation.tries = at + GOOD_FOR, None, 0
    invitation.save()
    note(by, "invitation.made", person, person=person.pk, email=person.email, times=invitation.serial)
    ring(invitation.organization_id)
    return invitation


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: Person) -> None:
    """The link is dead. A second time, or after it was accepted, changes nothing."""
    found = Invitation.objects.select_related("person").filter(pk=invitation.pk, closed_at=None).first()
    if found is not None and Invitation.objects.filter(pk=found.pk, closed_at=None).update(closed_at=now()):
        note(by, "invitation.withdrawn", found.person, person=found.person_id, email=found.email)


@transaction.atomic
def accept_invitation(
    *, invitation: Invitation, user: User | None = None, password: str | None = None
) -> User:
    """Tie the person to a login: the given one, whose address must be the invited one, or a new one.

    Raises `Refused` where it was used, withdrawn or has run out meanwhile, or where the login has a person here.
    """
    person = Person.objects.select_for_update(no_key=True).get(pk=invitation.person_id)
    current = find_open(invitation.pk, invitation.serial)
    if current is None:
        raise Refused("This invitation is no longer good. Ask for a new one.")
    if user is None:
        if password is None or User.objects.filter(email__iexact=current.email).exists():
            raise Refused("There is a login for this address already. Sign in with it first.")
        user = _new_user(current.email, password)
    if user.email.lower() != current.email.lower():
        raise Refused(f"This invitation is for {current.email}.")
    if Person.objects.filter(organization=person.organization_id, user=user).exists():
        raise Refused("Your login belongs to somebody else in this organization already.")
    person.user = user
    person.save(update_fields=["user"])
    at = now()
    Invitation.objects.filter(pk=current.pk).update(accepted_at=at, closed_at=at)
    note_for(
        person.organization, person, "invitation.accepted", person, person=person.pk, email=current.email
    )
    return user


def _new_user(email: str, password: str) -> User:
    """Two organizations may invite one address, and both links be opened at the same moment."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password)
    except IntegrityError:
        raise Refused("There is a login for this address already. Sign in with it first.") from None


# --- the mail


def send_due(*, organization: Organization, seconds: float = 30) -> int:
    """Send what was not sent yet; each mail in a transaction of its own, held so that nobody sends it twice.

    Where more are left after a round, the next one is rung for; a mail server that answers slowly, or not, ends it
    after so long. How many were sent.
    """
    end, sent = time.monotonic() + seconds, 0
    with tenant(organization):
        next_at = ExpressionWrapper(F("invited_at") + F("tries") * F("tries") * Value(AGAIN), DateTimeField())
        due = Invitation.objects.filter(
            organization=organization, closed_at=None, sent_at=None, expires_at__gt=now()
        ).alias(next_at=next_at)
        ids = list(
            due.filter(next_at__lte=now()).order_by("tries", "pk").values_list("pk", flat=True)[:A_ROUND]
        )
    for pk in ids:
        if time.monotonic() > end:
            break
        sent += _send(organization, pk)
    if sent == A_ROUND:
        ring(organization.pk)
    return sent


def _send(organization: Organization, pk: int) -> bool:
    with tenant(organization):
        rows: Any = Invitation.objects.select_related("person", "invited_by")
        rows = rows.select_for_update(no_key=True, of=("self",), skip_locked=True)
        invitation = rows.filter(pk=pk, closed_at=None, sent_at=None).first()
        if invitation is None:
            return False
        invitation.tries += 1
        try:
            letter(invitation).send()
        except Exception as error:  # whatever a mail server answers: the next sweep tries again
            log.warning("invitation %s could not be mailed: %s", pk, type(error).__name__)
        else:
            invitation.sent_at = now()
        invitation.save(update_fields=["tries", "sent_at"])
        return invitation.sent_at is not None


def letter(invitation: Invitation) -> EmailMessage:
    """In the language of whoever is invited."""
    with speaking(invitation.person):
        return _letter(invitation)


def _letter(invitation: Invitation) -> EmailMessage:
    context = {
        "invitation": invitation,
        "organization": invitation.organization,
        "link": settings.BASE_URL + reverse("invitation", args=[token_of(invitation)]),
    }
    return EmailMessage(
        subject=_("Your login for %(organization)s") % {"organization": invitation.organization.name},
        body=render_to_string("people/mail/invitation.txt", context).strip() + "\n",
        to=[invitation.email],
    )


def ring(organization_id: int) -> None:
    from people.tasks import send_invitations  # tasks call these actions

    bells.ring(send_invitations, organization_id)
