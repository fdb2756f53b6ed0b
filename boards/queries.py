"""Reads for the front hall: what ends soon, what the team earned, what happened to somebody's badges."""

from datetime import timedelta

from django.db.models import F, Q, QuerySet

from badges.models import Award, AwardChange, AwardEvent
from boards.models import Board
from people.clock import now
from people.models import Person

SOON = timedelta(days=60)
TEAM_DAYS = timedelta(days=30)


def ending_soon(person: Person) -> "QuerySet[Award]":
    """Standing awards with an end within the next sixty days, nearest first."""
    standing = Award.objects.standing().filter(person=person, expires_at__lt=now() + SOON)
    return standing.select_related("badge").order_by("expires_at")


def team_awards(person: Person, most: int = 6) -> "QuerySet[Award]":
    """What colleagues of the same location or manager earned in the last thirty days."""
    near = Q(person__location=person.location_id) if person.location_id else Q(pk=None)
    if person.manager_id:
        near |= Q(person__manager=person.manager_id)
    awards = Award.objects.visible_to(person).standing().filter(near, starts_at__gte=now() - TEAM_DAYS)
    return (
        awards.exclude(person=person).select_related("badge", "person").order_by("-starts_at", "-pk")[:most]
    )


def history_of(person: Person, viewer: Person, show: str = "") -> "QuerySet[AwardEvent]":
    """What happened to somebody's awards, newest first, as far as the viewer may see it.

    An event counts from when it took effect: a grant from the award's start, an end from its end.
    """
    events = AwardEvent.objects.filter(award__in=Award.objects.visible_to(viewer).filter(person=person))
    if show == "given":
        events = events.filter(change__in=[AwardChange.GRANTED, AwardChange.RENEWED, AwardChange.REINSTATED])
    elif show == "over":
        events = events.filter(change__in=[AwardChange.ENDED, AwardChange.REVOKED])
    return events.select_related("award__badge", "award__given_by", "actor").order_by(
        F("at").desc(), F("pk").desc()
    )


def boards_for(person: Person) -> "QuerySet[Board]":
    return Board.objects.visible_to(person).select_related("made_by").prefetch_related("cards")
