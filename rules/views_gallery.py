"""The gallery of presets, and taking one over."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from badges.emblem import Unusable
from badges.models import Badge
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.roles import Capability
from rules.actions_gallery import take_over
from rules.gallery import shelves
from rules.presets import GALLERY, Preset
from rules.sentences import both


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_BADGES)
def gallery(request: OrganizationRequest, organization: str) -> HttpResponse:
    if request.method != "POST":
        return render(request, "rules/gallery.html", {"shelves": shelves(request.organization)})
    preset = GALLERY.get(request.POST.get("preset", ""))
    if preset is None:
        raise Http404
    try:
        made = take_over(organization=request.organization, preset=preset, by=request.person)
    except (Refused, Unusable) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _told(preset, made))
    return redirect(f"{reverse('rules:gallery', args=[organization])}#{preset.slug}")


def _told(preset: Preset, made: list[Badge]) -> str:
    if not made:
        return f"You have {preset.name} already."
    if preset.definition is None:
        return f"{preset.name} is yours, to be given by hand."
    others = both([badge.name for badge in made[:-1]])
    along = f", and so {'is' if len(made) == 2 else 'are'} {others}" if others else ""
    return f"{preset.name} is yours{along}. Lapel is looking at everybody by the rule now."
