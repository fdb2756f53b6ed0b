"""The kinds of activity that an organization knows, and what it calls them."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from activity.forms_kinds import KindForm, NewKindForm, OwnKindForm
from activity.kinds import add_kind, edit_kind, known_kind, known_kinds
from people.access import OrganizationRequest, requires_any
from people.changes import Refused
from people.roles import Capability

_MAY = (Capability.MANAGE_BADGES, Capability.MANAGE_ORGANIZATION)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_any(*_MAY)
def kinds(request: OrganizationRequest, organization: str) -> HttpResponse:
    form = NewKindForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            kind = add_kind(by=request.person, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{kind} is known now.")
            return redirect(request.path)
    context: dict[str, Any] = {"form": form, "kinds": known_kinds(request.organization)}
    return render(request, "activity/kinds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_any(*_MAY)
def kind(request: OrganizationRequest, organization: str, name: str) -> HttpResponse:
    known = known_kind(request.organization, name.replace("\0", ""))
    if known is None:
        raise Http404
    if known.impact_id:
        return redirect("activity:impact_kind", organization, known.impact_id)
    initial = {field: getattr(known.kind, field) for field in ("label", "expects_value", "unit")}
    data = request.POST if request.method == "POST" else None
    own = known.kind.expects_value
    form = OwnKindForm(data, initial=initial, has_value=own) if known.own else KindForm(data, initial=initial)
    if request.method == "POST" and form.is_valid() and not form.is_overtaken(known.kind, form.cleaned_data):
        edited = edit_kind(name=known.kind.name, by=request.person, **form.cleaned_data)
        messages.success(request, f"{edited} is saved.")
        return redirect("activity:kinds", organization)
    context: dict[str, Any] = {"form": form, "known": known}
    return render(request, "activity/kind.html", context, status=422 if form.errors else 200)
