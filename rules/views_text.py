"""A rule's text and its history: download, import, versions side by side, and how it fares."""

import json
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods, require_safe

from activity.models import Kind
from badges.models import Badge
from people.access import OrganizationRequest, requires
from people.models import Location
from people.roles import Capability
from rules.comparing import Part, compared, compared_in_words
from rules.criteria import Invalid, named_in, parse, to_json
from rules.criteria import Rule as Text
from rules.forms import RuleForm
from rules.forms_shown import initial_of
from rules.forms_text import ImportForm
from rules.models import Rule, RuleVersion
from rules.queries import names_of
from rules.sentences import Names, either
from rules.showcase import said
from rules.views import badge_of, defines_badges, show_form, version_in_force
from rules.watching import latency, silent_sources

RUNS_A_PAGE = 20


@require_safe
@defines_badges
def export(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    version = version_in_force(badge_of(request, slug))
    if version is None:
        raise Http404
    text = json.dumps(version.definition, indent=2, ensure_ascii=False)
    response = HttpResponse(f"{text}\n", content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@defines_badges
def bring_in(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    """A rule from elsewhere, shown in the form; it is saved there, or not."""
    badge = badge_of(request, slug)
    form = ImportForm(request.POST or None, request.FILES or None, badge=badge)
    if request.method == "POST" and form.is_valid() and form.rule is not None:
        return _shown(request, badge, form.rule)
    context = {"badge": badge, "form": form, "version": version_in_force(badge)}
    return render(request, "rules/import.html", context, status=422 if form.errors else 200)


def _shown(request: OrganizationRequest, badge: Badge, rule: Text) -> HttpResponse:
    draft = initial_of(badge, to_json(rule), request.organization)
    unknown = _unknown(request, badge, rule)
    if unknown:
        messages.warning(
            request, f"Nothing here is called {either(unknown)}. Choose something else in its place."
        )
    else:
        messages.info(request, "This is the imported rule. It is not saved yet.")
    form = RuleForm(badge=badge, organization=request.organization, draft=draft)
    version = version_in_force(badge)
    return show_form(request, {"badge": badge, "version": version, "replaces": True}, form)


def _unknown(request: OrganizationRequest, badge: Badge, rule: Text) -> list[str]:
    named, own = named_in(rule), {"organization": request.organization}
    known = {
        "kinds": set(Kind.objects.filter(**own).values_list("name", flat=True)),
        "places": set(Location.objects.filter(**own).values_list("external_id", flat=True)),
        "badges": set(Badge.objects.filter(**own).exclude(pk=badge.pk).values_list("slug", flat=True)),
    }
    offered = {name for name, _ in RuleForm(badge=badge, organization=request.organization).offers.kinds}
    kinds = named.kinds - known["kinds"] - offered
    return sorted(kinds | (named.places - known["places"]) | (named.badges - known["badges"]))


@require_safe
@requires(Capability.SEE_HISTORY)
def history(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badge = badge_of(request, slug)
    rule = get_object_or_404(Rule, badge=badge)
    versions = list(RuleVersion.objects.filter(rule=rule).select_related("made_by").order_by("-number"))
    current = next(version for version in versions if version.number == rule.current)
    names = names_of(request.organization)
    context = {
        "badge": badge,
        "version": current,
        "rule": rule,
        "versions": [(version, said(version.definition, names)) for version in versions],
        "page": Paginator(rule.runs.all(), RUNS_A_PAGE).get_page(request.GET.get("page")),
        "latency": latency(rule, current.made_at),
        "silent": silent_sources(request.organization, current),
        **_comparison(request, versions, names),
    }
    return render(request, "rules/history.html", context)


def _comparison(request: OrganizationRequest, versions: list[RuleVersion], names: Names) -> dict[str, Any]:
    """The two versions that are asked for; else the latest two."""
    by_number = {str(version.number): version for version in versions}
    later = by_number.get(request.GET.get("to", ""), versions[0])
    earlier = by_number.get(request.GET.get("from", ""), versions[1] if len(versions) > 1 else versions[0])
    lines = compared(earlier.definition, later.definition)
    return {
        "earlier": earlier,
        "later": later,
        "differs": any(line.was or line.is_new for line in lines),
        "parts": _in_words(earlier, later, names),
        "lines": lines,
    }


def _in_words(earlier: RuleVersion, later: RuleVersion, names: Names) -> list[Part]:
    """None where this Lapel cannot read one of the two."""
    try:
        return compared_in_words(parse(earlier.definition), parse(later.definition), names)
    except Invalid:
        return []
