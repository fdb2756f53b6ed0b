"""Improvements, projects, tasks and events: a new one, one with its steps."""

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from activity import steps
from activity.forms import CompleteForm, DeclineForm, VerifyForm, VoidForm, WorkForm
from activity.models import ItemKind, ItemState, MoveName
from activity.moving import MOVES, Moving
from activity.queries import may_void
from activity.verifying import verify_impact
from activity.views.one import back_to, item_or_404, item_page
from people.access import OrganizationRequest, requires
from people.roles import Capability


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.SUBMIT_WORK)
def create(request: OrganizationRequest, organization: str) -> HttpResponse:
    form = _work_form(request)
    if form.is_bound and form.is_valid():
        item = steps.begin_item(author=request.person, **form.values())
        messages.success(request, f"{item.label} is in. Thank you.")
        return redirect(item)
    context = {"form": form, "kinds": ItemKind.choices}
    return render(request, "activity/create.html", context, status=422 if form.errors else 200)


def _work_form(request: OrganizationRequest) -> WorkForm:
    """Bound to what was sent; a press on another kind of work keeps what was written, and judges nothing yet."""
    author, posted = request.person, request.POST
    if "become" in posted:
        return WorkForm(author=author, kind=posted["become"], initial=posted.dict())
    return WorkForm(
        posted if request.method == "POST" else None, author=author, kind=request.GET.get("kind", "")
    )


@require_safe
def detail(request: OrganizationRequest, organization: str, number: int) -> HttpResponse:
    return item_page(request, item_or_404(request, number))


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: OrganizationRequest, organization: str, number: int) -> HttpResponse:
    """One step of an item, named by the button that was pressed."""
    item, step = item_or_404(request, number), request.POST.get("step", "")
    if request.method != "POST":  # the form's answer, loaded again
        return redirect(item)
    if step not in MOVES:
        raise Http404
    if not Moving(request.person).may(item, step):
        raise PermissionDenied
    form: CompleteForm | DeclineForm | None = None
    if step == MoveName.COMPLETE:
        form = CompleteForm(request.POST, item=item, by=request.person)
    elif step == MoveName.DECLINE:
        form = DeclineForm(request.POST)
    if form and not form.is_valid():
        return item_page(request, item, **{"decline" if step == MoveName.DECLINE else "form": form})
    said = form.outcome() if form else {}
    try:
        moved = cast(Any, getattr(steps, f"{step}_item"))(item=item, by=request.person, **said)
    except steps.NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{moved.label}: {moved.state_in_words.lower()}.")
    return redirect(back_to(request, item))


@require_http_methods(["GET", "HEAD", "POST"])
def void(request: OrganizationRequest, organization: str, number: int) -> HttpResponse:
    item = item_or_404(request, number)
    if item.state == ItemState.VOIDED:  # a second click, or a page loaded again
        return redirect(item)
    if not may_void(request.person, item):
        raise PermissionDenied
    form = VoidForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        voided = steps.void_item(item=item, by=request.person, reason=form.cleaned_data["reason"])
        messages.success(request, f"{voided.label} is void and counts for nobody.")
        return redirect(voided)
    context = {"form": form, "item": item}
    return render(request, "activity/void.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.VERIFY_IMPACT)
def verify(request: OrganizationRequest, organization: str, number: int) -> HttpResponse:
    item, form = item_or_404(request, number), VerifyForm(request.POST)
    if request.method != "POST":  # the form's answer, loaded again
        return redirect(item)
    if not form.is_valid():
        return item_page(request, item, verify=form)
    try:
        verify_impact(item=item, by=request.person, **form.cleaned_data)
    except steps.NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{item.label}: what it saves is verified.")
    return redirect(item)
