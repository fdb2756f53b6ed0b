"""The same change for many people: the ticked ones of the administered, or all that are shown."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from integrations.changing import draft_changes
from integrations.forms import ChangeForm
from integrations.views import imports_files
from people.access import OrganizationRequest
from people.changes import Refused
from people.forms import FindForm
from people.models import Person
from people.queries import PEOPLE_SHOWN, people_to_administer


@require_http_methods(["GET", "HEAD", "POST"])
@imports_files
def change_people(request: OrganizationRequest, organization: str) -> HttpResponse:
    people = _whom(request)
    form = ChangeForm(request.POST if request.method == "POST" else None, editor=request.person)
    if form.is_bound and form.is_valid():
        try:
            return redirect(draft_changes(by=request.person, people=people, changes=form.cells()))
        except Refused as refused:
            form.add_error(None, str(refused))
    context = {"form": form, "count": people.count(), "some": people[:5]}
    return render(request, "integrations/change_people.html", context, status=422 if form.errors else 200)


def _whom(request: OrganizationRequest) -> QuerySet[Person]:
    """As the address says: `sel` names the ticked ones; without it all that the list shows."""
    find = FindForm(request.GET)
    find.is_valid()
    shown = find.cleaned_data.get("show", "")
    people = people_to_administer(
        request.person,
        text=find.cleaned_data.get("q", ""),
        shown=shown if shown in PEOPLE_SHOWN else "active",
    )
    if "sel" in request.GET:
        ids = [value for value in request.GET.getlist("sel") if value.isascii() and value.isdigit()]
        people = people.filter(pk__in=[int(value) for value in ids if len(value) < 19])
    return people
