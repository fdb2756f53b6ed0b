from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from badges.models import Award
from boards.columns import badges_of, improvements_of
from boards.queries import ending_soon, history_of
from people.access import OrganizationRequest
from people.models import Person
from rules.explanations import how_far

HISTORY = 20
SHOW = {"": "All", "given": "Given", "over": "Taken back or ended"}
NEXT = 4


@require_safe
def profile(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    """A person's badges, what is next, and everything that happened to their badges."""
    people = Person.objects.visible_to(request.person).select_related("location__parent", "manager")
    person = get_object_or_404(people, pk=person_id)
    show = request.GET.get("show", "")
    show = show if show in SHOW else ""
    history = Paginator(history_of(person, request.person, show), HISTORY)
    context: dict[str, Any] = {
        "profile": person,
        "awards": badges_of(request.organization, [person])[person.pk],
        "first": Award.objects.visible_to(request.person).filter(person=person).order_by("starts_at").first(),
        "ending": list(ending_soon(person)),
        "next_badges": how_far(person)[:NEXT],
        "history": history.get_page(request.GET.get("page")),
        "show": show,
        "shows": SHOW.items(),
        "months": improvements_of(request.organization, [person])[person.pk],
        "gives": request.person.gives_by_hand and person.left_on is None,
        "is_me": person == request.person,
    }
    return render(request, "people/profile.html", context)
