"""Nominations as their pages tell them, and whose they are to decide."""

from django.db.models import Q, QuerySet

from badges.models import Nomination
from badges.querysets import givers_to, reached_by
from people.models import Person
from people.prepared import planned_once
from people.querysets import PersonQuerySet


def to_decide(person: Person) -> QuerySet[Nomination]:
    """Open ones of people whom they may give badges to, oldest first; neither their own nor about themselves.

    Also of people who left since: nobody gives them anything, and somebody has to say so.
    """
    if not person.gives_by_hand:
        return Nomination.objects.none()
    waiting = Nomination.objects.open().exclude(made_by=person).exclude(nominee=person)
    waiting = waiting.filter(~Q(agreed_by=person) | Q(agreed_by=None))
    found: QuerySet[Nomination] = waiting.filter(nominee__in=reached_by(person).order_by().values("pk"))
    return found.order_by("made_at", "pk")


@planned_once()
def to_decide_count(person: Person) -> int:
    return to_decide(person).count()


def deciders(nomination: Nomination) -> PersonQuerySet:
    """Among whose nominations `to_decide` it is, as long as it is open."""
    people = givers_to(nomination.nominee)
    return people.exclude(pk__in=[nomination.made_by_id, nomination.nominee_id, nomination.agreed_by_id or 0])


def made_by(person: Person) -> QuerySet[Nomination]:
    """Also under a record that was merged into theirs."""
    theirs = Q(made_by=person) | Q(made_by__merged_into=person)
    found: QuerySet[Nomination] = Nomination.objects.filter(theirs, organization=person.organization_id)
    return found


def is_by(person: Person, nomination: Nomination) -> bool:
    """Whether it is among those `made_by` the person."""
    return person.pk in {nomination.made_by_id, nomination.made_by.merged_into_id}


def outcomes_unseen(person: Person) -> QuerySet[Nomination]:
    """Their own that somebody has decided on since they looked."""
    found: QuerySet[Nomination] = made_by(person).decided().filter(seen_at=None)  # type: ignore[attr-defined]
    return found


@planned_once()
def outcomes_count(person: Person) -> int:
    return outcomes_unseen(person).count()


def waiting_for(nominee: Person, reader: Person) -> QuerySet[Nomination]:
    """Open ones of the nominee that the reader made or may decide on, oldest first."""
    theirs = made_by(reader).open().values("pk")  # type: ignore[attr-defined]
    known = Q(pk__in=theirs) | Q(pk__in=to_decide(reader).order_by().values("pk"))
    found: QuerySet[Nomination] = Nomination.objects.filter(known, nominee=nominee)
    return found.order_by("made_at", "pk")


def with_names(nominations: QuerySet[Nomination]) -> QuerySet[Nomination]:
    return nominations.select_related("badge", "nominee", "made_by", "agreed_by", "decided_by", "award")
