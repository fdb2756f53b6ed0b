"""An organization's own steps: the page to arrange them, and moving an item to one."""

from functools import partial
from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from activity import workflow
from activity.forms_steps import MoversForm, StepForm
from activity.models import STEPPED, ItemKind, Step, WorkItem
from activity.moving import Moving, movers_of, moves_of
from activity.steps import NotPossible, move_to_step
from activity.views.one import back_to, item_or_404
from people.access import OrganizationRequest, requires
from people.editions import EditionForm
from people.roles import Capability

DIRECTIONS = {"up": -1, "down": 1}
# Whoever moves everybody's work does not say who may: else they would complete their own.
BINDS = Capability.MANAGE_ORGANIZATION


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_STEPS)
def steps(request: OrganizationRequest, organization: str) -> HttpResponse:
    """Each kind's own steps, and who may make Lapel's own moves."""
    if request.method != "POST":
        return _page(request)
    kind = request.POST.get("kind", "")
    if kind in ItemKind.values and "moves" in request.POST:
        return _allow(request, ItemKind(kind))
    if kind not in STEPPED:
        raise Http404
    form = StepForm(
        request.POST,
        auto_id=f"id_{kind}_%s",
        organization=request.organization,
        binds=request.person.can(BINDS),
    )
    if form.is_valid():
        try:
            step = workflow.add_step(kind=ItemKind(kind), by=request.person, **form.cleaned_data)
        except NotPossible as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{step.name} is a step now.")
            return redirect(request.path)
    return _page(request, kind, form=form)


def _allow(request: OrganizationRequest, kind: ItemKind) -> HttpResponse:
    if not request.person.can(BINDS):
        raise PermissionDenied
    form = MoversForm(request.POST, kind=kind, movers=movers_of())
    if not form.is_valid() or _is_overtaken(form):
        return _page(request, kind, moves=form)
    workflow.allow_moves(kind=kind, movers=form.cleaned_data, by=request.person)
    messages.success(request, f"Who may move {kind.label.lower()}s is saved.")
    return redirect(request.path)


def _is_overtaken(form: EditionForm) -> bool:
    said = {name: form.cleaned_data[name] for name in form.initial}
    return form.is_overtaken(SimpleNamespace(**form.initial), said)


def _page(request: OrganizationRequest, wrong: str = "", **bound: Any) -> HttpResponse:
    """`bound` are forms of the kind `wrong` that were sent and have errors."""
    found, movers = list(Step.objects.select_related("writes")), movers_of()
    empty = partial(StepForm, organization=request.organization, binds=request.person.can(BINDS))
    kinds: list[dict[str, Any]] = [
        {
            "kind": known,
            "steps": [step for step in found if step.kind == known],
            "form": empty(auto_id=f"id_{known.value}_%s") if known in STEPPED else None,
            "moves": MoversForm(kind=known, movers=movers),
            "movers": [(label, movers[known, move.name].label) for move, label in moves_of(known)],
            **(bound if known == wrong else {}),
        }
        for known in ItemKind
    ]
    context = {
        "kinds": kinds,
        "wrong": next(iter(bound.values()), None),
        "binds": request.person.can(BINDS),
    }
    return render(request, "activity/steps.html", context, status=422 if bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_STEPS)
def step(request: OrganizationRequest, organization: str, step_id: int) -> HttpResponse:
    edited = get_object_or_404(Step.objects.select_related("writes"), pk=step_id)
    binds = request.person.can(BINDS)
    bound = {name: getattr(edited, name) for name in ("movers", "required")}
    initial = {"name": edited.name, "writes": edited.writes.name if edited.writes else ""}
    data = request.POST if request.method == "POST" else None
    form = StepForm(
        data, initial=initial | (bound if binds else {}), organization=request.organization, binds=binds
    )
    if request.method == "POST" and form.is_valid() and not _is_overtaken(form):
        try:
            workflow.edit_step(step=edited, by=request.person, **(bound | form.cleaned_data))
        except NotPossible as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, f"{edited.name} is saved.")
            return redirect("activity:steps", organization)
    context = {
        "form": form,
        "step": edited,
        "may_remove": binds or not edited.required,
        "there": WorkItem.objects.visible_to(request.person).filter(step=edited).count(),
    }
    return render(request, "activity/step.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Capability.MANAGE_STEPS)
def shift(request: OrganizationRequest, organization: str, step_id: int) -> HttpResponse:
    if request.POST.get("direction") not in DIRECTIONS:
        raise Http404
    workflow.shift_step(step=get_object_or_404(Step, pk=step_id), by=DIRECTIONS[request.POST["direction"]])
    return redirect("activity:steps", organization)


@require_POST
@requires(Capability.MANAGE_STEPS)
def remove(request: OrganizationRequest, organization: str, step_id: int) -> HttpResponse:
    removed = get_object_or_404(Step, pk=step_id)
    if removed.required and not request.person.can(BINDS):
        raise PermissionDenied
    workflow.remove_step(step=removed, by=request.person)
    messages.success(request, f"{removed.name} is no step any more. Work that stood there is in progress.")
    return redirect("activity:steps", organization)


@require_POST
def move(request: OrganizationRequest, organization: str, number: int, step_id: int) -> HttpResponse:
    item = item_or_404(request, number)
    chosen = get_object_or_404(Step.objects.select_related("writes"), pk=step_id)
    if not Moving(request.person).may_enter(item, chosen):
        raise PermissionDenied
    try:
        move_to_step(item=item, step=chosen, by=request.person)
    except NotPossible as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{item.label}: {chosen.name}.")
    return redirect(back_to(request, item))
