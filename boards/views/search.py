"""One field for everything that has a page: people, badges, work and boards."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from activity.models import ItemState, WorkItem
from badges.models import Badge
from boards.models import Board
from people.access import OrganizationRequest
from people.models import Person
from people.querysets import stands_in
from people.suggesting import SHORTEST, suggestions

MOST = 8  # of each; people as many as are suggested elsewhere
LONGEST = 100


@require_safe
def search(request: OrganizationRequest, organization: str) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    found = _found(request.person, text) if len(text) >= SHORTEST else {}
    context = {"text": text, "shortest": SHORTEST, "nothing": not any(found.values()), **found}
    part = "#found" if request.htmx and not request.htmx.history_restore_request else ""
    return render(request, f"boards/search.html{part}", context)


def _found(reader: Person, text: str) -> dict[str, list[Any]]:
    """The first of each, as far as the reader may see them."""
    badges = Badge.objects.visible_to(reader).in_order()
    described = [one for one in badges if stands_in(text, f"{one.name} {one.description}")]
    work = WorkItem.objects.visible_to(reader).exclude(state=ItemState.VOIDED).search(text)
    boards = Board.objects.visible_to(reader).order_by("title", "pk")
    return {
        "people": [one.person for one in suggestions(reader, text)],
        "badges": sorted(described, key=lambda one: not stands_in(text, one.name))[:MOST],
        "work": list(work.select_related("author", "step").order_by("-number")[:MOST]),
        "boards": [one for one in boards if stands_in(text, one.title)][:MOST],
    }
