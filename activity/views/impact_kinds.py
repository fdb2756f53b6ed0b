"""The kinds of impact that an organization names."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from activity.forms_kinds import ImpactKindForm
from activity.impact_kinds import add_impact_kind, edit_impact_kind, impact_kinds, shift_impact_kind
from activity.kinds import saving_unit_of
from activity.models import ImpactKind
from people.access import OrganizationRequest, requires_any
from people.changes import Refused
from people.roles import Capability

_MAY = (Capability.MANAGE_BADGES, Capability.MANAGE_ORGANIZATION)
DIRECTIONS = {"up": -1, "down": 1}
EDITED = ("name", "unit", "yearly", "asks_expected", "is_active")


@require_http_methods(["GET", "HEAD", "POST"])
@requires_any(*_MAY)
def kinds(request: OrganizationRequest, organization: str) -> HttpResponse:
    form = ImpactKindForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            kind = add_impact_kind(by=request.person, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{kind} is a kind of impact now.")
            return redirect(request.path)
    currency = saving_unit_of(request.organization)
    listed = [(kind, kind.measured_in(currency or "Money")) for kind in impact_kinds()]
    context = {"form": form, "kinds": listed}
    return render(request, "activity/impact_kinds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_any(*_MAY)
def kind(request: OrganizationRequest, organization: str, kind_id: int) -> HttpResponse:
    edited = get_object_or_404(ImpactKind, pk=kind_id)
    form = ImpactKindForm(request.POST if request.method == "POST" else None, kind=edited)
    form.initial = {name: getattr(edited, name) for name in EDITED if name in form.fields}
    if request.method == "POST" and form.is_valid() and not form.is_overtaken(edited, form.cleaned_data):
        try:
            edit_impact_kind(kind=edited, by=request.person, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{edited} is saved.")
            return redirect("activity:impact_kinds", organization)
    context: dict[str, Any] = {"form": form, "kind": edited}
    return render(request, "activity/impact_kind.html", context, status=422 if form.errors else 200)


@require_POST
@requires_any(*_MAY)
def shift(request: OrganizationRequest, organization: str, kind_id: int) -> HttpResponse:
    if request.POST.get("direction") not in DIRECTIONS:
        raise Http404
    shift_impact_kind(
        kind=get_object_or_404(ImpactKind, pk=kind_id), by=DIRECTIONS[request.POST["direction"]]
    )
    return redirect("activity:impact_kinds", organization)
