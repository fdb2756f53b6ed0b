"""The tree of locations. Changing one is `rules`' page: a move dates the past anew."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.access import OrganizationRequest, requires
from people.actions import today_in
from people.changes import Refused
from people.forms import LocationForm
from people.models import Location
from people.places import add_location, close_location, open_location, tree
from people.roles import Capability
from people.taken import Taken

manages = requires(Capability.MANAGE_LOCATIONS)


@manages
@require_safe
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    return render(request, "people/settings/locations.html", {"places": tree(request.organization)})


@manages
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: OrganizationRequest, organization: str) -> HttpResponse:
    initial = {"parent": request.GET.get("below", "")[:20]}
    form = LocationForm(request.POST or None, initial=initial, organization=request.organization)
    if request.method == "POST" and form.is_valid():
        try:
            made = add_location(organization=request.organization, by=request.person, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(refusal.field if isinstance(refusal, Taken) else "parent", str(refusal))
        else:
            messages.success(request, f"{made} is added.")
            return redirect("administration:locations", organization)
    return _show(request, form)


def _show(request: OrganizationRequest, form: BaseForm, **context: Any) -> HttpResponse:
    status = 422 if form.is_bound else 200
    return render(request, "people/settings/location.html", {"form": form, **context}, status=status)


@manages
@require_POST
def close(request: OrganizationRequest, organization: str, location_id: int) -> HttpResponse:
    location = _location(request, location_id)
    try:
        close_location(location=location, by=request.person, closed_on=today_in(request.organization))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{location} is closed.")
    return redirect("administration:location", organization, location_id)


@manages
@require_POST
def reopen(request: OrganizationRequest, organization: str, location_id: int) -> HttpResponse:
    location = _location(request, location_id)
    try:
        open_location(location=location, by=request.person)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{location} is open again.")
    return redirect("administration:location", organization, location_id)


def _location(request: OrganizationRequest, location_id: int) -> Location:
    location: Location = get_object_or_404(Location.objects.visible_to(request.person), pk=location_id)
    return location
