"""Making and changing badges: not in `badges`, because a badge that comes into use wakes its rule."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from badges.defining import Circle, create_badge, edit_badge, store_emblem
from badges.emblem import Unusable, refuse_size
from badges.forms import BadgeForm, OptionalReasonForm, WithdrawForm, initial_of, preset_data, presets
from badges.models import STATE_MEANINGS, Award, Badge, BadgeState, GrantMode, emblem_url
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.roles import Capability
from rules.actions import change_badge_state, wake_rule
from rules.models import Rule
from rules.readiness import lacks_of
from rules.views import looking

defines_badges = requires(Capability.MANAGE_BADGES)
form_page = require_http_methods(["GET", "HEAD", "POST"])
NEW = {
    "kind": "step",
    "mode": "hand",
    "tells_on_grant": True,
    "tells_on_loss": True,
    "reminds": True,
    "ends_unit": "year",
}


@form_page
@defines_badges
def create(request: OrganizationRequest, organization: str) -> HttpResponse:
    form, stored = _form(request, initial=NEW)
    if request.method == "POST" and form.is_valid():
        state = BadgeState.DRAFT if "draft" in request.POST else BadgeState.ACTIVE
        try:
            badge = create_badge(
                organization=request.organization, by=request.person, state=state, **_fields(request, form)
            )
        except (Refused, Unusable) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{badge.name} is made.")
            by_rule = badge.mode != GrantMode.HAND
            return redirect("rules:edit", organization, badge.slug) if by_rule else redirect(badge)
    return _page(request, form, stored)


@form_page
@defines_badges
def edit(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badge = _badge(request, slug)
    form, stored = _form(request, badge, initial=initial_of(badge))
    fields = _fields(request, form) if request.method == "POST" and form.is_valid() else None
    if fields is not None and not form.is_overtaken(badge, fields):
        try:
            with transaction.atomic():
                edited = edit_badge(badge=badge, by=request.person, **fields)
                if edited.mode != badge.mode:
                    wake_rule(badge=edited)
        except (Refused, Unusable) as refused:
            form.add_error("supersedes" if isinstance(refused, Circle) else None, str(refused))
        else:
            messages.success(request, f"{form.cleaned_data['name']} is saved.")
            return redirect(badge)
    return _page(request, form, stored, badge)


@form_page
@defines_badges
def change_state(request: OrganizationRequest, organization: str, slug: str, state: str) -> HttpResponse:
    badge = _badge(request, slug)
    if state not in CHANGES:
        raise Http404
    form_class = WithdrawForm if state == BadgeState.WITHDRAWN else OptionalReasonForm
    form = form_class(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            change_badge_state(
                badge=badge, state=state, by=request.person, reason=form.cleaned_data["reason"]
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{badge.name} is {CHANGES[state]['done']}.{looking(badge)}")
            return redirect(badge)
    lacks = lacks_of(badge, Rule.objects.filter(badge=badge).first()) if state == BadgeState.ACTIVE else []
    context = {
        "badge": badge,
        "form": form,
        "change": CHANGES[state],
        "state": state,
        "states": states(),
        "lacks": lacks,
        "holders": Award.objects.standing()
        .filter(badge=badge)
        .aggregate(n=Count("person", distinct=True))["n"],
    }
    return render(request, "badges/state.html", context, status=422 if form.errors else 200)


def states() -> list[tuple[str, str, str]]:
    """Each state of a badge: value, name, what it means."""
    return [(state.value, state.label, STATE_MEANINGS[state]) for state in BadgeState]


CHANGES: dict[str, dict[str, str]] = {
    BadgeState.ACTIVE: {
        "title": "Put the badge in use",
        "verb": "Put it in use",
        "done": "in use",
    },
    BadgeState.CLOSED: {
        "title": "Close the badge",
        "verb": "Close it",
        "done": "closed",
    },
    BadgeState.RETIRED: {
        "title": "Retire the badge",
        "verb": "Retire it",
        "done": "retired",
    },
    BadgeState.WITHDRAWN: {
        "title": "Withdraw the badge",
        "verb": "Withdraw it",
        "done": "withdrawn",
    },
}


def _badge(request: OrganizationRequest, slug: str) -> Badge:
    badges = Badge.objects.visible_to(request.person)
    return get_object_or_404(badges, slug=slug)


def _form(
    request: OrganizationRequest, badge: Badge | None = None, *, initial: dict[str, Any]
) -> tuple[BadgeForm, bool]:
    """The form, and whether an uploaded emblem was stored: it survives an error elsewhere as a choice."""
    if request.method != "POST":
        return BadgeForm(organization=request.organization, badge=badge, initial=initial), False
    data, upload, problem = request.POST.copy(), request.FILES.get("upload"), ""
    if upload is not None:
        try:
            refuse_size(upload.size or 0)
            data["emblem"] = str(store_emblem(organization=request.organization, data=upload.read()).pk)
        except Unusable as unusable:
            problem = str(unusable)
    form = BadgeForm(data, organization=request.organization, badge=badge, initial=initial)
    if problem and form.errors is not None:
        form.add_error("upload", problem)
    return form, upload is not None and not problem


def _fields(request: OrganizationRequest, form: BadgeForm) -> dict[str, Any]:
    fields = dict(form.cleaned_data)
    if isinstance(fields["emblem"], str):
        fields["emblem"] = store_emblem(organization=request.organization, data=preset_data(fields["emblem"]))
    return fields


def _page(
    request: OrganizationRequest, form: BadgeForm, stored: bool, badge: Badge | None = None
) -> HttpResponse:
    chosen = str(form["emblem"].value() or "")
    own = int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 19 else None
    context = {
        "form": form,
        "badge": badge,
        "states": states(),
        "presets": [(f"preset:{name}", name, name.replace("-", " ").capitalize()) for name in presets()],
        "chosen": chosen,
        "own_emblem": own,
        "own_emblem_url": emblem_url(request.organization.slug, own, 128) if own else "",
    }
    # An answer of 422 would take the stored emblem with it; nothing else has been written by now.
    return render(request, "badges/edit.html", context, status=422 if form.errors and not stored else 200)
