"""Inviting many people at once: whom it would reach, whom not and why, and doing it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import batched

from django.db import transaction
from django.db.models import QuerySet, TextChoices

from people.access import reach
from people.audit import note
from people.clock import now
from people.invitations import GOOD_FOR, ring
from people.models import Invitation, Person, RoleAssignment
from people.roles import Role
from people.text import so_many_people

BATCH = 1_000
SOME = 5


class Uninvited(TextChoices):
    LEFT = "left", "Have left"
    LOGIN = "login", "Have a login already"
    ADDRESS = "address", "Have no e-mail address"
    INVITED = "invited", "Have an invitation that is still good"
    ROLE = "role", "Have a role that you could not have given"


@dataclass(frozen=True)
class Plan:
    """Who would be invited, and who would not, by reason; each by their ids, in the order of their names."""

    invited: list[int] = field(default_factory=list)
    others: dict[Uninvited, list[int]] = field(default_factory=dict)


def plan_invitations(*, people: QuerySet[Person], by: Person) -> Plan:
    """Three queries, however many people there are."""
    plan = Plan()
    too_high = _beyond(by)
    waiting = Invitation.objects.filter(closed_at=None, expires_at__gt=now())
    invited = set(waiting.values_list("person", flat=True))
    known = people.order_by("folded", "pk").values_list("pk", "left_on", "user", "email")
    for pk, left_on, user, email in known:
        why = (
            Uninvited.LEFT if left_on
            else Uninvited.LOGIN if user
            else Uninvited.ADDRESS if not email
            else Uninvited.INVITED if pk in invited
            else Uninvited.ROLE if pk in too_high
            else None
        )  # fmt: skip
        if why is None:
            plan.invited.append(pk)
        else:
            plan.others.setdefault(why, []).append(pk)
    return plan


@transaction.atomic
def invite_people(*, person_ids: Iterable[int], by: Person) -> int:
    """Invite those who can be: how many. Whoever was invited and let the time run out gets a new link.

    Whoever was invited meanwhile is not invited again, so that a second click does nothing.
    """
    ids = sorted(person_ids)
    locked = Person.objects.filter(pk__in=ids, organization=by.organization_id).order_by("pk")
    list(locked.select_for_update(no_key=True).values_list("pk"))
    plan = plan_invitations(people=Person.objects.visible_to(by).filter(pk__in=ids), by=by)
    addresses = dict(Person.objects.filter(pk__in=plan.invited).values_list("pk", "email"))
    at = now()
    too_old = {one.person_id: one for one in Invitation.objects.filter(person__in=addresses, closed_at=None)}
    for some in batched(addresses, BATCH):
        invitations = [
            too_old.get(pk) or Invitation(organization=by.organization, person_id=pk) for pk in some
        ]
        for one in invitations:
            one.serial += one.pk is not None
            one.email, one.invited_by, one.invited_at = addresses[one.person_id], by, at
            one.expires_at, one.sent_at, one.tries = at + GOOD_FOR, None, 0
        Invitation.objects.bulk_create([one for one in invitations if one.pk is None])
        again = [one for one in invitations if one.person_id in too_old]
        Invitation.objects.bulk_update(again, CHANGED)
    if addresses:
        note(by, "invitation.many", so_many_people(len(addresses)), people=len(addresses))
        ring(by.organization_id)
    return len(addresses)


CHANGED = ["email", "invited_by", "invited_at", "expires_at", "serial", "tries", "sent_at"]


def _beyond(editor: Person) -> set[int]:
    """Who has a role that is above the editor's own, or for more places than theirs."""
    below = reach(editor)
    assigned = RoleAssignment.objects.filter(organization=editor.organization_id).exclude(person=editor)
    rows = assigned.values_list("person", "role", "location")
    return {person for person, role, location in rows if not below(Role(role), location)}
