from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from badges.models import Badge
from boards.columns import people_table
from boards.models import Column, Order
from boards.people_list import HELD, WHO, page_of, wanted_from
from people.access import OrganizationRequest
from people.models import Location


@require_safe
def people(request: OrganizationRequest, organization: str) -> HttpResponse:
    """The People page: search, filters, columns, order; everything stays in the address."""
    wanted = wanted_from(request.GET, request.person)
    page = page_of(request.person, wanted)
    context = {
        "wanted": wanted,
        "page": page,
        "table": people_table(request.organization, page.people, wanted.columns),
        "locations": Location.objects.visible_to(request.person).select_related("parent"),
        "badges": Badge.objects.visible_to(request.person),
        "columns": _column_choices(wanted.columns),
        "orders": Order.choices,
        "who": WHO.items(),
        "held": HELD.items(),
    }
    return render(request, "people/list.html#table" if request.htmx else "people/list.html", context)


def _column_choices(chosen: list[str]) -> list[tuple[Column, bool]]:
    """Every column: the chosen ones first, in their order."""
    rest = [column for column in Column if column not in chosen]
    return [(Column(name), True) for name in chosen] + [(column, False) for column in rest]
