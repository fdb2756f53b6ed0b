"""The way into administration, and the organization's settings."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from people.access import OrganizationRequest, requires, requires_any
from people.forms import OrganizationForm
from people.organizations import change_settings
from people.roles import Capability


@requires_any(Capability.MANAGE_PEOPLE, Capability.MANAGE_ORGANIZATION, Capability.SEE_AUDIT)
@require_safe
def overview(request: OrganizationRequest, organization: str) -> HttpResponse:
    return render(request, "people/settings/overview.html")


@requires(Capability.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: OrganizationRequest, organization: str) -> HttpResponse:
    row = request.organization
    initial = {"name": row.name, "zone": row.zone, "first_weekday": row.first_weekday}
    form = OrganizationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        change_settings(organization=row, by=request.person, **form.cleaned_data)
        messages.success(request, "The settings are saved.")
        return redirect("administration:organization", organization)
    status = 422 if form.is_bound else 200
    return render(request, "people/settings/organization.html", {"form": form}, status=status)
