"""Who did what when."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from people.access import OrganizationRequest, requires
from people.forms import FindForm
from people.history import audit_entries, told
from people.history_words import AREAS
from people.roles import Capability

PER_PAGE = 50


@requires(Capability.SEE_AUDIT)
@require_safe
def log(request: OrganizationRequest, organization: str) -> HttpResponse:
    find = FindForm(request.GET)
    find.is_valid()
    asked = {name: find.cleaned_data.get(name, "") for name in ("q", "who", "show")}
    entries = audit_entries(request.person, subject=asked["q"], actor=asked["who"], area=asked["show"])
    page = Paginator(entries, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": told(list(page), request.person),
        "areas": AREAS.items(),
        "asked": asked,
    }
    return render(request, "people/settings/audit.html", context)
