"""People as a bulk edit finds them, and what it would do to each: a constant number of queries for many."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db import connection

from badges.actions import end_of
from badges.limits import room_for
from badges.models import Award, Badge, BadgeState, Batch, Origin
from badges.planning import GIVING, Held, Plan, Room, Someone, Wanted, plan
from badges.querysets import reached_by
from people.models import Person


def wanted_of(batch: Batch, at: datetime, person_ids: Sequence[int], *, locks: bool = False) -> Wanted:
    """What a batch wants of these people, as of an instant. Giving from "now" means from the moment of the start.

    `locks` holds back others who would give the same limited badges: for whoever gives right away.
    """
    badges = list(batch.badges.order_by("name", "pk"))
    starts_at = batch.starts_at or batch.started_at or at
    ends = {badge.pk: batch.ends_at or end_of(badge, starts_at) for badge in badges}
    affected = Badge.objects.filter(organization=batch.organization_id).exclude(state=BadgeState.WITHDRAWN)
    return Wanted(
        verb=batch.verb,
        ends=ends,
        at=at,
        starts_at=starts_at,
        zone=batch.organization.time_zone,
        barred=_barred(ends, at, bool(batch.link or batch.note)) if batch.verb in GIVING else frozenset(),
        room=_room(batch, badges, at, person_ids, locks=locks),
        closed=_ids(badge.pk for badge in badges if badge.state == BadgeState.CLOSED),
        tells_on_grant=_ids(badge.pk for badge in badges if badge.tells_on_grant and batch.tells),
        tells_on_loss=_ids(badge.pk for badge in affected if badge.tells_on_loss and batch.tells),
    )


def _room(
    batch: Batch, badges: Sequence[Badge], at: datetime, person_ids: Sequence[int], *, locks: bool
) -> Room:
    if batch.verb not in GIVING:
        return Room()
    room = room_for(badges, batch.started_by or batch.made_by, at, person_ids, locks=locks)
    if not locks and (room.places or room.turns):
        for badge, number in _planned_before(batch, person_ids).items():
            room.take_many(badge, number)
    return room


PLANNED_BEFORE = """
SELECT (step->>'badge')::bigint, count(*) FROM badges_batchentry e, jsonb_array_elements(e.steps) step
WHERE e.organization_id = %s AND e.batch_id = %s AND e.person_id < %s
  AND e.planned = 'changed' AND step->>'do' = 'give' GROUP BY 1
"""


def _planned_before(batch: Batch, person_ids: Sequence[int]) -> dict[int, int]:
    """By badge, how many those who come earlier would be given. Later ones may have a plan of an earlier preview."""
    with connection.cursor() as cursor:
        cursor.execute(PLANNED_BEFORE, [batch.organization_id, batch.pk, min(person_ids, default=0)])
        return dict(cursor.fetchall())


def _barred(ends: dict[int, datetime | None], at: datetime, with_evidence: bool) -> frozenset[int]:
    """What cannot be given by hand (any more), or not by one alone, or not without evidence, or would be over."""
    badges = Badge.objects.hand_renewable().filter(pk__in=ends, needs_two=False)
    if not with_evidence:
        badges = badges.filter(demands_evidence=False)
    givable = set(badges.values_list("pk", flat=True))
    return _ids(badge for badge, end in ends.items() if badge not in givable or (end and end <= at))


def _ids(ids: Iterable[int]) -> frozenset[int]:
    return frozenset(ids)


def plans(wanted: Wanted, person_ids: Sequence[int], by: Person) -> Iterator[tuple[Someone, Plan]]:
    """For each of the people, in order of id: how they stand, and what is done to them."""
    people = find_people(person_ids, by)
    _find_awards(people, None if wanted.verb in {"replace", "clear"} else list(wanted.ends))
    for _, person in sorted(people.items()):
        yield person, plan(wanted, person)


def find_people(person_ids: Sequence[int], by: Person) -> dict[int, Someone]:
    everybody = Person.objects.filter(organization=by.organization_id, pk__in=person_ids)
    within = within_reach(person_ids, by)
    rows = everybody.order_by().values_list("pk", "left_on", "email", "user__email")
    return {
        pk: Someone(
            pk,
            has_left=left_on is not None,
            within=pk in within,
            has_mail=left_on is None and bool(email or login),
        )
        for pk, left_on, email, login in rows
    }


def within_reach(person_ids: Sequence[int], by: Person) -> set[int]:
    """Those whom somebody may give badges to: both administrations reach them."""
    return set(reached_by(by).filter(pk__in=person_ids).order_by().values_list("pk", flat=True))


def may_give_to(by: Person, person: Person) -> bool:
    """Whether somebody gives badges by hand, and this person is not out of their reach."""
    return by.gives_by_hand and person.pk in within_reach([person.pk], by)


def _find_awards(people: dict[int, Someone], badge_ids: list[int] | None) -> None:
    """Withdrawn badges are held by nobody, and left alone."""
    awards = Award.objects.standing().filter(person__in=people).exclude(badge__state=BadgeState.WITHDRAWN)
    if badge_ids is not None:
        awards = awards.filter(badge__in=badge_ids)
    rows = awards.order_by().values_list("person", "badge", "origin", "pk", "expires_at")
    for person, badge, origin, award, expires_at in rows:
        if origin == Origin.HAND:
            people[person].by_hand[badge] = Held(award, expires_at)
        else:
            people[person].by_rule.add(badge)
