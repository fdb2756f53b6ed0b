"""People suggested while a name is written."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from people.access import OrganizationRequest
from people.suggesting import suggestions


@require_safe
def suggest(request: OrganizationRequest, organization: str) -> HttpResponse:
    """The options of a list, for `q`; they are a part of a page, and no page."""
    found = suggestions(request.person, request.GET.get("q", ""))
    return render(request, "people/_suggestions.html", {"suggestions": found})
