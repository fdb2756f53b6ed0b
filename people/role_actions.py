"""Giving and taking roles. All changes of an organization's roles come one after the other.

Whoever gives must be allowed to give that role, to that person, for that place: it is asked here too, because a
mistake at one door would hand out everything. What is unsound raises `Refused`.
"""

from django.db import transaction

from people.access import may_administer, may_edit
from people.audit import note
from people.changes import Refused
from people.models import Location, Organization, Person, RoleAssignment
from people.roles import BINDABLE, Role

LAST_OWNER = "This is the last owner. Make somebody else an owner first."


@transaction.atomic
def give_role(*, person: Person, role: Role, by: Person, location: Location | None = None) -> RoleAssignment:
    """The same role again changes nothing. Nobody gives a role to themselves."""
    lock_roles(person.organization)
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    if person.left_on is not None:
        raise Refused(f"{person} has left. Let them return first.")
    if person.pk == by.pk:
        raise Refused("Nobody gives a role to themselves. Ask somebody else who may.")
    if location is not None and role not in BINDABLE:
        raise Refused(f"{role.label} is a role for the whole organization. Leave the location empty.")
    refuse_beyond(by, person, role, location)
    assignment, is_new = RoleAssignment.objects.get_or_create(
        organization=person.organization, person=person, role=role, location=location
    )
    if is_new:
        note(by, "role.given", person, person=person.pk, role=role, location=str(location or ""))
    return assignment


@transaction.atomic
def take_role(*, assignment: RoleAssignment, by: Person) -> None:
    """One's own may be laid down. A second time changes nothing."""
    lock_roles(by.organization)
    found = RoleAssignment.objects.select_related("person", "location").filter(pk=assignment.pk).first()
    if found is None:
        return
    if found.person_id != by.pk:
        refuse_beyond(by, found.person, Role(found.role), found.location)
    if found.role == Role.OWNER:
        _refuse_last_owner(found.person)
    note(
        by,
        "role.taken",
        found.person,
        person=found.person_id,
        role=found.role,
        location=str(found.location or ""),
    )
    found.delete()


def lock_roles(organization: Organization) -> None:
    """Before anybody's own row, so that nobody waits in a circle."""
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def refuse_beyond(by: Person, person: Person, role: Role, location: Location | None) -> None:
    if role not in by.may_give_roles:
        raise Refused(f"You may not give or take the role {role.label}.")
    if not may_edit(by, person):
        raise Refused(f"{person} works outside the locations that you administer.")
    if not may_administer(by, location):
        raise Refused("You can give this role only for the locations that you administer.")


def _refuse_last_owner(person: Person) -> None:
    owners = RoleAssignment.objects.filter(
        organization=person.organization_id, role=Role.OWNER, person__left_on=None
    )
    if not owners.exclude(person=person).exists():
        raise Refused(LAST_OWNER)
