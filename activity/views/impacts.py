"""One impact of an item, looked at by a second person."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from activity.fields import say_unit
from activity.forms_impacts import FindingForm
from activity.impacts import sent_back_of
from activity.kinds import saving_unit_of
from activity.models import Impact, ImpactKind, Verification, WorkItem
from activity.queries import may_verify
from activity.steps import NotPossible
from activity.verifying import verify_impact
from activity.views.one import item_or_404
from people.access import OrganizationRequest, requires
from people.roles import Capability


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.VERIFY_IMPACT)
def verify(request: OrganizationRequest, organization: str, number: int, kind_id: int) -> HttpResponse:
    item = item_or_404(request, number)
    impacts = Impact.objects.filter(item=item).select_related("kind__writes")
    impact = impacts.filter(kind=kind_id).first()
    if impact is None:
        return _gone(request, item, kind_id)
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


def _gone(request: OrganizationRequest, item: WorkItem, kind_id: int) -> HttpResponse:
    """Sent back while it was looked at; else nothing was ever said of it."""
    sent = sent_back_of(item, get_object_or_404(ImpactKind, pk=kind_id))
    if sent is None:
        raise Http404
    messages.error(request, f"{sent.by} sent it back. It is verified once it is reported anew.")
    return redirect(item)


def _shown(impact: Impact, standing: Verification | None) -> Any:
    """What the form shows first: what was found before, else what was reported."""
    if impact.kind.has_figure:
        return standing.value if standing else impact.amount
    return None if standing is None else "so" if standing.holds else "not"
