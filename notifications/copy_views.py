"""Copying a badge: not with the other pages of badges, because the words of its mails go with it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from badges.forms import LONGEST_NAME, BadgeNameForm
from badges.models import Badge
from notifications.copying import copy_badge
from people.access import OrganizationRequest, requires
from people.changes import Refused
from people.roles import Capability
from rules.criteria import Invalid

COPY = " (copy)"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_BADGES)
def copy(request: OrganizationRequest, organization: str, slug: str) -> HttpResponse:
    badge = get_object_or_404(Badge.objects.visible_to(request.person), slug=slug)
    form = BadgeNameForm(
        request.POST if request.method == "POST" else None,
        organization=request.organization,
        initial={"name": f"{badge.name[: LONGEST_NAME - len(COPY)]}{COPY}"},
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = copy_badge(badge=badge, name=form.cleaned_data["name"], by=request.person)
        except (Refused, Invalid) as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"{made.name} is a draft that says what {badge.name} says.")
            return redirect("badges:edit", organization, made.slug)
    context = {"badge": badge, "form": form}
    return render(request, "notifications/copy_badge.html", context, status=422 if form.errors else 200)
