"""Bulk edits: whom, what, a preview, the work, its outcome, and undoing it."""

from datetime import datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from badges.awarding import HELD_BACK
from badges.batch_file import parts_of
from badges.batch_lines import entries_of, lines, progress_of, sums
from badges.batches import UNDOABLE, UNSTARTED, draft_batch, plan_batch, start_batch, undo_batch
from badges.bulk_forms import BatchForm, initial_of, ticked, verb_of
from badges.models import Batch, BatchState, Outcome
from badges.views import by_hand
from people.access import OrganizationRequest, View
from people.changes import Refused
from people.clock import now
from people.csv_files import csv_headers
from people.roles import Capability
from people.text import so_many_people

A_PAGE = 50
AT_WORK = {BatchState.QUEUED, BatchState.RUNNING, BatchState.UNDOING}


def reads_batches(view: View) -> View:
    """Whoever gives by hand, and whoever reads the audit log, which leads here."""

    @wraps(view)
    def guarded(request: OrganizationRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not (request.person.gives_by_hand or request.person.can(Capability.SEE_AUDIT)):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@reads_batches
def bulk(request: OrganizationRequest, organization: str) -> HttpResponse:
    """The bulk edits of late; a POST begins one of the people that are ticked."""
    if request.method == "POST":
        if not request.person.gives_by_hand:
            raise PermissionDenied
        return begin(request, ticked(request.POST.getlist("sel")))
    batches = Batch.objects.visible_to(request.person).select_related("made_by", "started_by")
    page = Paginator(batches.prefetch_related("badges"), A_PAGE).get_page(request.GET.get("page"))
    return render(request, "badges/batches.html", {"page": page})


def begin(request: OrganizationRequest, person_ids: list[int]) -> HttpResponse:
    """A draft about these people, or a word on why not, back where one came from."""
    try:
        batch = draft_batch(
            by=request.person, verb=verb_of(request.POST.get("do", "")), person_ids=person_ids
        )
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect(_back(request))
    badge = request.POST.get("badge", "")[:60]
    return redirect(f"{batch.get_absolute_url()}{'?' + urlencode({'badge': badge}) if badge else ''}")


@require_http_methods(["GET", "HEAD", "POST"])
@reads_batches
def batch(request: OrganizationRequest, organization: str, batch_id: int) -> HttpResponse:
    """A draft is asked and previewed here; what has started shows how far it is, and then its outcome."""
    found = _batch(request, batch_id)
    if request.method == "POST" and not request.person.gives_by_hand:
        raise PermissionDenied
    polls = request.method != "POST" and request.htmx
    if found.state == BatchState.DRAFT and not polls:
        return _draft_page(request, found)
    if request.method == "POST":
        messages.error(request, "This bulk edit is under way already.")
        return redirect(found)
    if found.state == BatchState.PLANNING:
        template = f"badges/batch_planning.html{'#progress' if polls else ''}"
        return render(request, template, {"batch": found, "badges": found.badges.all()})
    return _progress(request, found) if polls else _outcome_page(request, found)


@require_POST
@by_hand
def start(request: OrganizationRequest, organization: str, batch_id: int) -> HttpResponse:
    found = _batch(request, batch_id)
    try:
        planned_at = datetime.fromisoformat(request.POST.get("planned_at", "")[:40])
        start_batch(batch=found, by=request.person, planned_at=planned_at)
    except (ValueError, TypeError):  # no instant, or one without a zone
        messages.error(request, "Look at the preview first.")
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(found)


@require_POST
@by_hand
def undo(request: OrganizationRequest, organization: str, batch_id: int) -> HttpResponse:
    found = _batch(request, batch_id)
    try:
        undo_batch(batch=found, by=request.person)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(found)


@require_safe
@reads_batches
def outcome_file(request: OrganizationRequest, organization: str, batch_id: int) -> HttpResponseBase:
    """What the page tells, of everybody or as narrowed, as CSV."""
    found = _batch(request, batch_id)
    if found.planned_at is None or found.state == BatchState.PLANNING:
        raise Http404
    parts = parts_of(found, _only(request))
    return StreamingHttpResponse(parts, headers=csv_headers(f"bulk-edit-{found.pk}.csv"))


def _draft_page(request: OrganizationRequest, batch: Batch) -> HttpResponse:
    initial = initial_of(batch, request.GET.get("badge", ""))
    form = BatchForm(request.POST if request.method == "POST" else None, batch=batch, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            plan_batch(batch=batch, **form.wishes())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect(f"{batch.get_absolute_url()}#plan")
    heading = f"Change the badges of {so_many_people(batch.people)}"
    preview = batch.planned_at and not form.is_bound
    context = {"form": form, "heading": heading, "preview": preview, **_told(request, batch)}
    return render(request, "badges/batch_draft.html", context, status=422 if form.errors else 200)


def _outcome_page(request: OrganizationRequest, batch: Batch) -> HttpResponse:
    mails_at = batch.started_at + HELD_BACK if batch.started_at else None
    context = {
        **_told(request, batch),
        "at_work": batch.state in AT_WORK,
        "progress": progress_of(batch),
        "undoable_until": batch.started_at + UNDOABLE if batch.started_at else None,
        "mails_at": mails_at if mails_at and mails_at > now() else None,
        "is_undoable": batch.undone_at is None and now() - batch.started_at <= UNDOABLE,  # type: ignore[operator]
    }
    return render(request, "badges/batch.html", context)


def _progress(request: OrganizationRequest, batch: Batch) -> HttpResponse:
    """Only how far it is; once it is over, the whole page is to be fetched anew."""
    if batch.state not in AT_WORK:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "badges/batch.html#progress", {"batch": batch, "progress": progress_of(batch)})


def _told(request: OrganizationRequest, batch: Batch) -> dict[str, object]:
    only = _only(request)
    page = Paginator(entries_of(batch, only), A_PAGE).get_page(request.GET.get("page"))
    return {
        "batch": batch,
        "badges": list(batch.badges.all()),
        "sums": sums(batch),
        "show": only,
        "page": page,
        "lines": lines(batch, list(page)),
    }


def _only(request: OrganizationRequest) -> str:
    only = request.GET.get("show", "")
    return only if only in Outcome.values else ""


def _batch(request: OrganizationRequest, batch_id: int) -> Batch:
    """Whoever only reads sees what has started."""
    batches = Batch.objects.visible_to(request.person).select_related("made_by", "started_by", "undone_by")
    batch = get_object_or_404(batches, pk=batch_id)
    if batch.state in UNSTARTED and not request.person.gives_by_hand:
        raise PermissionDenied
    return batch


def _back(request: OrganizationRequest) -> str:
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if is_ours and address.startswith("/") else f"/{request.organization.slug}/people/"
