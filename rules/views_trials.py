"""A rule being tried on everybody."""

import re
from collections import defaultdict
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from people.access import OrganizationRequest
from people.converters import Id
from people.models import Person
from rules.criteria import Invalid
from rules.dry_run import Month, Place, Would, ever_held, stored_awards, would_be_given
from rules.models import DryRun, Policy
from rules.queries import names_of
from rules.showcase import said
from rules.trying import try_on
from rules.views import badge_of, defines_badges, version_in_force

PEOPLE_A_PAGE = 50


@require_safe
@defines_badges
def trial(request: OrganizationRequest, organization: str, slug: str, trial_id: int) -> HttpResponse:
    badge = badge_of(request, slug)
    found = get_object_or_404(DryRun, badge=badge, pk=trial_id)
    context: dict[str, Any] = {
        "badge": badge,
        "version": version_in_force(badge),
        "trial": found,
        "would_say": said(found.definition, names_of(request.organization)),
    }
    if found.result:
        context |= _result(found) | _people(request, found) | _tried(request, found)
    return render(request, "rules/trial.html", context)


def _tried(request: OrganizationRequest, trial: DryRun) -> dict[str, Any]:
    """On the one person who is asked for, clause by clause."""
    number = request.GET.get("person", "")
    if not re.fullmatch(Id.regex, number):
        return {}
    person = get_object_or_404(Person, organization=request.organization, pk=int(number))
    asked: dict[str, Any] = {"definition": trial.definition, "policy": trial.policy, "at": trial.as_of}
    try:
        return {"tried": try_on(person=person, badge=trial.badge, **asked)}
    except Invalid:  # by now it would be: what it looks at has changed
        return {}


def _result(trial: DryRun) -> dict[str, Any]:
    result: dict[str, Any] = trial.result or {}
    months = [Month(date.fromisoformat(first), *rest) for first, *rest in result["months"]]
    return {
        "result": result,
        "choices": [
            (Policy(policy).label, policy == trial.policy, *counts)
            for policy, *counts in result.get("choices", [])
        ],
        "months": months,
        "ever_held": ever_held(months),
        "places": [Place(*place) for place in result["places"]],
    }


def _people(request: OrganizationRequest, trial: DryRun) -> dict[str, Any]:
    """A page of those who would get it, or who would lose it, each with the awards that this is about."""
    result: dict[str, Any] = trial.result or {}
    gaining, losing = result.get("gaining_ids", []), result.get("losing_ids", [])
    loses = request.GET.get("show") == "losing" or not gaining
    page = Paginator(losing if loses else gaining, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    awards = defaultdict(list)
    for award in _awards(trial, list(page), loses=loses):
        awards[award.person.pk].append(award)
    people = Person.objects.filter(organization=request.organization).in_bulk(list(page))
    return {
        "gaining": len(gaining),
        "losing": len(losing),
        "loses": loses,
        "page": page,
        "rows": [(people[pk], awards[pk]) for pk in page if pk in people],
    }


def _awards(trial: DryRun, people: list[int], *, loses: bool) -> list[Would]:
    if loses:
        return stored_awards(trial.badge, people, trial.as_of)
    asked: dict[str, Any] = {"at": trial.as_of, "policy": trial.policy, "people": people}
    try:
        return would_be_given(badge=trial.badge, definition=trial.definition, **asked)
    except Invalid:  # by now it would be: what it looks at has changed
        return []
