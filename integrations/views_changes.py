"""The same change for many people: the ticked ones of the administered, or all that are shown."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from integrations.changing import draft_changes
from integrations.forms import ChangeForm
from integrations.views import imports_files
from people.access import OrganizationRequest
from people.changes import Refused
from people.views.people import people_meant


@require_http_methods(["GET", "HEAD", "POST"])
@imports_files
def change_people(request: OrganizationRequest, organization: str) -> HttpResponse:
    people = people_meant(request)
    form = ChangeForm(request.POST if request.method == "POST" else None, editor=request.person)
    if form.is_bound and form.is_valid():
        try:
            return redirect(draft_changes(by=request.person, people=people, changes=form.cells()))
        except Refused as refused:
            form.add_error(None, str(refused))
    context = {"form": form, "count": people.count(), "some": people[:5]}
    return render(request, "integrations/change_people.html", context, status=422 if form.errors else 200)
