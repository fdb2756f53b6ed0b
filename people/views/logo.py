"""The organization's logo: choosing one, taking it off, and the picture itself."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from people.access import OrganizationRequest, requires
from people.downloads import picture
from people.forms import LogoForm
from people.logo import Unusable
from people.models import Logo
from people.organizations import remove_logo, set_logo
from people.roles import Capability


@requires(Capability.MANAGE_ORGANIZATION)
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: OrganizationRequest, organization: str) -> HttpResponse:
    if request.method == "POST" and "remove" in request.POST:
        remove_logo(organization=request.organization, by=request.person)
        messages.success(request, "The logo is gone.")
        return redirect("administration:logo", organization)
    is_sent = request.method == "POST"
    form = LogoForm(request.POST if is_sent else None, request.FILES if is_sent else None)
    if form.is_valid():
        try:
            set_logo(
                organization=request.organization, by=request.person, data=form.cleaned_data["file"].read()
            )
        except Unusable as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, "The logo is shown at the top of every page now.")
            return redirect("administration:logo", organization)
    return render(request, "people/settings/logo.html", {"form": form}, status=422 if form.is_bound else 200)


@require_safe
def image(request: OrganizationRequest, organization: str, digest: str) -> HttpResponse:
    """It never changes under its address."""
    logo = get_object_or_404(Logo, organization=request.organization, digest=digest)
    return picture(bytes(logo.png))
