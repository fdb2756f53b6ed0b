"""The rule of a badge: looking at it, changing it, trying a change before it is made."""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from badges.defining import edit_badge
from badges.models import Badge, GrantMode
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.clock import now
from people.converters import Id
from people.models import Person
from people.roles import Capability
from rules.actions import save_rule, set_rule_state
from rules.actions_trials import is_small, request_trial
from rules.criteria import Invalid, Named, named_in, parse
from rules.drafts import Part, fresh
from rules.dry_run import dry_run, ever_held
from rules.examples import broken_examples, told
from rules.forms import RuleForm
from rules.forms_examples import ExampleForm, PersonForm
from rules.forms_shown import initial_of, redrawn
from rules.models import DryRun, Example, Policy, Rule, RuleState, RuleVersion
from rules.queries import is_in_force, names_of
from rules.sentences import sentence
from rules.showcase import said
from rules.trying import try_on
from rules.views_examples import change_examples

defines_badges = requires(Capability.MANAGE_BADGES)


@require_http_methods(["GET", "HEAD", "POST"])
@defines_badges
def edit(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badge = badge_of(request, slug)
    version = version_in_force(badge)
    shown = initial_of(badge, version.definition, request.organization) if version else (fresh(), {})
    replaces = "replace" in request.GET or "replace" in request.POST
    context: dict[str, Any] = {"badge": badge, "version": version, "replaces": replaces}
    if "unmet" in request.GET and version and version.rule.state == RuleState.PAUSED:
        context["unmet"] = _unmet(badge, version)
    if shown is None and not replaces:
        return _only_words(request, context)
    shown = _tried(request, badge) or shown
    known: dict[str, Any] = {
        "badge": badge, "organization": request.organization, "named": _named(version)
    }  # fmt: skip
    if request.method != "POST":
        if "look" in request.GET and version and is_small(request.organization):
            _look_ahead(context, version.definition, Policy.KEEP, [Policy.KEEP])
        return show_form(request, context, RuleForm(**known, draft=shown))
    if "example" in request.POST or "forget" in request.POST:
        context |= change_examples(request, badge)
        return show_form(request, context, redrawn(request.POST, **known))
    if "do" in request.POST:
        return show_form(request, context, redrawn(request.POST, **known))
    form = RuleForm(request.POST, **known)
    if request.htmx and "say" in request.POST:
        return _say(request, form)
    return _answer(request, context, form)


def _unmet(badge: Badge, version: RuleVersion) -> list[str]:
    """Why it cannot be taken up again: the examples that it would not meet now."""
    try:
        broken = broken_examples(badge=badge, definition=version.definition, at=now(), policy=Policy.KEEP)
    except Invalid:
        return []
    return [told(example) for example in broken]


def _say(request: OrganizationRequest, form: RuleForm) -> HttpResponse:
    """What the rule says as it is being written, and beside each condition what is wrong or odd about it."""
    names = names_of(request.organization)
    context = {"form": form, "would_say": sentence(form.definition, names) if form.is_valid() else ""}
    return render(request, "rules/edit.html#says", context)


def _answer(request: OrganizationRequest, context: dict[str, Any], form: RuleForm) -> HttpResponse:
    if form.is_valid():
        try:
            if "try" in request.POST or "try_on" in request.POST:
                _try_on(request, context, form)
                return show_form(request, context, form)
            if "names" in request.POST or ("preview" in request.POST and not is_small(request.organization)):
                return _try_out(request, context["badge"], form)
            if "preview" in request.POST:
                policies = Policy.values if context["version"] else [Policy.RECHECK]
                _look_ahead(context, form.definition, form.cleaned_data["policy"], policies)
                return show_form(request, context, form)
            return _save(request, context["badge"], form)
        except Invalid as invalid:
            form.blame(invalid)
        except Refused as refused:
            form.add_error(None, str(refused))
            context["version"] = version_in_force(context["badge"])
    return show_form(request, context, form)


def _try_on(request: OrganizationRequest, context: dict[str, Any], form: RuleForm) -> None:
    if person := _asked_about(request, context):
        context["tried"] = try_on(
            person=person,
            badge=context["badge"],
            definition=form.definition,
            policy=form.cleaned_data["policy"],
        )


def _asked_about(request: OrganizationRequest, context: dict[str, Any]) -> Person | None:
    """Whose button was pressed, or who is named beside the other one."""
    number = request.POST.get("try_on", "")
    if re.fullmatch(Id.regex, number):
        return get_object_or_404(Person, organization=request.organization, pk=int(number))
    context["try_form"] = asked = PersonForm(request.POST, prefix="try", organization=request.organization)
    return asked.cleaned_data["person"] if asked.is_valid() else None


def _try_out(request: OrganizationRequest, badge: Badge, form: RuleForm) -> HttpResponse:
    """In a worker: the page that is answered with shows how far it is."""
    asked = request.POST.get("names", "")
    policy = asked if asked in Policy.values else form.cleaned_data["policy"]
    trial = request_trial(badge=badge, definition=form.definition, policy=policy, by=request.person)
    return redirect("rules:trial", request.organization.slug, badge.slug, trial.pk)


def _look_ahead(
    context: dict[str, Any], definition: dict[str, Any], chosen: str, policies: Sequence[str]
) -> None:
    """The dry run of the policy that is chosen, and the figures of all where there is a choice."""
    at = now()
    runs = {
        policy: dry_run(badge=context["badge"], definition=definition, at=at, policy=policy)
        for policy in policies
    }
    context["policy"], context["run"] = chosen, runs.get(chosen) or runs[policies[0]]
    context["ever_held"] = ever_held(context["run"].months)
    context["broken"] = broken_examples(badge=context["badge"], definition=definition, at=at, policy=chosen)
    context["choices"] = [
        (Policy(policy).label, policy == chosen, run.people, len(run.gaining), len(run.losing))
        for policy, run in runs.items()
    ]


def _tried(request: OrganizationRequest, badge: Badge) -> tuple[Part, dict[str, Any]] | None:
    """The rule of a trial that the address names, to go on with."""
    number = request.GET.get("trial", "")
    trial = (
        DryRun.objects.filter(badge=badge, pk=int(number)).first() if re.fullmatch(Id.regex, number) else None
    )
    found = initial_of(badge, trial.definition, request.organization) if trial else None
    return (found[0], {**found[1], "policy": trial.policy}) if trial and found else None


def _named(version: RuleVersion | None) -> Named | None:
    try:
        return named_in(parse(version.definition)) if version else None
    except Invalid:
        return None


@require_POST
@defines_badges
def change_state(request: OrganizationRequest, organization: str, slug: str, state: str) -> HttpResponse:
    rule = get_object_or_404(Rule.objects.select_related("badge"), badge=badge_of(request, slug))
    if state not in RuleState.values:
        raise Http404
    try:
        set_rule_state(rule=rule, state=state, by=request.person)
    except Refused:
        return redirect(f"{reverse('rules:edit', args=[organization, slug])}?unmet=1")
    word = "at work again: what waited is being worked off"
    if state == RuleState.PAUSED:
        word = "paused: until it is taken up again, nobody gets or loses the badge by it"
    messages.success(request, f"The rule is {word}.")
    return redirect("rules:edit", organization, slug)


def badge_of(request: OrganizationRequest, slug: str) -> Badge:
    return get_object_or_404(Badge.objects.visible_to(request.person), slug=slug)


def version_in_force(badge: Badge) -> RuleVersion | None:
    rule = Rule.objects.filter(badge=badge).first()
    if rule is None:
        return None
    version: RuleVersion = RuleVersion.objects.select_related("rule", "made_by").get(
        rule=rule, number=rule.current
    )
    return version


def _save(request: OrganizationRequest, badge: Badge, form: RuleForm) -> HttpResponse:
    before = version_in_force(badge)
    rule = save_rule(
        badge=badge,
        definition=form.definition,
        by=request.person,
        quietly=not form.cleaned_data["tell"],
        policy=form.cleaned_data["policy"],
        seen=form.cleaned_data["seen"],
    )
    if badge.mode == GrantMode.HAND:
        badge = edit_badge(badge=badge, by=request.person, mode=GrantMode.BOTH)
    elif before and before.number == rule.current:
        messages.success(request, "The rule is saved. It says what it said before, so nothing changes.")
        return redirect(badge)
    done = looking(badge) or " It is at rest."
    messages.success(request, f"The rule is saved.{done}{_by_hand(badge)}")
    return redirect(badge)


def looking(badge: Badge) -> str:
    """To be said after what made the rule look anew; "" while it looks at nobody."""
    rule = Rule.objects.filter(badge=badge).select_related("badge").first()
    return " Lapel is looking at everybody by its rule now." if rule and is_in_force(rule) else ""


def _by_hand(badge: Badge) -> str:
    if badge.mode == GrantMode.RULE or badge.ends_after or not badge.rule_ends_after:
        return ""
    return f" What is given by hand ends after {badge.rule_ends_after} as well."


def show_form(request: OrganizationRequest, context: dict[str, Any], form: RuleForm) -> HttpResponse:
    version, names = context["version"], names_of(request.organization)
    badge = context["badge"]
    context["form"] = form
    context["examples"] = (
        Example.objects.filter(badge=badge).select_related("person").order_by("person__name")
    )
    for name, form_class in (("try", PersonForm), ("example", ExampleForm)):
        typed = {field: request.POST.get(f"{name}-{field}") for field in form_class.base_fields}
        beside = form_class(prefix=name, organization=request.organization, initial=typed)
        context.setdefault(f"{name}_form", beside)
    context["now_says"] = said(version.definition, names) if version else ""
    context["would_say"] = sentence(form.definition, names) if form.is_bound and form.definition else ""
    if "run" in context and not form.is_bound:
        context["would_say"] = context["now_says"]
    is_wrong = form.errors or context["try_form"].errors or context["example_form"].errors
    return render(request, "rules/edit.html", context, status=422 if is_wrong else 200)


def _only_words(request: OrganizationRequest, context: dict[str, Any]) -> HttpResponse:
    """A rule that says more than the form can is shown, and never overwritten unasked."""
    context["now_says"] = said(context["version"].definition, names_of(request.organization))
    return render(request, "rules/words.html", context, status=200 if request.method != "POST" else 409)
