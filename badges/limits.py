"""Limits on giving by hand: to oneself, how many may hold a badge, how often somebody gives it in a month.

What rules grant is never limited, but its holders take places as well. Whoever means to give locks the badges
first, so that two administrators at once do not exceed a limit together; the database refuses it as well.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import Count, Q

from activity.months import month_start
from badges.models import Award, Badge, EndedWhy, LeftOut, Origin
from badges.planning import Do, Room
from people.changes import Refused
from people.models import Person
from people.text import so_many_people

LIMITED = Q(most_holders__isnull=False) | Q(most_a_month__isnull=False)


def lock_limited(badge_ids: Iterable[int]) -> None:
    """Hold back others who would give these badges; after the people's rows, and in order of id."""
    limited = Badge.objects.filter(LIMITED, pk__in=list(badge_ids))
    list(limited.select_for_update(no_key=True).order_by("pk").values_list("pk"))


def room_for(
    badges: Iterable[Badge],
    by: Person | None,
    at: datetime,
    person_ids: Collection[int],
    *,
    locks: bool = False,
) -> Room:
    """With two queries at most, and none where nothing is limited. `locks`: in order to give right away."""
    by_id = {badge.pk: badge for badge in badges}
    if locks and any(badge.is_limited for badge in by_id.values()):
        lock_limited(by_id)
    room = Room(
        giver=by.pk if by else None,
        not_to_oneself=frozenset(pk for pk, badge in by_id.items() if not badge.may_give_oneself),
    )
    _count_places(room, by_id, person_ids)
    if by is not None:
        _count_turns(room, by_id, by, at)
    return room


def _count_places(room: Room, badges: Mapping[int, Badge], person_ids: Collection[int]) -> None:
    most = {pk: badge.most_holders for pk, badge in badges.items() if badge.most_holders is not None}
    if not most:
        return
    standing = Award.objects.standing().filter(badge__in=most).order_by()
    holding = dict(standing.values_list("badge").annotate(Count("person", distinct=True)))
    room.places = {pk: number - holding.get(pk, 0) for pk, number in most.items()}
    room.holders = set(standing.filter(person__in=person_ids).values_list("badge", "person"))


def _count_turns(room: Room, badges: Mapping[int, Badge], by: Person, at: datetime) -> None:
    """What was taken back is as though it had not been given."""
    most = {pk: badge.most_a_month for pk, badge in badges.items() if badge.most_a_month is not None}
    if not most:
        return
    zone = by.organization.time_zone
    given = Award.objects.filter(
        badge__in=most,
        origin=Origin.HAND,
        given_by__in=Person.objects.records_of(by).values("pk"),
        recorded_at__gte=month_start(at.astimezone(zone).date(), zone),
    ).exclude(ended_why__in=[EndedWhy.REVOKED, EndedWhy.UNDONE])
    counts = dict(given.order_by().values_list("badge").annotate(Count("pk")))
    room.turns = {pk: number - counts.get(pk, 0) for pk, number in most.items()}


def take_or_refuse(room: Room, badge: Badge, person_id: int, do: Do) -> None:
    """Use up what giving takes; raises `Refused`, in the giver's words, where nothing is left."""
    why = room.why_not(badge.pk, person_id, do)
    if why is not None:
        raise Refused(told(why, badge))
    room.take(badge.pk, person_id, do)


def told(why: LeftOut, badge: Badge) -> str:
    if why == LeftOut.ONESELF:
        return f"Nobody gives {badge} to themselves. Ask another administrator."
    if why == LeftOut.FULL:
        most = so_many_people(badge.most_holders or 0)
        return f"{badge} can be held by {most} at most, and it is. Take one back first."
    times = "once" if badge.most_a_month == 1 else f"{badge.most_a_month:,} times"
    return f"You have given {badge} {times} this month, which is as often as you may."
