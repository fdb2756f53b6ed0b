"""Proposing a badge for a colleague, the queue of those who decide, and one's own nominations."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from badges.give_forms import outcome
from badges.granting import standing_by_hand
from badges.models import Award, Nomination, NominationState
from badges.nominate_forms import DecisionForm, NominateForm
from badges.nominating import (
    approve_nomination,
    decline_nomination,
    nominate,
    see_outcome,
    withdraw_nomination,
)
from badges.nominations_told import is_by, made_by, to_decide, with_names
from badges.surveys import may_give_to
from badges.views import by_hand, form_page, linked, posted, with_link
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.models import Person
from people.roles import Capability

A_PAGE = 25
nominates = requires(Capability.SUBMIT_WORK)


@form_page
@nominates
def propose(request: OrganizationRequest, organization: str) -> HttpResponse:
    nominee = _nominee(request)
    initial = {"badge": request.GET.get("badge", "")}
    form = NominateForm(
        posted(request), request.FILES or None, by=request.person, nominee=nominee, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        whom = nominee or said["colleague"]
        try:
            made = nominate(
                badge=said["badge"], nominee=whom, by=request.person,
                reason=said["reason"], evidence=form.pieces(),
            )  # fmt: skip
        except Refused as refused:
            form.add_error(None, with_link(refused))
        else:
            told = f"{whom.name} is nominated for {said['badge'].name}."
            messages.success(request, linked(told, made))
            return redirect("badges:nominations", organization)
    context = {"form": form, "nominee": nominee}
    return render(request, "badges/nominate.html", context, status=422 if form.errors else 200)


@require_safe
@nominates
def own(request: OrganizationRequest, organization: str) -> HttpResponse:
    return _list(request, Paginator(with_names(made_by(request.person)), A_PAGE), "own")


@require_safe
@by_hand
def queue(request: OrganizationRequest, organization: str) -> HttpResponse:
    return _list(request, Paginator(with_names(to_decide(request.person)), A_PAGE), "queue")


@form_page
@nominates
def nomination(request: OrganizationRequest, organization: str, nomination_id: int) -> HttpResponse:
    """One of one's own, or one to decide on."""
    found = _nomination(request, nomination_id)
    is_own = is_by(request.person, found)
    takes_part = is_own or request.person.pk == found.agreed_by_id
    decides = not takes_part and found.state == NominationState.OPEN
    if is_own:
        see_outcome(nomination=found)
    form = DecisionForm(posted(request) if decides else None)
    if form.is_bound and form.is_valid():
        try:
            messages.success(request, _decide(request, found, **form.cleaned_data))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("badges:nomination_queue", organization)
    context = {"nomination": found, "form": form, "decides": decides}
    context["pieces"] = found.pieces.filter(withdrawn_at=None)
    if decides:
        held = Award.objects.standing().filter(badge=found.badge, person=found.nominee)
        # By hand first: that is what would be renewed.
        context["held"] = held.order_by("origin", "pk").first()
    context["award"] = Award.objects.visible_to(request.person).filter(nominations=found).first()
    return render(request, "badges/nomination.html", context, status=422 if form.errors else 200)


@require_POST
@nominates
def withdraw(request: OrganizationRequest, organization: str, nomination_id: int) -> HttpResponse:
    found = get_object_or_404(made_by(request.person), pk=nomination_id)
    try:
        withdraw_nomination(nomination=found)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, f"{found.badge.name} for {found.nominee.name} is withdrawn.")
    return redirect("badges:nominations", organization)


def _decide(request: OrganizationRequest, found: Nomination, decision: str, reason: str) -> str:
    if decision == "approve":
        before = standing_by_hand(request.organization, [found.nominee_id])
        award = approve_nomination(nomination=found, by=request.person)
        if award is None:
            return f"You agree. Another administrator has to approve {found.badge.name} as well."
        return outcome(before.get((found.badge_id, found.nominee_id)), award)
    decline_nomination(nomination=found, by=request.person, reason=reason)
    return f"{found.badge.name} for {found.nominee.name} is declined."


def _list(request: OrganizationRequest, pages: Paginator, tab: str) -> HttpResponse:
    context = {"page": pages.get_page(request.GET.get("page")), "tab": tab}
    return render(request, "badges/nominations.html", context)


def _nominee(request: OrganizationRequest) -> Person | None:
    asked = request.GET.get("person", "")
    if not asked:
        return None
    known = asked if asked.isascii() and asked.isdigit() and len(asked) < 19 else "0"
    others = Person.objects.visible_to(request.person).active().exclude(pk=request.person.pk)
    return get_object_or_404(others, pk=known)


def _nomination(request: OrganizationRequest, nomination_id: int) -> Nomination:
    """Nominees do not learn of it; those who do not decide, only of their own."""
    nominations = with_names(Nomination.objects.filter(organization=request.organization))
    found = get_object_or_404(nominations.exclude(nominee=request.person), pk=nomination_id)
    if not is_by(request.person, found) and not may_give_to(request.person, found.nominee):
        raise Http404
    return found
