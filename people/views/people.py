"""Adding people, changing what is known of them, letting them leave and return."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.access import OrganizationRequest, may_edit, may_sign_in_as_told_by, requires
from people.actions import add_person, redate_placement
from people.changes import Refused
from people.forms import FindForm, LeaveForm, PersonForm, PlacementForm, initial_of
from people.leaving import deactivate_person, return_person
from people.models import Person, Placement
from people.queries import PEOPLE_SHOWN, people_to_administer
from people.roles import Capability
from people.taken import Taken

manages = requires(Capability.MANAGE_PEOPLE)
PER_PAGE = 50


@manages
@require_safe
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    find = FindForm(request.GET)
    find.is_valid()
    shown = find.cleaned_data.get("show", "")
    shown = shown if shown in PEOPLE_SHOWN else "active"
    people = people_to_administer(request.person, text=find.cleaned_data.get("q", ""), shown=shown)
    page = Paginator(people, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "find": find, "shown": shown, "tabs": PEOPLE_SHOWN.items()}
    return render(request, "people/settings/people.html", context)


@manages
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: OrganizationRequest, organization: str) -> HttpResponse:
    form = PersonForm(request.POST or None, editor=request.person)
    if request.method == "POST" and form.is_valid():
        try:
            person = add_person(organization=request.organization, by=request.person, **form.cleaned_data)
        except Taken as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, f"{person} is added.")
            return redirect("administration:person", organization, person.pk)
    status = 422 if form.is_bound else 200
    return render(request, "people/settings/add_person.html", {"form": form}, status=status)


def people_meant(request: OrganizationRequest) -> QuerySet[Person]:
    """As the address says: `sel` names the ticked ones, `ticked` that only they are meant; else all of the list."""
    find = FindForm(request.GET)
    find.is_valid()
    shown = find.cleaned_data.get("show", "")
    people = people_to_administer(
        request.person,
        text=find.cleaned_data.get("q", ""),
        shown=shown if shown in PEOPLE_SHOWN else "active",
    )
    if {"sel", "ticked"} & request.GET.keys():
        ids = [value for value in request.GET.getlist("sel") if value.isascii() and value.isdigit()]
        people = people.filter(pk__in=[int(value) for value in ids if len(value) < 19])
    return people


def person_form(request: OrganizationRequest, person: Person) -> PersonForm:
    return PersonForm(
        request.POST or None,
        initial=initial_of(person),
        editor=request.person,
        person=person,
        may_change_email=may_sign_in_as_told_by(request.person, person),
    )


def show_person(request: OrganizationRequest, person: Person, form: PersonForm, **more: Any) -> HttpResponse:
    """The page of the form, which stands above, with what is shown `more` there."""
    context = {
        **more,
        "form": form,
        "whom": person,
        "may_let_in": may_sign_in_as_told_by(request.person, person),
        "placements": Placement.objects.filter(person=person).select_related("location").order_by("-from_on"),
        "invitation": person.invitations.filter(closed_at=None).first(),
        "merges": person.merges.filter(undone_at=None).select_related("merged"),
    }
    return render(request, "people/settings/person.html", context, status=422 if form.is_bound else 200)


@manages
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    person = editable(request, person_id, lets_in=True)
    form = LeaveForm(request.POST or None, organization=request.organization)
    if request.method == "POST" and form.is_valid():
        try:
            deactivate_person(person=person, by=request.person, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("left_on", str(refusal))
        else:
            messages.success(request, f"{person} has left.")
            return redirect("administration:people", organization)
    context: dict[str, Any] = {
        "form": form,
        "whom": person,
        "reports": Person.objects.filter(
            organization=person.organization_id, manager=person, left_on=None
        ).count(),
    }
    return render(request, "people/settings/leave.html", context, status=422 if form.is_bound else 200)


@manages
@require_POST
def come_back(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    person = editable(request, person_id, lets_in=True)
    try:
        return_person(person=person, by=request.person)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{person} is back.")
    return redirect("administration:person", organization, person_id)


@manages
@require_http_methods(["GET", "HEAD", "POST"])
def redate(
    request: OrganizationRequest, organization: str, person_id: int, placement_id: int
) -> HttpResponse:
    person = editable(request, person_id)
    placements: Any = Placement.objects.select_related("person", "location")
    placement = get_object_or_404(placements, person=person, pk=placement_id)
    form = PlacementForm(request.POST or None, initial={"from_on": placement.from_on})
    if request.method == "POST" and form.is_valid():
        try:
            redate_placement(placement=placement, by=request.person, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("from_on", str(refusal))
        else:
            messages.success(request, "The day is corrected.")
            return redirect("administration:person", organization, person_id)
    context = {"form": form, "whom": person, "placement": placement}
    return render(request, "people/settings/placement.html", context, status=422 if form.is_bound else 200)


def editable(request: OrganizationRequest, person_id: int, *, lets_in: bool = False) -> Person:
    """A person whom this administrator may edit; `lets_in`: may also invite, let leave and let return."""
    people: Any = Person.objects.visible_to(request.person).select_related("location", "manager", "user")
    person: Person = get_object_or_404(people, pk=person_id)
    if not may_edit(request.person, person):
        raise PermissionDenied
    if lets_in and not may_sign_in_as_told_by(request.person, person):
        raise PermissionDenied
    return person
