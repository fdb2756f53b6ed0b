"""The way into administration. The organization's settings are `rules`': they date the past anew."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from people.access import OrganizationRequest, requires_any
from people.roles import Capability


@requires_any(Capability.MANAGE_PEOPLE, Capability.MANAGE_ORGANIZATION, Capability.SEE_AUDIT)
@require_safe
def overview(request: OrganizationRequest, organization: str) -> HttpResponse:
    return render(request, "people/settings/overview.html")
