"""Reads that span models."""

from django.db.models import Prefetch, QuerySet

from people.access import editable_by
from people.models import Invitation, Organization, Person, RoleAssignment
from people.prepared import planned_once
from people.roles import Role
from people.tenancy import own_memberships

PEOPLE_SHOWN = {"active": "Here", "no_login": "Without a login", "left": "Left"}


@planned_once()
def memberships(user_id: int) -> list[Person]:
    """Who a user is in each of their organizations, by its name."""
    with own_memberships(user_id):
        active = Person._base_manager.filter(user_id=user_id, left_on=None)
        return list(active.select_related("organization").order_by("organization__name"))


def organizations_of(user_id: int) -> list[Organization]:
    """The organizations that a user belongs to, by name."""
    return [person.organization for person in memberships(user_id)]


def people_to_administer(editor: Person, *, text: str, shown: str) -> QuerySet[Person]:
    """Those whom the editor may edit, each with their roles and whether an invitation is open."""
    people = editable_by(editor, Person.objects.visible_to(editor)).search(text)
    people = people.filter(left_on__isnull=shown != "left")
    if shown == "no_login":
        people = people.filter(user=None)
    open_ones = Prefetch("invitations", Invitation.objects.filter(closed_at=None), to_attr="open_invitations")
    return people.select_related("location").prefetch_related("role_assignments", open_ones)


def roles_of(person: Person) -> QuerySet[RoleAssignment]:
    return RoleAssignment.objects.filter(person=person).select_related("location").order_by("role", "pk")


def who_has_roles(reader: Person, *, most: int) -> list[tuple[Role, list[RoleAssignment]]]:
    """By role, from the owner down, who has it; everybody is an employee."""
    assigned = (
        RoleAssignment.objects.filter(organization=reader.organization_id, person__left_on=None)
        .select_related("person", "location")
        .order_by("person__name", "person", "pk")
    )
    roles = [role for role in reversed(Role) if role != Role.EMPLOYEE]
    rows = {role: list(assigned.filter(role=role)[:most]) for role in roles}
    return list(rows.items())


def invitations_to_administer(editor: Person) -> QuerySet[Invitation]:
    """Newest first, of the people whom the editor may edit."""
    people = editable_by(editor, Person.objects.visible_to(editor))
    invitations = Invitation.objects.filter(organization=editor.organization_id)
    return invitations.filter(person__in=people).select_related("person", "invited_by")
