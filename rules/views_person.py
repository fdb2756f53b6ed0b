"""Which badges somebody held on a given day, and why: as a page and as a file."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from people.access import OrganizationRequest
from people.csv_files import csv_headers, csv_lines
from people.models import Person
from people.roles import Capability
from people.signposts import kept_record
from rules.forms_history import DayForm
from rules.holdings import asked_at, placed_on
from rules.holdings_of_one import Holding, held_by_on

COLUMNS: list[object] = [
    "Name",
    "Staff number",
    "Title",
    "Area",
    "Badge",
    "Held at",
    "Since",
    "Ends",
    "Given",
    "Given by",
    "Why",
    "Version of the rule",
    "Activities",
    "Last activity",
    "Last activity at",
]


@require_safe
def held_by(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    """One's own, and of everybody with the right to see histories."""
    person = Person.objects.visible_to(request.person).filter(pk=person_id).first()
    if person is None:
        return redirect("rules:held_by", organization, kept_record(request.person, person_id).pk)
    _refuse_colleagues(request, person)
    form = DayForm(request.GET, organization=request.organization)
    context: dict[str, Any] = {"shown": person, "form": form}
    if form.is_valid():
        context["held"] = held = held_by_on(person, form.day, request.person)
        context["badges_count"] = len({one.badge.pk for one in held})
        context["area"], context["title"] = placed_on(person, form.day)
    return render(request, "rules/held_by.html", context, status=200 if form.is_valid() else 422)


@require_safe
def held_by_file(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponseBase:
    person = get_object_or_404(Person.objects.visible_to(request.person), pk=person_id)
    _refuse_colleagues(request, person)
    form = DayForm(request.GET, organization=request.organization)
    if not form.is_valid():
        return held_by(request, organization, person_id)
    area, title = placed_on(person, form.day)
    own = [person.name, person.external_id, title, area]
    at = asked_at(request.organization, form.day)
    held = held_by_on(person, form.day, request.person)
    rows = [COLUMNS, *([*own, *_cells(request, one, at)] for one in held)]
    name = f"badges-of-{person.pk}-{form.day.isoformat()}.csv"
    return HttpResponse(csv_lines(rows, begins=True), headers=csv_headers(name))


def _refuse_colleagues(request: OrganizationRequest, person: Person) -> None:
    if person != request.person and not request.person.can(Capability.SEE_HISTORY):
        raise PermissionDenied


def _cells(request: OrganizationRequest, held: Holding, at: datetime) -> list[object]:
    zone = request.organization.time_zone
    last = held.latest
    moments = (at, held.starts_at, held.ends_at, last.occurred_at if last else None)
    held_at, since, ends, last_at = (one and one.astimezone(zone).isoformat() for one in moments)
    giver = held.award.given_by if held.award else None
    given = ["by hand" if held.by_hand else "by rule", giver.name if giver else ""]
    counted = [held.activities or "", str(last.item or last) if last else "", last_at]
    return [held.badge.name, held_at, since, ends, *given, held.why, held.version, *counted]
