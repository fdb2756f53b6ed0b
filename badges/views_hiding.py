"""Where somebody chooses which of their badges colleagues see."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from badges.hide_forms import HideForm
from badges.hiding import hide_badges
from badges.views import form_page, posted
from people.access import OrganizationRequest


@form_page
def hide(request: OrganizationRequest, organization: str) -> HttpResponse:
    person = request.person
    form = HideForm(posted(request), person=person)
    if form.is_bound and form.is_valid():
        hide_badges(person=person, badges=form.cleaned_data["badges"], everything=form.hides_all)
        messages.success(request, "What colleagues see of your badges is saved.")
        return redirect(person)
    return render(request, "badges/hide.html", {"form": form}, status=422 if form.errors else 200)
