"""The same for many people: the ticked ones of the administered, or all that are shown."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from integrations.changing import draft_changes, draft_leaving
from integrations.forms import ChangeForm
from integrations.models import Import
from integrations.views import imports_files
from people.access import OrganizationRequest
from people.changes import Refused
from people.forms import LeaveForm, ReturnForm
from people.models import Person
from people.views.people import people_meant


@require_http_methods(["GET", "HEAD", "POST"])
@imports_files
def change_people(request: OrganizationRequest, organization: str) -> HttpResponse:
    form = ChangeForm(request.POST if request.method == "POST" else None, editor=request.person)
    return _drafted(
        request,
        form,
        "integrations/change_people.html",
        lambda people: draft_changes(by=request.person, people=people, changes=form.cells()),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@imports_files
def let_people_leave(request: OrganizationRequest, organization: str) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = LeaveForm(data, organization=request.organization)
    return _drafted(
        request,
        form,
        "integrations/leaving_people.html",
        lambda people: draft_leaving(by=request.person, people=people, **form.cleaned_data),
        leaves=True,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@imports_files
def let_people_return(request: OrganizationRequest, organization: str) -> HttpResponse:
    form = ReturnForm(request.POST if request.method == "POST" else None)
    return _drafted(
        request,
        form,
        "integrations/leaving_people.html",
        lambda people: draft_leaving(by=request.person, people=people, left_on=None, **form.cleaned_data),
    )


def _drafted(
    request: OrganizationRequest,
    form: forms.Form,
    template: str,
    draft: Callable[[Any], Import],
    **more: bool,
) -> HttpResponse:
    """The form about those who are meant; what it says becomes a draft, which shows what would happen."""
    people: Any = people_meant(request)
    if form.is_bound and form.is_valid():
        try:
            return redirect(draft(people))
        except Refused as refused:
            form.add_error(None, str(refused))
    some: list[Person] = list(people[:5])
    context = {"form": form, "count": people.count(), "some": some, **more}
    return render(request, template, context, status=422 if form.errors else 200)
