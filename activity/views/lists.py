"""Work as a list, and as a board with a column for each state and step."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from activity import sheet
from activity.kinds import saving_unit_of
from activity.listing import (
    ROLES,
    SORTS,
    Filters,
    brought_by,
    figures,
    filters_from,
    lanes,
    savings_of,
    steps_by_kind,
    work_items,
)
from activity.models import ItemKind, ItemState
from activity.moving import Moving
from activity.waiting import what_to_do
from people.access import OrganizationRequest
from people.clock import now
from people.csv_files import csv_headers
from people.places import tree

A_PAGE = 25


@require_safe
@vary_on_headers("HX-Request")
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    filters = filters_from(request.GET, request.person)
    items = work_items(request.person, filters)
    page = Paginator(items, A_PAGE).get_page(request.GET.get("page"))
    if filters.show == "waiting":
        _say_what_to_do(Moving(request.person), page)
    choices = _choices(request, filters)
    context = {
        **choices,
        "page": page,
        "savings": savings_of(items),
        "brought": brought_by(items, choices["unit"]),
        "states": ItemState.choices,
        "own_steps": steps_by_kind(),
        "sorts": SORTS,
        "sorted": SORTS[filters.sort],
    }
    name = "activity/list.html#found" if request.htmx else "activity/list.html"
    return render(request, name, context)


@require_safe
def export(request: OrganizationRequest, organization: str) -> StreamingHttpResponse:
    """What the list's address asks for, all of it, as CSV."""
    data = sheet.file_of(request.person, filters_from(request.GET, request.person))
    name = f"work-{timezone.localdate(now(), request.organization.time_zone).isoformat()}.csv"
    return StreamingHttpResponse(data, headers=csv_headers(name))


@require_safe
def board(request: OrganizationRequest, organization: str) -> HttpResponse:
    asked = filters_from(request.GET, request.person)
    filters = replace(asked, kind=asked.kind or ItemKind.IMPROVEMENT.value, state="", step=None)
    columns = lanes(request.person, filters)
    moving = Moving(request.person)
    movable = [_say_moves(moving, item) for lane in columns for item in lane.items]
    context = {**_choices(request, filters), "lanes": columns, "on_board": True, "moves": any(movable)}
    return render(request, "activity/board.html", context)


def _say_moves(moving: Moving, item: Any) -> bool:
    """Put on the item where this person may move it; returns whether anywhere."""
    item.moves, item.steps, item.hints = moving.moves(item), moving.steps(item), moving.hints(item)
    return bool(item.moves or item.steps)


def _say_what_to_do(moving: Moving, items: Iterable[Any]) -> None:
    for item in items:
        item.to_do = what_to_do(moving, item)


def _choices(request: OrganizationRequest, filters: Filters) -> dict[str, Any]:
    unit, figure = saving_unit_of(request.organization), filters.figure
    return {
        "filters": filters,
        "kinds": ItemKind.choices,
        "roles": ROLES,
        "places": tree(request.organization, closed=False),
        "figures": [kind for kind in figures() if kind.is_active or kind == figure],
        "unit": unit,
        "counted_in": figure.measured_in(unit) if figure else unit,
    }
