"""Pages about badges that say what their rules say: the catalogue, one badge, one award."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from badges.actions import reinstate_award
from badges.award_log import short_log, whole_log
from badges.evidence_shown import shown_evidence
from badges.forms import OptionalReasonForm
from badges.models import Award, Badge, BadgeCategory, BadgeState, GrantMode, NominationState, Origin
from badges.querysets import givers_to, said_of
from badges.surveys import may_give_to
from badges.views import award_in_reach, by_hand, form_page, posted
from people.access import OrganizationRequest
from people.changes import Refused
from people.clock import now
from people.models import Person
from people.roles import Capability
from rules import showcase
from rules.clauses import clauses
from rules.explanations import why
from rules.forms_examples import PersonForm
from rules.grace import lapsing_award
from rules.keeping import ways_to_keep
from rules.listing import HolderOrder, listing
from rules.models import Rule
from rules.progress import how_far, is_just_rechecked
from rules.queries import is_in_force, rests, stays_on
from rules.readiness import lacks_of
from rules.trying import try_as_it_stands
from rules.watching import open_floods, paused_badges, silent_rules

HOLDERS_A_PAGE = 25
EVENTS_A_PAGE = 50
OTHERS_SHOWN = 10
FEW = 3


@require_safe
def catalogue(request: OrganizationRequest, organization: str) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:100]
    asked, named = request.GET.get("show", ""), request.GET.get("category", "")
    show = asked if asked in {"mine", "drafts"} else ""
    progress = {one.badge.pk: one for one in how_far(request.person)}
    categories = list(BadgeCategory.objects.filter(organization=request.organization))
    chosen = next((one for one in categories if str(one.pk) == named), None)
    sections = showcase.catalogue(
        reader=request.person, text=text, show=show, category=chosen.pk if chosen else None, progress=progress
    )
    context = {
        "sections": sections,
        "text": text,
        "show": show,
        "categories": categories,
        "chosen": chosen,
        "unknown": asked != show or bool(named and not chosen),
        "floods": open_floods(request.person),
        "paused": paused_badges(request.person),
        "silent": silent_rules(request.person),
    }
    return render(request, "badges/list.html", context)


@require_safe
def detail(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badges = Badge.objects.visible_to(request.person)
    badge = get_object_or_404(badges, slug=slug)
    rule = Rule.objects.filter(badge=badge).select_related("badge").first()
    sentences = showcase.sentences_of(request.organization, badge)
    can_earn = rule is not None and badge.state == BadgeState.ACTIVE
    is_counting = rule is not None and rule.recheck_asked_at is not None and is_in_force(rule)
    held = _held(request, badge, rule)
    if request.htmx and not request.htmx.history_restore_request:
        return _varying(render(request, "badges/_holders.html#found", {"badge": badge, **held}))
    context = {
        **held,
        "badge": badge,
        "supersedes": badge.supersedes,
        "rule": rule,
        "versions": rule.versions.select_related("made_by")[:5] if rule else [],
        "sentence": showcase.in_words(badge, sentences),
        "by_hand": badge.mode != GrantMode.RULE,
        "people_count": Person.objects.active().filter(organization=request.organization).count(),
        "figures": showcase.figures(badge, now(), request.person),
        "mine": (mine := Award.objects.standing().filter(badge=badge, person=request.person).first()),
        "clauses": clauses(request.person, badge.slug)
        if can_earn and rule and not is_just_rechecked(rule, now()) and mine is None
        else [],
        "is_counting": is_counting,
        "lacks": lacks_of(badge, rule) if badge.state == BadgeState.DRAFT else [],
        "withdrawal": showcase.withdrawal(badge),
    }
    return _varying(render(request, "badges/detail.html", context))


def _varying(response: HttpResponse) -> HttpResponse:
    patch_vary_headers(response, ["HX-Request"])
    return response


def _held(request: OrganizationRequest, badge: Badge, rule: Rule | None) -> dict[str, Any]:
    """Its holders as the address asks for them, and how many there are without that."""
    asked, is_resting = listing(request.GET, HolderOrder.NEWEST), rule is not None and rests(rule)
    found = showcase.holders(badge, request.person, asked.text)
    found = showcase.in_order(found, asked.order, rests=is_resting)
    page = Paginator(found, HOLDERS_A_PAGE).get_page(request.GET.get("page"))
    return {
        "listing": asked,
        "page": page,
        "holders_count": showcase.holders(badge, request.person).count(),
        "rests": is_resting,
    }


@require_safe
def award(request: OrganizationRequest, organization: str, award_id: int) -> HttpResponse:
    visible = Award.objects.visible_to(request.person)
    shown = visible.with_praise(request.person).select_related("badge", "person", "given_by")
    award = get_object_or_404(shown, pk=award_id)
    others = visible.filter(badge=award.badge, person=award.person).exclude(pk=award.pk)
    again = (
        award.badge.state == BadgeState.ACTIVE
        and award.ended_at is not None
        and not others.standing().exists()
    )
    is_read_whole = request.person.pk == award.person_id or request.person.can(Capability.SEE_HISTORY)
    is_ending = is_read_whole and award.ended_at is None and award.expires_at and not award.person.left_on
    gives = may_give_to(request.person, award.person)
    context = {
        "award": award,
        "way": ways_to_keep(award.person, [award.badge_id]).get(award.badge_id) if is_ending else None,
        "lapsing": lapsing_award(award) if award.person_id == request.person.pk else None,
        "clauses": clauses(award.person, award.badge.slug) if again else [],
        "why": why(award) if award.origin == Origin.RULE else None,
        "nominations": award.nominations.filter(state=NominationState.APPROVED).select_related("made_by"),
        "pieces": shown_evidence(award, request.person),
        "praise": list(said_of(award).select_related("person")),
        "may_give": gives,
        "givers": []
        if gives
        else givers_to(award.person).exclude(pk=request.person.pk).order_by("name", "pk")[:FEW],
        "unwritten_end": award.unwritten_end,
        "rests": stays_on(award),
        **_log(request, award),
        "others": others.select_related("badge")[:OTHERS_SHOWN],
        "others_count": others.count(),
    }
    return render(request, "badges/award.html", context)


@form_page
@by_hand
def reinstate(request: OrganizationRequest, organization: str, award_id: int) -> HttpResponse:
    award = award_in_reach(request, award_id)
    form = OptionalReasonForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            reinstate_award(
                award=award,
                by=request.person,
                reason=form.cleaned_data["reason"],
                stays_on=stays_on(award),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{award.badge.name} was given back to {award.person.name}.")
            return redirect(award.person)
    context = {"form": form, "award": award}
    return render(request, "badges/reinstate.html", context, status=422 if form.errors else 200)


def _log(request: OrganizationRequest, award: Award) -> dict[str, Any]:
    """In short, or all of it in pages if asked for."""
    if "all" not in request.GET:
        return {"events": short_log(award)}
    page = Paginator(whole_log(award), EVENTS_A_PAGE).get_page(request.GET.get("page"))
    return {"events": page, "page": page, "is_whole": True}


@require_safe
def how_far_is(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    """How far somebody is from a badge: oneself, or whoever's history one may see, or whom one manages."""
    badge = get_object_or_404(Badge.objects.visible_to(request.person), slug=slug)
    rule = Rule.objects.filter(badge=badge).first()
    form = PersonForm(request.GET if "person" in request.GET else None, organization=request.organization)
    context = {"badge": badge, "form": form, "rule": rule}
    if form.is_bound and not form.is_valid() and not request.person.can(Capability.SEE_HISTORY):
        raise PermissionDenied  # who is here is not for everybody to find out
    if rule and not form.errors:
        person = form.cleaned_data["person"] if form.is_bound else request.person
        if not _may_ask_about(request.person, person):
            raise PermissionDenied
        context["tried"] = try_as_it_stands(person=person, badge=badge)
    context["sentence"] = showcase.in_words(badge, showcase.sentences_of(request.organization, badge))
    return render(request, "rules/how_far.html", context, status=422 if form.errors else 200)


def _may_ask_about(reader: Person, person: Person) -> bool:
    return reader.pk in {person.pk, person.manager_id} or reader.can(Capability.SEE_HISTORY)
