"""One person: what they hold, what happened to it, and what comes next."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Min, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from badges.hiding import NOTHING, hidden_by
from badges.models import Award, Badge
from badges.nominations_told import waiting_for, with_names
from badges.surveys import may_give_to
from boards.deeds import deeds
from boards.held import ending_soon, held_by, with_praise
from boards.history import KINDS, history, sees_all
from notifications.queries import mail_trouble
from people.access import OrganizationRequest, may_edit
from people.models import Person
from people.roles import Capability
from people.signposts import kept_record
from rules.grace import lapsing
from rules.keeping import ways_to_keep
from rules.progress import how_far

A_PAGE = 20
A_FEW = 3


@require_safe
def profile(request: OrganizationRequest, organization: str, person_id: int) -> HttpResponse:
    viewer = request.person
    colleagues = Person.objects.visible_to(viewer).select_related("location__parent", "manager")
    person = colleagues.filter(pk=person_id).first()
    if person is None:
        return redirect(kept_record(viewer, person_id))
    held = with_praise(held_by(person, viewer))
    kind = request.GET.get("history", "")
    past: Any = history(person, viewer, kind)
    entries = Paginator(past, A_PAGE).get_page(request.GET.get("page"))
    ending, whole = ending_soon(held), sees_all(viewer, person)
    first = ending[:1] if whole and not person.left_on else []
    context = {
        "shown": person,
        "held": held,
        "hidden": hidden_by(person) if whole else NOTHING,
        "first_at": _awards(viewer, person).aggregate(first=Min("starts_at"))["first"],
        "ending": ending,
        "way": ways_to_keep(person, [one.badge.pk for one in first]).get(first[0].badge.pk)
        if first
        else None,
        "lapsing": lapsing(person) if person == viewer else [],
        "entries": entries,
        "kind": kind if kind in KINDS else "",
        "sees_all": whole,
        "near": how_far(person)[:A_FEW] if whole and not person.left_on else [],
        "takes_nominations": Badge.objects.visible_to(viewer).open_to_nominations().exists(),
        "deeds": deeds(person, viewer),
        "nominations": with_names(waiting_for(person, viewer))[: A_FEW + 1],
        "trouble": mail_trouble(person) if viewer.can(Capability.MANAGE_PEOPLE) else None,
        "may_edit": viewer.can(Capability.MANAGE_PEOPLE) and may_edit(viewer, person),
        "may_give": may_give_to(viewer, person),
    }
    return render(request, "people/profile.html", context)


def _awards(viewer: Person, person: Person) -> QuerySet[Award]:
    found: QuerySet[Award] = Award.objects.visible_to(viewer).standing().filter(person=person)
    return found
