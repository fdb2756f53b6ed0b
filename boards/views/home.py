from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from activity.forms import WorkForm
from activity.models import WorkItem
from boards.columns import improvements_of
from boards.queries import ending_soon, team_awards
from people.access import OrganizationRequest
from people.clock import now
from rules.explanations import how_far

GREETINGS = [(5, "Good night"), (12, "Good morning"), (18, "Good afternoon"), (24, "Good evening")]
IN_REACH = 3


@require_safe
def home(request: OrganizationRequest, organization: str) -> HttpResponse:
    """What one came for: submit an improvement, see one's own, what is in reach, what the team earned."""
    person = request.person
    context = {
        "greeting": _greeting(timezone.localtime(now()).hour),
        "form": WorkForm(author=person),
        "items": WorkItem.objects.visible_to(person).filter(author=person).select_related("location")[:5],
        "in_reach": [one for one in how_far(person) if one.have][:IN_REACH] or how_far(person)[:IN_REACH],
        "months": improvements_of(request.organization, [person])[person.pk],
        "ending": ending_soon(person),
        "team": team_awards(person),
    }
    return render(request, "people/home.html", context)


def _greeting(hour: int) -> str:
    return next(words for until, words in GREETINGS if hour < until)
