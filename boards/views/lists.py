"""Lists of people that somebody keeps for themselves or shares."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from boards import columns, lists
from boards.asked import LONGEST_ADDRESS, asked
from boards.forms import ListForm
from boards.models import SavedList
from people.access import OrganizationRequest
from people.changes import Refused

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    saved = SavedList.objects.visible_to(request.person).select_related("owner")
    return render(request, "people/lists.html", {"lists": saved})


@form_methods
def save(request: OrganizationRequest, organization: str) -> HttpResponse:
    """Keep what the address of the People page asks for; it comes as `query`."""
    data = request.POST if request.method == "POST" else request.GET
    wanted = asked(QueryDict(data.get("query", "")[:LONGEST_ADDRESS]), request.person)
    form = ListForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            saved = lists.save_list(by=request.person, query=wanted.address, **form.cleaned_data)
            messages.success(request, f"{saved} is kept under Saved lists.")
            return redirect(saved)
        except Refused as refusal:
            form.add_error("name", str(refusal))
    context = {"form": form, "wanted": wanted}
    return render(request, "people/list_form.html", context, status=422 if form.errors else 200)


@form_methods
def change(request: OrganizationRequest, organization: str, list_id: int) -> HttpResponse:
    saved = _own(request, list_id)
    posted = request.POST if request.method == "POST" else None
    form = ListForm(posted, initial={"name": saved.name, "shared": saved.shared})
    if form.is_bound and form.is_valid():
        try:
            lists.change_list(saved=saved, by=request.person, **form.cleaned_data)
            return redirect("people:lists", request.organization.slug)
        except Refused as refusal:
            form.add_error("name", str(refusal))
    context = {"form": form, "saved": saved}
    return render(request, "people/list_form.html", context, status=422 if form.errors else 200)


@require_POST
def remove(request: OrganizationRequest, organization: str, list_id: int) -> HttpResponse:
    saved = _own(request, list_id)
    try:
        lists.remove_list(saved=saved, by=request.person)
        messages.success(request, f"{saved} is no longer kept.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("people:lists", request.organization.slug)


@require_POST
def choose_columns(request: OrganizationRequest, organization: str) -> HttpResponse:
    """Remember the columns; the list that was looked at (`query`) shows in them from now on."""
    chosen = columns.moved(columns.known(request.POST.getlist("col")), request.POST.get("move", ""))
    lists.remember_columns(person=request.person, columns=[] if "reset" in request.POST else chosen)
    query = asked(QueryDict(request.POST.get("query", "")[:LONGEST_ADDRESS]), request.person).filters_address
    address = reverse("people:list", args=[request.organization.slug])
    return redirect(f"{address}?{query}" if query else address)


def _own(request: OrganizationRequest, list_id: int) -> SavedList:
    mine = SavedList.objects.visible_to(request.person).filter(owner=request.person)
    return get_object_or_404(mine, pk=list_id)
