"""Changing an item, and what was changed about it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from activity.editing import EditRefused, edit_item, overtaking
from activity.forms_edit import EditForm
from activity.kinds import saving_unit_of
from activity.models import WorkItem
from activity.moving import Moving
from activity.queries import changes_of
from activity.views.one import item_or_404
from people.access import OrganizationRequest


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: OrganizationRequest, organization: str, number: int) -> HttpResponse:
    item = item_or_404(request, number)
    moving = Moving(request.person)
    if not moving.may_edit(item):
        return _handed_back(request, item, moving)
    if request.method != "POST":
        return _page(request, item, EditForm(item=item, editor=request.person))
    form = EditForm(request.POST, item=item, editor=request.person)
    if not form.is_valid():
        return _page(request, item, form)
    try:
        edit_item(item=item, by=request.person, seen=form.cleaned_data["seen"], said=form.values())
    except EditRefused as refusal:
        return _page(request, item, form, refusal)
    messages.success(request, f"{item.label} is saved.")
    return redirect(item)


def _handed_back(request: OrganizationRequest, item: WorkItem, moving: Moving) -> HttpResponse:
    """Nobody loses what they wrote because somebody else was quicker, and it is not theirs to change any more."""
    if request.method != "POST":
        raise PermissionDenied
    form = EditForm(request.POST, item=item, editor=request.person)
    form.is_valid()
    seen = form.cleaned_data.get("seen", -1)
    since = list(changes_of(item).filter(pk__gt=seen)) if seen >= 0 else []
    if not since:
        raise PermissionDenied
    form.hand_back(
        f"{overtaking(since)} meanwhile, so you cannot change it any more. {moving.who_edits(item)} still can. "
        "What you wrote is here for you to copy: nothing of it is saved."
    )
    unit = saving_unit_of(request.organization)
    meanwhile = [(one, one.in_words(unit)) for one in since]
    context = {"form": form, "item": item, "meanwhile": meanwhile, "is_closed": True}
    return render(request, "activity/edit.html", context, status=422)


def _page(
    request: OrganizationRequest, item: WorkItem, form: EditForm, refusal: EditRefused | None = None
) -> HttpResponse:
    meanwhile = []
    if refusal and refusal.field is None:
        unit, seen = saving_unit_of(request.organization), form.cleaned_data["seen"]
        meanwhile = [(one, one.in_words(unit)) for one in changes_of(item) if one.pk > seen]
        form = form.renewed()
    if refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
    context = {"form": form, "item": item, "meanwhile": meanwhile}
    return render(request, "activity/edit.html", context, status=422 if form.errors else 200)
