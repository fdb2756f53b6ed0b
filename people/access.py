"""The door: may you? Fetching through `visible_to` is the check for rows, `requires` the one for doing."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from people.models import Location, Organization, Person, RoleAssignment
from people.querysets import PersonQuerySet
from people.roles import CAPABILITIES, Capability

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
