"""The People page."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from boards import columns
from boards.asked import STATUSES, asked, person_at
from boards.queries import badges_shown, how_many, matching, places, window
from people.access import OrganizationRequest


@require_safe
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    """Columns are moved by a plain submit as well, which then leads to the address without the press."""
    viewer, query = request.person, request.GET
    wanted = asked(query, viewer)
    if "move" in query:
        return redirect(f"{request.path}?{_without_move(request, wanted.columns)}")
    people = matching(viewer, wanted.filters)
    page = window(
        people,
        wanted.order,
        after=person_at(query, "after", viewer),
        before=person_at(query, "before", viewer),
    )
    context = {
        "asked": wanted,
        "page": page,
        "table": columns.tables([(page.people, wanted.columns)], viewer)[0],
        "count": how_many(people),
        "choices": columns.choices(wanted.columns),
        "places": places(viewer),
        "badges": badges_shown(viewer),
        "statuses": STATUSES.items(),
    }
    part = "#found" if request.htmx and not request.htmx.history_restore_request else ""
    response = render(request, f"people/list.html{part}", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _without_move(request: OrganizationRequest, names: list[str]) -> str:
    query = request.GET.copy()
    del query["move"]
    query.setlist("col", names)
    return query.urlencode()
