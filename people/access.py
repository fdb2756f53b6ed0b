"""The door: may you? Fetching through `visible_to` is the check for rows, `requires` the one for doing."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from people.models import Organization, Person
from people.roles import Capability

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
