"""Invitations: making and withdrawing them, and taking one up."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.clock import now
from people.forms import AcceptForm
from people.invitations import accept_invitation, find_open, invite_person, read_token, withdraw_invitation
from people.inviting import SOME, invite_people, plan_invitations
from people.models import Invitation, Person, User
from people.queries import invitations_to_administer
from people.roles import Capability
from people.tenancy import tenant
from people.views.people import editable, people_meant

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
manages = requires(Capability.MANAGE_PEOPLE)


@manages
@require_safe
def listing(request: OrganizationRequest, organization: str) -> HttpResponse:
    page = Paginator(invitations_to_administer(request.person), 50).get_page(request.GET.get("page"))
    return render(request, "people/settings/invitations.html", {"page": page, "now": now()})


@manages
@require_POST
def invite(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    person = editable(request, person_id, lets_in=True)
    try:
        invitation = invite_person(person=person, by=request.person)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"An invitation is on its way to {invitation.email}.")
    if "from_list" in request.POST:
        return redirect("administration:invitations", organization)
    return redirect("administration:person", organization, person_id)


@manages
@require_http_methods(["GET", "HEAD", "POST"])
def invite_several(request: OrganizationRequest, organization: str) -> HttpResponse:
    """Those who are ticked, or all that the list shows: first who, and who not, then a press invites them."""
    plan = plan_invitations(people=people_meant(request), by=request.person)
    if request.method == "POST":
        count = invite_people(person_ids=plan.invited, by=request.person)
        are = "invitation is" if count == 1 else "invitations are"
        if count:
            messages.success(request, f"{count:,} {are} on the way.")
        else:
            messages.info(request, "They have been invited already.")
        return redirect("administration:invitations", organization)
    context = {
        "count": len(plan.invited),
        "more": len(plan.invited[SOME:]),
        "some": _named(plan.invited[:SOME]),
        "others": [(why.label, len(ids), _named(ids[:SOME])) for why, ids in plan.others.items()],
        "back": f"{reverse('administration:people', args=[organization])}?show=no_login",
    }
    return render(request, "people/settings/invite.html", context)


def _named(ids: list[int]) -> list[Person]:
    return list(Person.objects.filter(pk__in=ids).order_by("folded", "pk"))


@manages
@require_POST
def withdraw(request: OrganizationRequest, organization: str, invitation_id: int) -> HttpResponse:
    rows = Invitation.objects.filter(organization=request.organization)
    invitation = get_object_or_404(rows, pk=invitation_id)
    editable(request, invitation.person_id, lets_in=True)
    withdraw_invitation(invitation=invitation, by=request.person)
    messages.success(request, f"The invitation to {invitation.email} is withdrawn.")
    return redirect("administration:invitations", organization)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def take_up(request: HttpRequest, token: str) -> HttpResponse:
    """The link of the mail. Looking changes nothing, so that a mail scanner does not use it up."""
    known = read_token(token)
    if known is None:
        return _gone(request)
    organization, pk, serial = known
    with tenant(organization):
        invitation = find_open(pk, serial)
        return _gone(request) if invitation is None else _answer(request, invitation)


def _gone(request: HttpRequest) -> HttpResponse:
    return render(request, "people/invitation_gone.html", status=410)


def _answer(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    user: Any = request.user
    has_login = User.objects.filter(email__iexact=invitation.email).exists()
    context = {"invitation": invitation, "whose": invitation.organization, "has_login": has_login}
    if user.is_authenticated or has_login:
        is_theirs = user.is_authenticated and user.email.lower() == invitation.email.lower()
        if request.method == "POST" and is_theirs:
            return _accept(request, invitation, user=user)
        return render(request, "people/invitation.html", {**context, "is_theirs": is_theirs})
    form = AcceptForm(request.POST or None, email=invitation.email)
    if request.method == "POST" and form.is_valid():
        return _accept(request, invitation, password=form.cleaned_data["password"])
    status = 422 if form.is_bound else 200
    return render(request, "people/invitation.html", {**context, "form": form}, status=status)


def _accept(request: HttpRequest, invitation: Invitation, **how: Any) -> HttpResponse:
    try:
        user = accept_invitation(invitation=invitation, **how)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(request.path)
    login(request, user, backend=BACKEND)
    return redirect(invitation.organization)
