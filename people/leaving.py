"""Leaving and returning: one person or many, by the same rules and in one transaction.

Who may is asked at the door. What is unsound for somebody is told, and leaves them as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from people.access import reach
from people.audit import note_each
from people.changes import Refused, change_records
from people.clock import now
from people.models import Invitation, Location, Organization, Person, RoleAssignment
from people.role_actions import LAST_OWNER, lock_roles
from people.roles import Role
from people.rows import update_each

AHEAD = "The day lies ahead. Come back on that day."


@dataclass(frozen=True)
class Stay:
    """How it is to be with somebody: gone after a last day, or here without one; the audit log has the reason."""

    left_on: date | None
    reason: str = ""


@dataclass(frozen=True)
class Settled:
    """What became of somebody, as JSON can hold it: the last day before and after, the roles laid down with places."""

    person_id: int
    before: str | None
    after: str | None
    roles: list[list[Any]] = field(default_factory=list)


@dataclass
class Outlook:
    """Who would leave and return, and whom it is unsound for: why, in the user's words."""

    leaving: list[Person] = field(default_factory=list)
    returning: list[Person] = field(default_factory=list)
    hindered: dict[int, str] = field(default_factory=dict)


def deactivate_person(*, person: Person, by: Person, left_on: date, reason: str = "") -> None:
    """Somebody leaves: no way in from the next click on, no roles, nothing new; what they hold stays.

    A second time changes nothing. Raises `Refused` for the last owner, and for a day ahead.
    """
    _settle_one(person, by, Stay(left_on, reason))


def return_person(*, person: Person, by: Person) -> None:
    """Somebody who left is back, with their login and history, without their roles."""
    _settle_one(person, by, Stay(None))


def _settle_one(person: Person, by: Person, stay: Stay) -> None:
    _, hindered = settle(organization=person.organization, by=by, stays={person.pk: stay})
    if why := hindered.get(person.pk):
        raise Refused(why)


@transaction.atomic
def settle(
    *, organization: Organization, by: Person, stays: Mapping[int, Stay]
) -> tuple[list[Settled], dict[int, str]]:
    """Let people leave, and return: what was done, and who was left as they are, and why. Safe to repeat."""
    lock_roles(organization)
    people = Person.objects.filter(organization=organization, pk__in=list(stays)).order_by("pk")
    outlook = look_ahead(organization, list(people.select_for_update(no_key=True)), stays)
    roles = _lay_down_roles(outlook.leaving)
    moving = [*outlook.leaving, *outlook.returning]
    settled = [
        Settled(one.pk, _day(one.left_on), _day(stays[one.pk].left_on), roles.get(one.pk, []))
        for one in moving
    ]
    _move(by, moving, stays, roles)
    return settled, outlook.hindered


@transaction.atomic
def put_back(*, organization: Organization, by: Person, settled: Sequence[Settled], reason: str) -> set[int]:
    """Undo what was settled for those who are still as it left them: whom.

    Who is here again has the roles again that `by` could give them. Whoever has got a role since stays here.
    """
    lock_roles(organization)
    done = {one.person_id: one for one in settled}
    known = Person.objects.filter(organization=organization, pk__in=list(done), merged_into=None)
    people = [
        person
        for person in known.order_by("pk").select_for_update(no_key=True)
        if _day(person.left_on) == done[person.pk].after
    ]
    in_office = set(
        RoleAssignment.objects.filter(person__in=[person.pk for person in people]).values_list(
            "person", flat=True
        )
    )
    moving = [person for person in people if person.pk not in in_office]
    stays = {
        one.pk: Stay(date.fromisoformat(before) if (before := done[one.pk].before) else None, reason)
        for one in moving
    }
    roles = _give_again(organization, by, [done[one.pk] for one in moving if stays[one.pk].left_on is None])
    _move(by, moving, stays, roles)
    return set(stays)


def look_ahead(organization: Organization, people: Iterable[Person], stays: Mapping[int, Stay]) -> Outlook:
    """Who is to leave and has left already, or to return and is here, is left as they are, and not hindered."""
    outlook, today = Outlook(), timezone.localdate(now(), organization.time_zone)
    for person in people:
        left_on = stays[person.pk].left_on
        if (person.left_on is None) == (left_on is None):
            continue
        if why := _unsound(person, left_on, today):
            outlook.hindered[person.pk] = why
        else:
            (outlook.returning if left_on is None else outlook.leaving).append(person)
    _keep_an_owner(organization, outlook)
    return outlook


def _unsound(person: Person, left_on: date | None, today: date) -> str:
    if left_on is None:
        is_merged = person.merged_into_id is not None
        return f"{person} is a second record of somebody. Undo the merge instead." if is_merged else ""
    if left_on > today:
        return AHEAD
    if person.joined_on is not None and left_on < person.joined_on:
        return f"{person} joined on {person.joined_on:%-d %B %Y}. Choose a later day."
    return ""


def _keep_an_owner(organization: Organization, outlook: Outlook) -> None:
    """Where all owners would leave, none of them does."""
    assigned = RoleAssignment.objects.filter(organization=organization, role=Role.OWNER, person__left_on=None)
    owners = set(assigned.values_list("person", flat=True))
    if owners and owners <= {person.pk for person in outlook.leaving}:
        outlook.hindered |= dict.fromkeys(owners, LAST_OWNER)
        outlook.leaving = [person for person in outlook.leaving if person.pk not in owners]


def _lay_down_roles(people: Iterable[Person]) -> dict[int, list[list[Any]]]:
    """Whoever leaves lays down every role."""
    assigned = RoleAssignment.objects.filter(person__in=[person.pk for person in people])
    roles: dict[int, list[list[Any]]] = {}
    for person_id, *role in assigned.order_by("role", "location").values_list("person", "role", "location"):
        roles.setdefault(person_id, []).append(role)
    assigned.delete()
    return roles


def _give_again(
    organization: Organization, by: Person, settled: Iterable[Settled]
) -> dict[int, list[list[Any]]]:
    below = reach(by)
    places = {None, *Location.objects.filter(organization=organization).values_list("pk", flat=True)}
    roles = {
        one.person_id: [
            [role, place] for role, place in one.roles if place in places and below(Role(role), place)
        ]
        for one in settled
    }
    RoleAssignment.objects.bulk_create(
        RoleAssignment(organization=organization, person_id=person_id, role=role, location_id=place)
        for person_id, several in roles.items()
        for role, place in several
    )
    return roles


def _move(
    by: Person,
    people: Sequence[Person],
    stays: Mapping[int, Stay],
    roles: Mapping[int, Sequence[Sequence[Any]]],
) -> None:
    """Write who is here and who is not, and who said so; `roles` are those laid down or taken up with it."""
    entries = []
    for person in people:
        stay, before = stays[person.pk], person.left_on
        held = sorted({role for role, _ in roles.get(person.pk, [])})
        is_leaving = stay.left_on is not None
        days = {"on": _day(stay.left_on)} if is_leaving else {"left_on": _day(before)}
        details = {"person": person.pk, **days, "roles": held, "reason": stay.reason}
        entries.append(("person.left" if is_leaving else "person.returned", person, details))
        person.left_on = stay.left_on
    update_each(people, ["left_on"])
    gone = [person for person in people if person.left_on is not None]
    Invitation.objects.filter(person__in=gone, closed_at=None).update(closed_at=now())
    note_each(by, entries)
    change_records(by.organization, people)


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
