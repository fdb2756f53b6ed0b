"""Where a provider reports mail that came back. It has no login: it signs, or knows a secret."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.bouncing import take_report
from notifications.channels.provider import hook, reports

MOST_REPORTS = 2_000


@never_cache
@csrf_exempt  # a provider brings no cookie
@require_http_methods(["HEAD", "POST"])
def mail_events(request: HttpRequest) -> HttpResponse:
    """Nothing is read, and no row asked for, before the request is believed. Told again, nothing changes."""
    provider = hook()
    if provider is None:
        raise Http404
    if request.method == "POST":
        provider.run_validators(request)  # refuses with 400
        try:
            told = list(reports(provider, request))[:MOST_REPORTS]
        except ValueError as error:
            return HttpResponse(str(error), status=400, content_type="text/plain")
        for report in told:
            take_report(report=report)
    return HttpResponse("ok", content_type="text/plain")
