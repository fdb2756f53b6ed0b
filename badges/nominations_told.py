"""Nominations as their pages tell them, and whose they are to decide."""

from django.db.models import Q, QuerySet

from badges.models import Nomination
from badges.surveys import BY_HAND
from people.access import editable_by
from people.models import Person
from people.prepared import planned_once


def to_decide(person: Person) -> QuerySet[Nomination]:
    """Open ones of people whom they may give badges to, oldest first; neither their own nor about themselves.

    Also of people who left since: nobody gives them anything, and somebody has to say so.
    """
    if not person.gives_by_hand:
        return Nomination.objects.none()
    people = Person.objects.filter(organization=person.organization_id)
    for capability in BY_HAND:
        people = editable_by(person, people, capability)
    waiting = Nomination.objects.open().exclude(made_by=person).exclude(nominee=person)
    waiting = waiting.filter(~Q(agreed_by=person) | Q(agreed_by=None))
    found: QuerySet[Nomination] = waiting.filter(nominee__in=people.order_by().values("pk"))
    return found.order_by("made_at", "pk")


@planned_once()
def to_decide_count(person: Person) -> int:
    return to_decide(person).count()


def made_by(person: Person) -> QuerySet[Nomination]:
    found: QuerySet[Nomination] = Nomination.objects.filter(
        organization=person.organization_id, made_by=person
    )
    return found


def outcomes_unseen(person: Person) -> QuerySet[Nomination]:
    """Their own that somebody has decided on since they looked."""
    found: QuerySet[Nomination] = made_by(person).decided().filter(seen_at=None)  # type: ignore[attr-defined]
    return found


@planned_once()
def outcomes_count(person: Person) -> int:
    return outcomes_unseen(person).count()


def with_names(nominations: QuerySet[Nomination]) -> QuerySet[Nomination]:
    return nominations.select_related("badge", "nominee", "made_by", "agreed_by", "decided_by", "award")
