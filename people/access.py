"""The door: may you? Fetching through `visible_to` is the check for rows, `requires` the one for doing."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from people.models import Location, Organization, Person, RoleAssignment
from people.querysets import PersonQuerySet
from people.roles import CAPABILITIES, Capability, Role

View = Callable[..., HttpResponse]


class OrganizationRequest(HttpRequest):
    """A request under `/<organization>/`, as the membership middleware leaves it."""

    organization: Organization
    person: Person
    htmx: Any


def requires(*needed: Capability) -> Callable[[View], View]:
    """Refuse colleagues who lack one of the capabilities with 403; strangers never get this far."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            person = cast(OrganizationRequest, request).person
            if not all(person.can(capability) for capability in needed):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def requires_any(*enough: Capability) -> Callable[[View], View]:
    """Refuse colleagues who have none of the capabilities with 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            person = cast(OrganizationRequest, request).person
            if not any(person.can(capability) for capability in enough):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def editable_by(
    person: Person, people: PersonQuerySet, needed: Capability = Capability.MANAGE_PEOPLE
) -> PersonQuerySet:
    """Those for whom the person has the capability: everybody, or who works in the role's locations and below."""
    roles = [role for role, held in CAPABILITIES.items() if needed in held]
    assigned = RoleAssignment.objects.filter(person=person, role__in=roles)
    location_ids = set(assigned.values_list("location", flat=True))
    if None in location_ids:
        return people
    locations = Location.objects.filter(pk__in=location_ids)
    within = {place for location in locations for place in location.subtree_ids()}
    return people.filter(location__in=within)


def may_edit(editor: Person, person: Person) -> bool:
    """Whether the editor may edit this person: one of their own locations', or anybody."""
    return editable_by(editor, Person.objects.filter(pk=person.pk)).exists()


def may_sign_in_as_told_by(editor: Person, person: Person) -> bool:
    """Whether the editor may decide where the person's mail goes, invite them or let them leave.

    Nobody does so to others who hold a role that they could not have given: an address changed before an
    invitation would be a way into that role.
    """
    return editor.pk == person.pk or person.roles - {Role.EMPLOYEE} <= editor.may_give_roles


def administered_location_ids(person: Person) -> set[int] | None:
    """The locations whose people somebody edits, with what is below; None for all of them."""
    bound = [
        location for role, location in person.assigned_roles if Capability.MANAGE_PEOPLE in CAPABILITIES[role]
    ]
    if None in bound:
        return None
    locations = Location.objects.filter(pk__in=[location for location in bound if location])
    return {place for location in locations for place in location.subtree_ids()}


def may_administer(person: Person, location: Location | None) -> bool:
    ids = administered_location_ids(person)
    return ids is None or (location is not None and location.pk in ids)
