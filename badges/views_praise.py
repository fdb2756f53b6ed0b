"""Saying “well done” to an award, from whichever page shows it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from badges.models import Award
from badges.praising import praise_award, take_praise_back
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.roles import Capability


@require_POST
@requires(Capability.SUBMIT_WORK)
def praise(request: OrganizationRequest, organization: str, award_id: int) -> HttpResponse:
    """What is pressed says what shall be, so that pressing it twice changes nothing."""
    awards = Award.objects.visible_to(request.person).select_related("badge", "person")
    award = get_object_or_404(awards, pk=award_id)
    back = _back(request, award)
    try:
        if request.POST.get("say") == "no":
            take_praise_back(award=award, by=request.person)
        else:
            praise_award(award=award, by=request.person)
    except Refused as refused:
        messages.error(request, str(refused))
        if request.htmx:  # only a whole page tells it
            return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    if request.htmx:
        shown = awards.with_praise(request.person).get(pk=award.pk)
        return render(request, "badges/_praise.html", {"award": shown, "back": back})
    return redirect(f"{back}#praise-{award.pk}")


def _back(request: OrganizationRequest, award: Award) -> str:
    """To the page of the organization that it was said on; else to the award's own."""
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    inside = address.startswith(request.organization.get_absolute_url())
    return address if is_ours and inside else award.get_absolute_url()
