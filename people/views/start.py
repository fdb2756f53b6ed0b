import sys

from django.contrib.auth.decorators import login_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string

from people.queries import organizations_of


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """The first page after login: the only organization, or a choice of them."""
    assert request.user.pk is not None
    organizations = organizations_of(request.user.pk)
    if len(organizations) == 1:
        return redirect(organizations[0])
    return render(request, "people/start.html", {"organizations": organizations})


def error(request: HttpRequest) -> HttpResponse:
    """What a failed page shows: a moment's absence while PostgreSQL cannot be reached, else that it was our fault.

    Rendered without a request, because everything around a page would ask the database again.
    """
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return HttpResponse(
            render_to_string("503.html", {"request": request}), status=503, headers={"Retry-After": "10"}
        )
    return HttpResponse(render_to_string("500.html"), status=500)
