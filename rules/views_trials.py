"""A rule being tried on everybody."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from activity.models import Activity
from people.access import OrganizationRequest
from people.models import Person
from rules.dry_run import Month, Place
from rules.models import DryRun, Policy
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
