"""Evidence of awards by hand: handing out files, adding to it, withdrawing what was a mistake."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from badges.evidence import add_evidence, withdraw_evidence
from badges.evidence_forms import AddEvidenceForm
from badges.forms import ReasonForm
from badges.models import Evidence, EvidenceData, EvidenceKind, Origin
from badges.views import award_in_reach, by_hand, form_page, posted
from people.access import OrganizationRequest
from people.changes import Refused
from people.downloads import to_keep


@require_safe
def file(request: OrganizationRequest, organization: str, evidence_id: int) -> HttpResponse:
    files = Evidence.objects.readable_by(request.person).current().filter(kind=EvidenceKind.FILE)
    evidence = get_object_or_404(files, pk=evidence_id)
    kept = get_object_or_404(EvidenceData, evidence=evidence)
    return to_keep(evidence.name, evidence.content_type, bytes(kept.data))


@form_page
@by_hand
def add(request: OrganizationRequest, organization: str, award_id: int) -> HttpResponse:
    award = award_in_reach(request, award_id, origin=Origin.HAND)
    form = AddEvidenceForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_evidence(award=award, by=request.person, pieces=form.pieces())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The evidence is added.")
            return redirect(f"{award.get_absolute_url()}#evidence")
    context = {"form": form, "award": award}
    return render(request, "badges/add_evidence.html", context, status=422 if form.errors else 200)


@form_page
@by_hand
def withdraw(request: OrganizationRequest, organization: str, evidence_id: int) -> HttpResponse:
    evidence = get_object_or_404(Evidence.objects.readable_by(request.person), pk=evidence_id)
    award = award_in_reach(request, evidence.award_id or 0)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            withdraw_evidence(evidence=evidence, by=request.person, reason=form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "The evidence is withdrawn.")
            return redirect(f"{award.get_absolute_url()}#evidence")
    context = {"form": form, "evidence": evidence, "award": award}
    return render(request, "badges/withdraw_evidence.html", context, status=422 if form.errors else 200)
