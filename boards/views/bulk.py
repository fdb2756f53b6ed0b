"""A bulk edit of everybody who matches, from any list of people that its filters describe."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from badges.views import by_hand
from badges.views_batches import begin
from boards.asked import asked
from boards.filters import matching
from people.access import OrganizationRequest


@require_POST
@by_hand
def everybody(request: OrganizationRequest, organization: str) -> HttpResponse:
    """The address has the filters of the People page. One that names what is not there means nobody."""
    wanted = asked(request.GET, request.person)
    if wanted.unknown:
        messages.error(request, "The list names a location or a badge that is not here. Choose anew.")
        return redirect(reverse("people:list", args=[organization]))
    people = matching(request.person, wanted.filters)
    return begin(request, list(people.values_list("pk", flat=True)))
