"""Who can do what, and who has which role."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.access import OrganizationRequest, editable_by, requires, requires_any
from people.changes import Refused
from people.forms import RoleForm
from people.models import Person, RoleAssignment
from people.queries import roles_of, who_has_roles
from people.role_actions import give_role, take_role
from people.roles import BINDABLE, CAPABILITIES, UNBOUND_ONLY, Capability, Role
from people.views.people import editable

MOST_NAMED = 200


@requires_any(Capability.MANAGE_PEOPLE, Capability.MANAGE_ORGANIZATION, Capability.SEE_AUDIT)
@require_safe
def overview(request: OrganizationRequest, organization: str) -> HttpResponse:
    holders = who_has_roles(request.person, most=MOST_NAMED)
    named = Person.objects.filter(pk__in=[one.person_id for _, some in holders for one in some])
    theirs = (
        editable_by(request.person, named) if request.person.can(Capability.MANAGE_PEOPLE) else named.none()
    )
    context = {
        "roles": list(Role),
        "rows": [(what.label, [(role, _mark(role, what)) for role in Role]) for what in Capability],
        "holders": holders,
        "editable": set(theirs.values_list("pk", flat=True)),
        "may_give": request.person.may_give_roles,
        "most": MOST_NAMED,
    }
    return render(request, "people/settings/roles.html", context)


def _mark(role: Role, what: Capability) -> str:
    """Whether the role brings it: "", "always", or "unbound" where being bound to a location takes it away."""
    if what not in CAPABILITIES[role]:
        return ""
    return "unbound" if role in BINDABLE and what in UNBOUND_ONLY else "always"


@requires(Capability.MANAGE_PEOPLE)
@require_http_methods(["GET", "HEAD", "POST"])
def of_person(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    person = editable(request, person_id)
    form = RoleForm(request.POST or None, giver=request.person)
    if request.method == "POST" and form.is_valid():
        try:
            give_role(person=person, by=request.person, **form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{person} is {form.cleaned_data['role'].label.lower()} now.")
            return redirect("administration:person_roles", organization, person_id)
    context = {
        "form": form,
        "whom": person,
        "assignments": roles_of(person),
        "may_give": request.person.may_give_roles,
    }
    return render(request, "people/settings/person_roles.html", context, status=422 if form.is_bound else 200)


@requires(Capability.MANAGE_PEOPLE)
@require_POST
def take(request: OrganizationRequest, organization: str, assignment_id: int) -> HttpResponse:
    rows = RoleAssignment.objects.filter(organization=request.organization)
    assignment = get_object_or_404(rows.select_related("person"), pk=assignment_id)
    try:
        take_role(assignment=assignment, by=request.person)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(
            request, f"{assignment.person} is no longer {assignment.get_role_display().lower()}."
        )
        if assignment.person_id == request.person.pk:
            return redirect("people:home", organization)
    return redirect("administration:person_roles", organization, assignment.person_id)
