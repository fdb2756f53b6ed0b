"""The kinds of impact that an organization names, and one impact of an item, looked at by a second person."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from activity.fields import say_unit
from activity.forms_impacts import FindingForm, ImpactKindForm
from activity.impact_kinds import add_impact_kind, edit_impact_kind, impact_kinds, shift_impact_kind
from activity.kinds import saving_unit_of
from activity.models import Impact, ImpactKind, Verification
from activity.queries import may_verify
from activity.steps import NotPossible
from activity.verifying import verify_impact
from activity.views.one import item_or_404
from people.access import OrganizationRequest, requires, requires_any
from people.changes import Refused
from people.roles import Capability

_MAY = (Capability.MANAGE_BADGES, Capability.MANAGE_ORGANIZATION)
DIRECTIONS = {"up": -1, "down": 1}
SETTLED = ("name", "unit", "yearly", "is_active")


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
    context = {"form": form, "kinds": listed, "currency": currency}
    return render(request, "activity/impact_kinds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires_any(*_MAY)
def kind(request: OrganizationRequest, organization: str, kind_id: int) -> HttpResponse:
    edited = get_object_or_404(ImpactKind, pk=kind_id)
    form = ImpactKindForm(request.POST if request.method == "POST" else None, kind=edited)
    form.initial = {name: getattr(edited, name) for name in SETTLED if name in form.fields}
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


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.VERIFY_IMPACT)
def verify(request: OrganizationRequest, organization: str, number: int, kind_id: int) -> HttpResponse:
    item = item_or_404(request, number)
    impacts = Impact.objects.filter(item=item).select_related("kind__writes")
    impact = get_object_or_404(impacts, kind=kind_id)
    if not may_verify(request.person, item):
        raise PermissionDenied
    standing = Verification.objects.filter(item=item, kind=impact.kind, withdrawn_at=None).first()
    stands = {"value": _shown(impact, standing)}
    form = FindingForm(request.POST if request.method == "POST" else None, kind=impact.kind, initial=stands)
    unit = saving_unit_of(request.organization)
    say_unit(form, unit)
    if request.method == "POST" and form.is_valid():
        try:
            verify_impact(item=item, kind=impact.kind, by=request.person, **form.cleaned_data)
        except NotPossible as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, f"{item.label}: {impact.kind} is verified.")
        return redirect(f"{item.get_absolute_url()}#impacts")
    said = impact.kind.in_words(impact.said, unit)
    context = {"form": form, "item": item, "impact": impact, "said": said, "standing": standing}
    return render(request, "activity/verify_impact.html", context, status=422 if form.errors else 200)


def _shown(impact: Impact, standing: Verification | None) -> Any:
    """What the form shows first: what was found before, else what was reported."""
    if impact.kind.has_figure:
        return standing.value if standing else impact.amount
    return None if standing is None else "so" if standing.holds else "not"
