"""Settings that date the past anew: what they would change is seen before they are saved."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from badges.models import Badge
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.forms import LocationForm, OrganizationForm
from people.models import Location, Organization, Person
from people.organizations import SETTINGS, change_settings
from people.places import edit_location
from people.roles import Capability
from rules.models import SettingsTrial
from rules.settings_trials import (
    AT_WORK,
    dates_the_past_anew,
    moves,
    request_settings_trial,
    save_tried_settings,
)


@requires(Capability.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def organization(request: OrganizationRequest, organization: str) -> HttpResponse:
    row = request.organization
    initial = {name: getattr(row, name) for name in SETTINGS}
    form = OrganizationForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and not form.is_overtaken(row, form.cleaned_data):
        values = form.cleaned_data
        if dates_the_past_anew(row, **values):
            return redirect(request_settings_trial(organization=row, by=request.person, change=values))
        change_settings(organization=row, by=request.person, **values)
        messages.success(request, "The settings are saved.")
        return redirect("administration:organization", organization)
    status = 422 if form.is_bound else 200
    return render(request, "people/settings/organization.html", {"form": form}, status=status)


@requires(Capability.MANAGE_LOCATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def location(request: OrganizationRequest, organization: str, location_id: int) -> HttpResponse:
    row: Location = get_object_or_404(Location.objects.visible_to(request.person), pk=location_id)
    initial = {"name": row.name, "parent": row.parent_id or ""}
    form = LocationForm(
        request.POST or None, initial=initial, organization=request.organization, location=row
    )
    if request.method == "POST" and form.is_valid() and not form.is_overtaken(row, form.cleaned_data):
        try:
            return _save_or_try(request, row, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("parent", str(refusal))
    status = 422 if form.is_bound else 200
    return render(request, "people/settings/location.html", {"form": form, "location": row}, status=status)


def _save_or_try(
    request: OrganizationRequest, row: Location, *, name: str, parent: Location | None
) -> HttpResponse:
    if moves(row, parent):
        change = {"name": name, "parent": parent.pk if parent else None}
        trial = request_settings_trial(
            organization=request.organization, by=request.person, change=change, location=row
        )
        return redirect(trial)
    edit_location(location=row, by=request.person, name=name, parent=parent)
    messages.success(request, f"{name} is saved.")
    return redirect("administration:locations", request.organization.slug)


@require_http_methods(["GET", "HEAD", "POST"])
def trial(request: OrganizationRequest, organization: str, trial_id: int) -> HttpResponse:
    """What it would change, and how far that is worked out; sent, save it."""
    found = _trial(request, trial_id)
    refused = ""
    if request.method == "POST":
        try:
            save_tried_settings(trial=found, by=request.person)
        except Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, "It is saved. Rules look at everybody again now.")
            return redirect(
                f"administration:{'locations' if found.location_id else 'organization'}", organization
            )
    context = {
        "trial": found,
        "refused": refused,
        "is_at_work": found.state in AT_WORK,
        "changes": _in_words(request.organization, found),
        "lines": _lines(found),
    }
    return render(request, "people/settings/trial.html", context, status=422 if refused else 200)


def _trial(request: OrganizationRequest, trial_id: int) -> SettingsTrial:
    able = [
        request.person.can(capability)
        for capability in (Capability.MANAGE_ORGANIZATION, Capability.MANAGE_LOCATIONS)
    ]
    if not any(able):
        raise PermissionDenied
    trials: Any = SettingsTrial.objects.select_related("location__parent", "made_by")
    found: SettingsTrial = get_object_or_404(trials, organization=request.organization, pk=trial_id)
    if not able[found.location_id is not None]:
        raise PermissionDenied
    return found


def _in_words(organization: Organization, trial: SettingsTrial) -> list[tuple[str, str, str]]:
    """What changes, from what, to what."""
    pairs = {name: (was, trial.change[name]) for name, was in trial.before.items()}
    changes = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if trial.location_id is None:
        return [_setting(name, *pair) for name, pair in changes.items()]
    ids = [pk or 0 for pk in changes.get("parent", ())]
    places = Location.objects.filter(organization=organization).in_bulk(ids)
    rows = [("Name", *changes["name"])] if "name" in changes else []
    if "parent" in changes:
        was, becomes = (str(places.get(pk, "The top")) for pk in ids)
        rows.append((f"{trial.location} is below", was, becomes))
    return rows


def _setting(name: str, was: Any, becomes: Any) -> tuple[str, str, str]:
    field: Any = OrganizationForm.base_fields[name]
    words = dict(getattr(field, "choices", ()))
    return field.label or name.capitalize(), words.get(was, was), words.get(becomes, becomes)


def _lines(trial: SettingsTrial) -> list[dict[str, Any]]:
    result = trial.result or []
    own = {"organization": trial.organization_id}
    badges = Badge.objects.filter(**own).in_bulk([line["badge"] for line in result])
    people = Person.objects.filter(**own).in_bulk(
        {pk for line in result for pk in line["gainers"] + line["losers"]}
    )
    return [
        {
            **line,
            "badge": badges[line["badge"]],
            "gainers": [people[pk] for pk in line["gainers"] if pk in people],
            "losers": [people[pk] for pk in line["losers"] if pk in people],
        }
        for line in sorted(result, key=lambda line: -line["gaining"] - line["losing"] - line["redated"])
        if line["badge"] in badges
    ]
