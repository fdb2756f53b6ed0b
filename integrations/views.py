"""Imports in the browser: upload, columns, what would happen, the work, its outcome, and undoing it."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from integrations.downloads import faults_table, template_table
from integrations.forms import MappingForm, StartForm, UploadForm
from integrations.imports import (
    UNDOABLE,
    drop_import,
    earlier_of,
    map_columns,
    start_import,
    undo_import,
    upload_file,
)
from integrations.kinds import KINDS, is_clear
from integrations.models import Import, ImportData, ImportKind, ImportState
from integrations.querysets import kinds_for
from integrations.reading import Unreadable
from people.access import OrganizationRequest, View, has_everywhere
from people.changes import Refused
from people.clock import now
from people.csv_files import csv_headers, csv_lines
from people.models import Person
from people.roles import Capability

A_PAGE = 50
FAULTS_SHOWN = 200
AT_WORK = {ImportState.CHECKING, ImportState.RUNNING, ImportState.STOPPING, ImportState.UNDOING}
FIRST_ROWS = {
    ImportState.CHECKED: "What would become of the first rows",
    ImportState.RUNNING: "What becomes of the first rows",
    ImportState.DONE: "What became of the first rows",
    ImportState.UNDOING: "What had become of the first rows",
    ImportState.UNDONE: "What had become of the first rows",
}


def imports_files(view: Callable[..., HttpResponse]) -> View:
    @wraps(view)
    def guarded(request: OrganizationRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not kinds_for(request.person):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@require_http_methods(["GET", "HEAD", "POST"])
@imports_files
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    """The imports of late, and the form for a new one."""
    kinds = kinds_for(request.person)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, kinds=kinds)
        if form.is_valid() and (found := _uploaded(request, form)):
            return redirect(found)
    else:
        form = UploadForm(kinds=kinds, initial={"kind": request.GET.get("kind")})
    found_all = Import.objects.visible_to(request.person).select_related("made_by", "started_by")
    page = Paginator(found_all, A_PAGE).get_page(request.GET.get("page"))
    labels = dict(ImportKind.choices)
    described = [(KINDS[kind], labels[kind]) for kind in kinds]
    is_bound = not has_everywhere(request.person, Capability.MANAGE_PEOPLE)
    context = {"form": form, "page": page, "kinds": described, "is_bound": is_bound}
    return render(request, "integrations/imports.html", context, status=422 if form.errors else 200)


def _uploaded(request: OrganizationRequest, form: UploadForm) -> Import | None:
    file, kind = form.cleaned_data["file"], form.cleaned_data["kind"]
    try:
        return upload_file(by=request.person, kind=kind, name=file.name, file=file)
    except (Unreadable, Refused) as refused:
        form.add_error("file", str(refused))
    return None


@require_safe
@imports_files
def template(request: OrganizationRequest, organization: str) -> HttpResponse:
    """A file to fill in: the columns and a row of examples."""
    kind = request.GET.get("kind", ImportKind.PEOPLE.value)
    if kind not in kinds_for(request.person):
        raise Http404
    return _file(f"{kind}-template.csv", template_table(KINDS[kind]))


@require_http_methods(["GET", "HEAD", "POST"])
@imports_files
def one(request: OrganizationRequest, organization: str, import_id: int) -> HttpResponse:
    """Columns are chosen and what would happen is shown here; then how far it is, and its outcome."""
    found = _import(request, import_id)
    choosing = "columns" in request.GET and found.state == ImportState.CHECKED
    if found.state == ImportState.MAPPING or choosing or request.method == "POST":
        return _columns_page(request, found)
    if request.htmx and not request.htmx.boosted:
        return _progress(request, found)
    return render(request, "integrations/import.html", _told(found, request.person))


@require_POST
@imports_files
def start(request: OrganizationRequest, organization: str, import_id: int) -> HttpResponse:
    found = _import(request, import_id)
    form = StartForm(request.POST)
    form.is_valid()
    try:
        start_import(found=found, by=request.person, tells=bool(form.cleaned_data.get("tells")))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(found)


@require_POST
@imports_files
def undo(request: OrganizationRequest, organization: str, import_id: int) -> HttpResponse:
    found = _import(request, import_id)
    try:
        undo_import(found=found, by=request.person)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect(found)


@require_POST
@imports_files
def drop(request: OrganizationRequest, organization: str, import_id: int) -> HttpResponse:
    if not drop_import(found=_import(request, import_id)):
        messages.error(request, "This import has started already.")
        return redirect("integrations:import", organization, import_id)
    messages.success(request, "The file is dropped. Nothing of it is stored.")
    return redirect("integrations:imports", organization)


@require_safe
@imports_files
def faults(request: OrganizationRequest, organization: str, import_id: int) -> HttpResponse:
    """Every bad row with its reasons and its cells, for mending it at home."""
    found = _import(request, import_id)
    data = get_object_or_404(ImportData, of=found)
    return _file(f"import-{found.pk}-rows-to-mend.csv", faults_table(found, data))


def _file(name: str, table: Iterable[list[str]]) -> HttpResponse:
    return HttpResponse(csv_lines(table, begins=True), headers=csv_headers(name))


def _columns_page(request: OrganizationRequest, found: Import) -> HttpResponse:
    form = MappingForm(request.POST if request.method == "POST" else None, found=found)
    if form.is_bound and form.is_valid():
        try:
            if not map_columns(found=found, mapping=form.mapping(), day_order=form.day_order):
                messages.error(request, "This import has started already.")
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect(found)
    context = {"import": found, "form": form, "about": KINDS[found.kind].about}
    return render(request, "integrations/columns.html", context, status=422 if form.errors else 200)


def _progress(request: OrganizationRequest, found: Import) -> HttpResponse:
    """Only how far it is; once it is over, the whole page is to be fetched anew."""
    if found.state not in AT_WORK:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "integrations/import.html#progress", {"import": found})


def _told(found: Import, reader: Person) -> dict[str, Any]:
    heavy = ImportData.objects.filter(of=found).values_list("faults", "samples", "left").first()
    faults, samples, left = heavy or ([], [], [])
    first_rows = FIRST_ROWS.get(ImportState(found.state))
    is_stoppable = found.state == ImportState.RUNNING and found.kind == ImportKind.GRANTS
    until = found.finished_at + UNDOABLE if found.finished_at and found.state == ImportState.DONE else None
    return {
        "import": found,
        "about": KINDS[found.kind].about,
        "may_map": found.bad or not is_clear(KINDS[found.kind], found.header),
        "at_work": found.state in AT_WORK,
        "faults": faults[:FAULTS_SHOWN],
        "more_faults": max(0, len(faults) - FAULTS_SHOWN),
        "first_rows": first_rows,
        "samples": samples if first_rows and not found.bad else [],
        "more_samples": found.new + found.changed - len(samples) if found.kind == ImportKind.LEAVING else 0,
        "left": left,
        "more_left": max(0, found.kept - len(left)),
        "is_stoppable": is_stoppable,
        "earlier": earlier_of(found, reader) if found.state == ImportState.CHECKED else None,
        "start": StartForm() if found.kind == ImportKind.GRANTS else None,
        "undoable_until": until if until and until >= now() else None,
    }


def _import(request: OrganizationRequest, import_id: int) -> Import:
    imports: Any = Import.objects.visible_to(request.person)
    found: Import = get_object_or_404(
        imports.select_related("made_by", "started_by", "undone_by"), pk=import_id
    )
    return found
