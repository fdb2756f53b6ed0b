"""Emblems, and giving badges by hand. Pages that read rules as well are in `rules.views_badges`."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from badges.actions import OverAlready, Shortens, grant_by_hand, revoke_award
from badges.emblem import WIDTHS
from badges.forms import ReasonForm
from badges.give_forms import GiveBadgeForm, GiveForm, Giving, outcome
from badges.models import Award, Badge, EmblemImage, Nomination
from badges.nominating import AlreadyProposed, propose_grant
from badges.surveys import may_give_to
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.downloads import picture
from people.models import Person
from people.roles import BY_HAND

by_hand = requires(*BY_HAND)
PROPOSED = "{badge} is proposed for {person}. Another administrator has to approve it."
BESIDE: dict[type[Refused], str] = {Shortens: "ends_on", OverAlready: "given_on"}
form_page = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def emblem(request: OrganizationRequest, organization: str, emblem_id: int, width: int) -> HttpResponse:
    """A PNG that never changes under its address. Nothing but a picture, whatever a browser makes of it."""
    if width not in WIDTHS:
        raise Http404
    images = EmblemImage.objects.filter(emblem=emblem_id).order_by("width")
    image = images.filter(width__gte=width).first() or images.last()
    if image is None:
        raise Http404
    return picture(bytes(image.data))


@form_page
@by_hand
def give(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    person = get_object_or_404(Person.objects.visible_to(request.person), pk=person_id)
    refuse_out_of_reach(request, person)
    initial = {"badge": request.GET.get("badge", "")}
    form = GiveForm(posted(request), request.FILES or None, person=person, initial=initial)
    if request.method == "POST" and _is_given(request, form):
        return redirect(person)
    context = {"form": form, "holder": person}
    return render(request, "badges/give.html", context, status=422 if form.errors else 200)


@form_page
@by_hand
def give_badge(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badge = get_object_or_404(Badge.objects.visible_to(request.person), slug=slug)
    form = GiveBadgeForm(posted(request), request.FILES or None, badge=badge, by=request.person)
    if request.method == "POST" and _is_given(request, form):
        return redirect(badge)
    context = {"form": form, "badge": badge}
    return render(request, "badges/give_badge.html", context, status=422 if form.errors else 200)


def _is_given(request: OrganizationRequest, form: Giving) -> bool:
    """Whether what the form says is sound, and was done; it says why not."""
    if not form.is_valid():
        return False
    try:
        messages.success(request, _give(request.person, form))
    except Refused as refused:
        form.add_error(BESIDE.get(type(refused)), with_link(refused))
        return False
    return True


def _give(by: Person, form: Giving) -> str:
    wishes = form.wishes()
    if wishes["badge"].needs_two:
        proposal = propose_grant(by=by, **wishes)
        return linked(PROPOSED.format(person=wishes["person"].name, badge=wishes["badge"].name), proposal)
    award = grant_by_hand(by=by, **wishes)
    return outcome(form.standing.get(award.badge_id), award)


@form_page
@by_hand
def revoke(request: OrganizationRequest, organization: str, award_id: int) -> HttpResponse:
    award = award_in_reach(request, award_id)
    form = ReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            revoke_award(award=award, by=request.person, reason=form.cleaned_data["reason"])
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{award.badge.name} was taken back from {award.person.name}.")
            return redirect(award.person)
    context = {"form": form, "award": award}
    return render(request, "badges/revoke.html", context, status=422 if form.errors else 200)


def linked(told: str, nomination: Nomination) -> SafeString:
    return format_html('{} <a href="{}">See the nomination</a>', told, nomination.get_absolute_url())


def with_link(refused: Refused) -> str:
    """What is refused because it was proposed already leads to that."""
    return linked(str(refused), refused.nomination) if isinstance(refused, AlreadyProposed) else str(refused)


def posted(request: OrganizationRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def award_in_reach(request: OrganizationRequest, award_id: int, **narrower: str) -> Award:
    awards = Award.objects.visible_to(request.person).filter(**narrower).select_related("badge", "person")
    award = get_object_or_404(awards, pk=award_id)
    refuse_out_of_reach(request, award.person)
    return award


def refuse_out_of_reach(request: OrganizationRequest, person: Person) -> None:
    """Administrators who are bound to locations give and take back there alone."""
    if not may_give_to(request.person, person):
        raise PermissionDenied(f"{person} works outside the locations that you administer.")
