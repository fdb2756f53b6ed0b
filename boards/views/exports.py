"""Lists of people as files: a short one at once, a long one by a worker, on a page that waits for it."""

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from boards import exports, tasks
from boards.asked import LONGEST_ADDRESS, asked
from boards.filters import matching
from boards.lists import usual_columns
from boards.models import Export, ExportState
from boards.queries import how_many
from people.access import OrganizationRequest
from people.bells import ring
from people.changes import Refused
from people.clock import now
from people.csv_files import csv_headers


@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    """One's own exports; a POST makes one of what the People page's address asks for (`query`)."""
    if request.method == "POST":
        return _export(request)
    mine = Export.objects.visible_to(request.person)
    return render(request, "people/exports.html", {"exports": mine})


def _export(request: OrganizationRequest) -> HttpResponse:
    viewer = request.person
    wanted = asked(QueryDict(request.POST.get("query", "")[:LONGEST_ADDRESS]), viewer)
    columns = wanted.columns_named or usual_columns(viewer)
    if how_many(matching(viewer, wanted.filters)).number <= exports.AT_ONCE:
        return HttpResponse(exports.file_of(viewer, wanted, columns), headers=_headers())
    try:
        export = exports.start_export(by=viewer, wanted=wanted, columns=columns)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(reverse("people:exports", args=[request.organization.slug]))
    ring(tasks.write_export, request.organization.pk, export.pk)
    return redirect(export)


@require_safe
def progress(request: OrganizationRequest, organization: str, export_id: int) -> HttpResponse:
    """How far it is; the page asks again by itself where scripts run."""
    export = get_object_or_404(Export.objects.visible_to(request.person), pk=export_id)
    part = "#progress" if request.htmx and not request.htmx.history_restore_request else ""
    return render(request, f"people/export.html{part}", {"export": export})


@require_safe
def download(request: OrganizationRequest, organization: str, export_id: int) -> HttpResponseBase:
    export = get_object_or_404(Export.objects.visible_to(request.person), pk=export_id)
    if export.state != ExportState.DONE:
        raise Http404
    return StreamingHttpResponse(exports.parts_of(export), headers=_headers())


def _headers() -> dict[str, str]:
    return csv_headers(f"people-{timezone.localdate(now()).isoformat()}.csv")
