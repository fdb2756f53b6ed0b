"""Stopping mails without a login. Mail programs and scanners follow links by themselves: only a POST stops."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications import actions
from notifications.models import NoticeKind
from notifications.stopping import Stop, stop_of
from people.models import Organization, Person
from people.tenancy import tenant

SAID = {
    NoticeKind.EARNED: "badges that you earned",
    NoticeKind.LOST: "badges of yours that ended",
    NoticeKind.ENDS_SOON: "badges about to end, other than trainings",
    NoticeKind.TO_DECIDE: "nominations that you may decide on",
    NoticeKind.DECIDED: "what became of your nominations",
    NoticeKind.TO_VERIFY: "savings that you may verify",
    NoticeKind.VERIFIED: "savings of your work that somebody verified",
    NoticeKind.NAMED: "work that somebody puts you on",
    NoticeKind.OUTCOME: "what became of your work",
    NoticeKind.COMMENTED: "comments on work",
    NoticeKind.HELD_BACK: "rules that are paused for a look",
    NoticeKind.PRAISED: "what colleagues say to your badges",
}


@never_cache
@csrf_exempt  # mail programs bring no cookie; the signed address is what lets them in
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mail(request: HttpRequest, token: str) -> HttpResponse:
    stop = stop_of(token)
    organization = Organization.objects.filter(pk=stop.organization_id).first() if stop else None
    if stop is None or organization is None:
        raise Http404
    if request.method == "POST":
        _stop(organization, stop)
    said = [SAID[kind] for kind in stop.kinds]
    context = {"to": organization, "kinds": said, "stopped": request.method == "POST"}
    return render(request, "notifications/stop.html", context)


def _stop(organization: Organization, stop: Stop) -> None:
    with tenant(organization):
        person = Person.objects.filter(pk=stop.person_id).first()
        if person is not None:
            actions.stop_mails(person=person, kinds=stop.kinds)
