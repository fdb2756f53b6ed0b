"""Badges in numbers, for those who define and those who audit them: one badge, all of them, and as a file."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from badges.models import Badge
from badges.statistics import (
    OVERVIEW,
    PLACED,
    Row,
    days_from_first_activity,
    numbers,
    overview,
    places,
)
from people.access import OrganizationRequest, requires_any
from people.clock import now
from people.csv_files import csv_headers, csv_lines
from people.models import Person
from people.roles import Capability
from people.sorting import sorting
from rules import showcase
from rules.queries import resting_badges

sees_statistics = requires_any(Capability.MANAGE_BADGES, Capability.SEE_AUDIT)
MOST_PLACES = 40
COLUMNS: list[object] = [
    "Badge",
    "Short name",
    "Category",
    "State",
    "Given",
    "Holders",
    "Share of people (percent)",
    "Only by hand",
    "Only by rule",
    "By both",
    "Given in 12 months",
    "Ended in 12 months",
    "Ending within 60 days",
    "Median days from joining",
]


@require_safe
@sees_statistics
def badge_statistics(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badges = Badge.objects.visible_to(request.person).select_related("category")
    badge, at = get_object_or_404(badges, slug=slug), now()
    resting = set(resting_badges(request.organization))
    people = Person.objects.active().filter(organization=request.organization).count()
    found = numbers(request.organization, [badge.pk], at, resting)[badge.pk]
    by_place, order = places(badge), sorting(request.GET, PLACED)
    context = {
        "badge": badge,
        "row": Row(badge, found, people),
        "rests": badge.pk in resting,
        "figures": showcase.figures(badge, at, request.person),
        "places": order.sorted(by_place)[:MOST_PLACES],
        "places_count": len(by_place),
        "sorting": order,
        "days_active": days_from_first_activity(badge),
    }
    return render(request, "badges/statistics.html", context)


@require_safe
@sees_statistics
def all_statistics(request: OrganizationRequest, organization: str) -> HttpResponse:
    resting = set(resting_badges(request.organization))
    order = sorting(request.GET, OVERVIEW)
    rows = order.sorted(overview(request.person, now(), resting))
    top = max([1, *(count for row in rows for count in row.given)])
    context = {"rows": rows, "top": top, "resting": resting, "sorting": order}
    return render(request, "badges/overview.html", context)


@require_safe
@sees_statistics
def statistics_file(request: OrganizationRequest, organization: str) -> HttpResponse:
    at = now()
    day = at.astimezone(request.organization.time_zone).date().isoformat()
    rows = overview(request.person, at, set(resting_badges(request.organization)))
    lines = [COLUMNS, *map(_cells, sorting(request.GET, OVERVIEW).sorted(rows))]
    return HttpResponse(csv_lines(lines, begins=True), headers=csv_headers(f"badges-{day}.csv"))


def _cells(row: Row) -> list[object]:
    badge, its = row.badge, row.numbers
    own = [badge.name, badge.slug, badge.category, badge.get_state_display(), badge.get_mode_display()]
    held = [its.holders, row.percent, its.by_hand, its.by_rule, its.by_both]
    return [*own, *held, row.gained, row.lost, its.ending, its.days]
