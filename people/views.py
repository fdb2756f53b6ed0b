from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from people.queries import organizations_of


@login_required
def start(request: HttpRequest) -> HttpResponse:
    """The first page after login: the only organization, or a choice of them."""
    assert request.user.pk is not None
    organizations = organizations_of(request.user.pk)
    if len(organizations) == 1:
        return redirect(organizations[0])
    return render(request, "people/start.html")
