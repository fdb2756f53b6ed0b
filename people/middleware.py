"""Who is asking, and for which organization."""

from collections.abc import Callable
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import DisallowedHost
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve

from people import once
from people.models import Organization
from people.prepared import planned_once
from people.queries import memberships
from people.tenancy import tenant

GetResponse = Callable[[HttpRequest], HttpResponse]
SAFE = {"GET", "HEAD", "OPTIONS"}


def membership(get_response: GetResponse) -> GetResponse:
    """Open the tenant of `/<organization>/…` for its members; everybody else finds nothing there.

    What an unsafe request wrote is rolled back where the answer is an error.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        slug = _organization_slug(request)
        if slug is None:
            return _on_a_page(request, get_response(request))
        with planned_once():
            if not request.user.is_authenticated:
                return redirect_to_login(_way_back(request, slug))
        persons = {person.organization.slug: person for person in memberships(request.user.pk)}
        if slug not in persons:
            raise Http404
        organization = persons[slug].organization
        with tenant(organization):
            request.organization, request.person = organization, persons[slug]  # type: ignore[attr-defined]
            request.organizations = [one.organization for one in persons.values()]  # type: ignore[attr-defined]
            response = _on_a_page(request, get_response(request))
            if response.status_code >= 500 or (response.status_code >= 400 and request.method not in SAFE):
                transaction.set_rollback(True)
        return response

    return middleware


def once_each(get_response: GetResponse) -> GetResponse:
    """Within the tenant: the same form sent again does nothing again."""

    def middleware(request: HttpRequest) -> HttpResponse:
        organization: Organization | None = getattr(request, "organization", None)
        if organization is None or not (digest := once.digest_of(request)):
            return get_response(request)
        sending, is_new = once.claim(organization, digest)
        if not is_new:
            return once.answer_again(request, sending)
        response = get_response(request)
        once.settle(sending, response)
        return response

    return middleware


def exact_host(get_response: GetResponse) -> GetResponse:
    """One host has one name: the same with a dot at its end would be another site for cookies and referers."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = request.META.get("HTTP_HOST", "").partition(":")[0]
        if name.endswith("."):
            raise DisallowedHost("The host's name ends with a dot.")
        return get_response(request)

    return middleware


def _on_a_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A refusal of the method alone has no page of its own; it gets one, and keeps saying what is allowed."""
    if response.status_code != 405 or response.streaming or response.content:
        return response
    page = render(request, "405.html", status=405)
    page.headers["Allow"] = response.headers["Allow"]
    return page


def _way_back(request: HttpRequest, slug: str) -> str:
    """Where to go after login: the page asked for; of a form, the page it was sent from, else home."""
    if request.method in SAFE:
        return request.get_full_path()
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc == request.get_host() and came_from.path.startswith(f"/{slug}/"):
        return urlunsplit(("", "", came_from.path, came_from.query, ""))
    return f"/{slug}/"


def _organization_slug(request: HttpRequest) -> str | None:
    try:
        slug: str | None = resolve(request.path_info).kwargs.get("organization")
    except Resolver404:
        return None
    return slug
