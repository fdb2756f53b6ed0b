"""The door: may you? Fetching through `visible_to` is the check for rows, `requires` the one for doing."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from people.models import Location, Organization, Person, RoleAssignment
from people.models.locations import subtree_ids
from people.querysets import PersonQuerySet
from people.roles import BINDABLE, CAPABILITIES, UNBOUND_ONLY, Capability, Role, capabilities, roles_with

View = Callable[..., HttpResponseBase]
BOUND = (
    "This concerns the whole organization, and you are an administrator of some locations only. "
    "Ask an administrator who is bound to none."
)


class OrganizationRequest(HttpRequest):
    """A request under `/<organization>/`, as the membership middleware leaves it."""

    organization: Organization
    person: Person
    htmx: Any


def requires(*needed: Capability) -> Callable[[View], View]:
    """Refuse colleagues who lack one of the capabilities with 403; strangers never get this far."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            person = cast(OrganizationRequest, request).person
            lacking = frozenset(needed) - person.capabilities
            if lacking:
                raise _refusal(person, lacking)
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def requires_any(*enough: Capability) -> Callable[[View], View]:
    """Refuse colleagues who have none of the capabilities with 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            person = cast(OrganizationRequest, request).person
            if not person.capabilities & frozenset(enough):
                raise _refusal(person, frozenset(enough))
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _refusal(person: Person, lacking: frozenset[Capability]) -> PermissionDenied:
    """Says so where the role is the right one, and only bound to a location."""
    return PermissionDenied(BOUND) if lacking & capabilities(person.roles) else PermissionDenied()


def editable_by(
    person: Person, people: PersonQuerySet, needed: Capability = Capability.MANAGE_PEOPLE
) -> PersonQuerySet:
    """Those for whom the person has the capability: everybody, or who works in the role's locations and below."""
    within = _location_ids(person, needed)
    return people if within is None else people.filter(location__in=within)


def editors_of(person: Person, needed: Capability = Capability.MANAGE_PEOPLE) -> PersonQuerySet:
    """Those who have the capability for the person: `editable_by`, asked the other way round."""
    everywhere_or_there = Q(location=None) | Q(location__in=locations_of(person))
    assigned = RoleAssignment.objects.filter(everywhere_or_there, role__in=roles_with(needed))
    return Person.objects.visible_to(person).filter(pk__in=assigned.values("person"))


def able_to(needed: Capability) -> PersonQuerySet:
    """Whoever is here and has the capability, by a role that they were given."""
    assigned = RoleAssignment.objects.filter(role__in=roles_with(needed))
    if needed in UNBOUND_ONLY:
        assigned = assigned.filter(location=None)
    return Person.objects.active().filter(pk__in=assigned.values("person"))


def has_everywhere(person: Person, capability: Capability) -> bool:
    """Whether the person has it for the whole organization, not only for some locations."""
    return any(
        location is None and capability in CAPABILITIES[role] for role, location in person.assigned_roles
    )


def may_edit(editor: Person, person: Person) -> bool:
    """Whether the editor may edit this person: one of their own locations', or anybody."""
    return editable_by(editor, Person.objects.filter(pk=person.pk)).exists()


def may_sign_in_as_told_by(editor: Person, person: Person) -> bool:
    """Whether the editor may decide where the person's mail goes, invite them or let them leave.

    Nobody does so to others who hold a role that they could not have given: an address changed before an
    invitation would be a way into that role.
    """
    if editor.pk == person.pk:
        return True
    below = reach(editor)
    return all(below(role, location) for role, location in person.assigned_roles)


def reach(editor: Person) -> Callable[[Role, int | None], bool]:
    """Tells of a role somebody has whether it is none above the editor's own, for no more locations than theirs."""
    within = administered_location_ids(editor)

    def below(role: Role, location: int | None) -> bool:
        if role == Role.EMPLOYEE:
            return True
        no_wider = within is None or role not in BINDABLE or location in within
        return no_wider and role in editor.may_give_roles

    return below


def administered_location_ids(person: Person) -> set[int] | None:
    """The locations whose people somebody edits, with what is below; None for all of them."""
    return _location_ids(person, Capability.MANAGE_PEOPLE)


def _location_ids(person: Person, needed: Capability) -> set[int] | None:
    bound = [location for role, location in person.assigned_roles if needed in CAPABILITIES[role]]
    if None in bound:
        return None
    return set(subtree_ids(person.organization_id, [location for location in bound if location]))


def may_administer(person: Person, location: Location | None) -> bool:
    ids = administered_location_ids(person)
    return ids is None or (location is not None and location.pk in ids)


# UNION, not UNION ALL: a circle, should one ever be made, ends instead of running on
ABOVE = """
WITH RECURSIVE above(id) AS (
    SELECT %(id)s::bigint
    UNION SELECT l.parent_id FROM people_location l JOIN above ON l.id = above.id
          WHERE l.organization_id = %(organization)s AND l.parent_id IS NOT NULL
) SELECT id FROM above
"""


def locations_of(person: Person) -> list[int]:
    """Where somebody works, and what that is below."""
    if person.location_id is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(ABOVE, {"organization": person.organization_id, "id": person.location_id})
        return [row[0] for row in cursor.fetchall()]
