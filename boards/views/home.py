"""The first page of a day."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from activity.forms import WorkForm
from activity.models import ItemKind, WorkItem
from activity.waiting import first_waiting
from badges.models import Award
from boards.deeds import deeds
from boards.held import ending_soon, held_by
from people.access import OrganizationRequest
from people.clock import now
from people.models import Person
from rules.grace import lapsing
from rules.keeping import ways_to_keep
from rules.progress import how_far
from rules.watching import open_floods, paused_badges, silent_rules

MORNING, AFTERNOON, EVENING = 5, 12, 18
A_FEW = 3
LATEST = 5
RECENTLY = timedelta(days=90)


@require_safe
def home(request: OrganizationRequest, organization: str) -> HttpResponse:
    person = request.person
    held = held_by(person, person)
    ending = ending_soon(held)
    ways = ways_to_keep(person, [one.badge.pk for one in ending]) if ending else {}
    mine = WorkItem.objects.visible_to(person).filter(author=person, kind=ItemKind.IMPROVEMENT)
    floods = open_floods(person)
    stopped = {flood.rule.badge_id for flood in floods}  # which has its own box
    context = {
        "greeting": greeting(person),
        "form": WorkForm(author=person),
        "mine": list(mine.select_related("location").order_by("-number")[:LATEST]),
        "waiting": first_waiting(person, LATEST),
        "held": held,
        "near": how_far(person)[:A_FEW],
        "deeds": deeds(person, person),
        "to_renew": [(one, ways.get(one.badge.pk)) for one in ending],
        "lapsing": lapsing(person),
        "floods": floods,
        "paused": [badge for badge in paused_badges(person) if badge.pk not in stopped],
        "silent": silent_rules(person),
        "team": team_awards(person),
    }
    return render(request, "people/home.html", context)


def greeting(person: Person) -> str:
    hour = timezone.localtime(now()).hour
    part = (
        "morning"
        if MORNING <= hour < AFTERNOON
        else "afternoon"
        if AFTERNOON <= hour < EVENING
        else "evening"
    )
    words = f"Good {part}" if hour >= MORNING else "Hello"
    return f"{words}, {person.name.split()[0]}"


def team_awards(person: Person) -> Sequence[Award]:
    """The latest awards of colleagues at the same location, with the same manager, or led by the person."""
    near = Q(manager=person)
    if person.location_id:
        near |= Q(location=person.location_id)
    if person.manager_id:
        near |= Q(manager=person.manager_id) | Q(pk=person.manager_id)
    team = Person.objects.visible_to(person).active().filter(near).exclude(pk=person.pk)
    awards = Award.objects.visible_to(person).standing().filter(person__in=team.order_by().values("pk"))
    recent = awards.filter(starts_at__gte=now() - RECENTLY, starts_at__lte=now())
    recent = recent.with_praise(person).select_related("badge", "person")
    return list(recent.order_by("-starts_at", "-pk")[:LATEST])
