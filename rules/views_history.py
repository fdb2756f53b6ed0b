"""Who held a badge on a given day: as a page and as a file."""

from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from badges.models import Badge
from people.access import OrganizationRequest, requires
from people.csv_files import csv_headers, csv_lines
from people.roles import Capability
from rules.forms_history import DayForm
from rules.holdings import Held, asked_at, held_on
from rules.listing import HolderOrder, listing

PEOPLE_A_PAGE = 50
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
    "Which time",
    "Rests on",
]
sees_history = requires(Capability.SEE_HISTORY)


@require_safe
@sees_history
def holders_on(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badge = _badge(request, slug)
    form = DayForm(request.GET, organization=request.organization)
    asked = listing(request.GET, HolderOrder.NAME)
    held = held_on(badge, form.day, text=asked.text, order=asked.order) if form.is_valid() else []
    page = Paginator(held, PEOPLE_A_PAGE).get_page(request.GET.get("page"))
    people = len({one.person.pk for one in held})
    context = {"badge": badge, "form": form, "listing": asked, "page": page, "people_count": people}
    return render(request, "rules/holders_on.html", context, status=200 if form.is_valid() else 422)


@require_safe
@sees_history
def holders_file(request: OrganizationRequest, organization: str, slug: str) -> HttpResponseBase:
    badge = _badge(request, slug)
    form = DayForm(request.GET, organization=request.organization)
    if not form.is_valid():
        return holders_on(request, organization, slug)
    at, asked = asked_at(request.organization, form.day), listing(request.GET, HolderOrder.NAME)
    held = held_on(badge, form.day, text=asked.text, order=asked.order)
    rows = [COLUMNS, *(_cells(badge, one, at) for one in held)]
    name = f"{badge.slug}-{form.day.isoformat()}.csv"
    return HttpResponse(csv_lines(rows, begins=True), headers=csv_headers(name))


def _cells(badge: Badge, held: Held, at: datetime) -> list[object]:
    zone = badge.organization.time_zone
    moments = [
        moment and moment.astimezone(zone).isoformat() for moment in (at, held.starts_at, held.ends_at)
    ]
    given = "by hand" if held.by_hand else "by rule"
    person = held.person
    own = [person.name, person.external_id, held.title, held.area, badge.name]
    return [*own, *moments, given, held.key, ", ".join(held.rests_on)]


def _badge(request: OrganizationRequest, slug: str) -> Badge:
    visible = Badge.objects.visible_to(request.person).select_related("organization")
    return get_object_or_404(visible, slug=slug)
