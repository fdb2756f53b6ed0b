"""A rule being tried on everybody, and the examples that it must meet."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from activity.models import Activity
from people.access import OrganizationRequest
from people.models import Person
from rules.actions_trials import drop_example, set_example
from rules.dry_run import Month, Place
from rules.forms_examples import ExampleForm
from rules.models import DryRun, Example, Policy
from rules.queries import names_of
from rules.showcase import said
from rules.views import badge_of, defines_badges, version_in_force


@require_safe
@defines_badges
def trial(request: OrganizationRequest, organization: str, slug: str, trial_id: int) -> HttpResponse:
    badge = badge_of(request, slug)
    found = get_object_or_404(DryRun, badge=badge, pk=trial_id)
    context = {
        "badge": badge,
        "version": version_in_force(badge),
        "trial": found,
        "would_say": said(found.definition, names_of(request.organization)),
        **(_result(found, request.organization.pk) if found.result else {}),
    }
    return render(request, "rules/trial.html", context)


def _result(trial: DryRun, organization_id: int) -> dict[str, Any]:
    result: dict[str, Any] = trial.result or {}
    people = Person.objects.filter(organization=organization_id).in_bulk(
        [*(person for person, _ in result["gainers"]), *result["losers"]]
    )
    ids = {activity for _, evidence in result["gainers"] for activity in evidence}
    ledger = Activity.objects.filter(organization=organization_id).select_related("kind", "item").in_bulk(ids)
    return {
        "result": result,
        "choices": [
            (Policy(policy).label, policy == trial.policy, *counts)
            for policy, *counts in result.get("choices", [])
        ],
        "months": [Month(date.fromisoformat(first), *rest) for first, *rest in result["months"]],
        "places": [Place(*place) for place in result["places"]],
        "gainers": [
            (people[person], [ledger[one] for one in evidence if one in ledger])
            for person, evidence in result["gainers"]
            if person in people
        ],
        "losers": [people[person] for person in result["losers"] if person in people],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@defines_badges
def add_example(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badge = badge_of(request, slug)
    if request.method != "POST":  # the form's answer, loaded again
        return redirect("rules:edit", organization, slug)
    form = ExampleForm(request.POST, organization=request.organization)
    if not form.is_valid():
        context = {"badge": badge, "form": form, "version": version_in_force(badge)}
        return render(request, "rules/example.html", context, status=422)
    should_hold = form.cleaned_data["should"] == "yes"
    example = set_example(badge=badge, person=form.cleaned_data["person"], should_hold=should_hold)
    messages.success(request, f"{example.person.name} is an example now.")
    return redirect("rules:edit", organization, slug)


@require_POST
@defines_badges
def remove_example(
    request: OrganizationRequest, organization: str, slug: str, example_id: int
) -> HttpResponse:
    example = get_object_or_404(Example, badge=badge_of(request, slug), pk=example_id)
    drop_example(example=example)
    messages.success(request, "The example is gone.")
    return redirect("rules:edit", organization, slug)
