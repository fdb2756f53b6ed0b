"""The People page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from badges.models import Badge
from boards import columns
from boards.asked import asked, person_at
from boards.filters import LOGINS, STATUSES
from boards.lists import lists_in_menu, usual_columns
from boards.queries import badge_choices, found, places, prefer_indexes, window
from people.access import OrganizationRequest
from people.roles import Role


@require_safe
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    viewer, query = request.person, request.GET
    prefer_indexes()
    wanted = asked(query, viewer)
    shown = wanted.columns_named or usual_columns(viewer)
    people, count = found(viewer, wanted.filters)
    page = window(
        people,
        wanted.order,
        viewer,
        after=person_at(query, "after", viewer),
        before=person_at(query, "before", viewer),
    )
    context = {
        "asked": wanted,
        "page": page,
        "table": columns.tables([(page.people, shown)], viewer)[0],
        "count": count,
        "choices": columns.choices(shown),
        "lists": lists_in_menu(viewer),
        "places": [(place.location.pk, place.label) for place in places(viewer)],
        "badges": badge_choices(viewer),
        "statuses": STATUSES.items(),
        "roles": Role.choices,
        "logins": LOGINS.items(),
        "held_chips": chips(wanted.filters.badges),
        "without_chips": chips(wanted.filters.without),
    }
    part = "#found" if request.htmx and not request.htmx.history_restore_request else ""
    response = render(request, f"people/list.html{part}", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def chips(badges: tuple[Badge, ...]) -> list[tuple[Badge, list[str]]]:
    """Each badge, and the slugs of those that are left without it."""
    return [(badge, [other.slug for other in badges if other != badge]) for badge in badges]
