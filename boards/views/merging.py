"""Merging two records of one person: choosing the other one, seeing what would happen, and undoing it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from badges.merging import duplicates
from boards.forms_merging import MergeForm
from boards.merging import merge_people, part_people, tallies, went_over
from people.access import OrganizationRequest, may_edit, requires
from people.changes import Refused
from people.forms import FindForm
from people.models import Merge
from people.queries import people_to_administer
from people.roles import Capability
from people.views.people import editable

manages = requires(Capability.MANAGE_PEOPLE)
MOST_FOUND = 20


@manages
@require_safe
def choose(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    """The other record, among the people whom one may edit: those who are here, and those who left."""
    person = editable(request, person_id, lets_in=True)
    find = FindForm(request.GET)
    find.is_valid()
    text = find.cleaned_data.get("q", "")
    found = [
        other
        for shown in ("active", "left")
        for other in people_to_administer(request.person, text=text, shown=shown).exclude(pk=person_id)[
            :MOST_FOUND
        ]
    ]
    context = {"whom": person, "text": text, "found": found[:MOST_FOUND] if text else []}
    return render(request, "people/settings/merge.html", context)


@manages
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: OrganizationRequest, organization: str, person_id: int, other_id: int) -> HttpResponse:
    two = (person_id, other_id)
    done = Merge.objects.filter(organization=request.organization, undone_at=None)
    merge = done.filter(kept__in=two, merged__in=two).select_related("kept").first()
    if merge is not None and may_edit(request.person, merge.kept):
        return redirect(merge)
    one, other = (editable(request, pk, lets_in=True) for pk in two)
    if one.pk == other.pk:
        raise Http404
    form = MergeForm(request.POST or None, one=one, other=other)
    if request.method == "POST" and form.is_valid():
        try:
            merge = merge_people(kept=form.kept, merged=form.merged, by=request.person, theirs=form.theirs)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"The records are merged. {merge.kept} has everything now.")
            return redirect("administration:person", organization, merge.kept_id)
    context: dict[str, Any] = {
        "form": form,
        "one": one,
        "other": other,
        "tallies": tallies(one, other),
        "duplicates": duplicates(one.pk, other.pk),
    }
    status = 422 if form.is_bound else 200
    return render(request, "people/settings/merge_preview.html", context, status=status)


@manages
@require_http_methods(["GET", "HEAD", "POST"])
def merged(request: OrganizationRequest, organization: str, merge_id: int) -> HttpResponse:
    """What a merge did; sent, undo it."""
    rows: Any = Merge.objects.select_related("kept", "merged", "by", "undone_by")
    merge = get_object_or_404(rows, organization=request.organization, pk=merge_id)
    if not may_edit(request.person, merge.kept):
        raise PermissionDenied
    refused = ""
    if request.method == "POST":
        try:
            part_people(merge=merge, by=request.person)
        except Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, "The merge is undone. There are two records again.")
            return redirect(merge)
    context = {"merge": merge, "refused": refused, "went": went_over(merge)}
    return render(request, "people/settings/merged.html", context, status=422 if refused else 200)
