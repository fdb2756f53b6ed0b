"""What is done to one person. Each action is one atomic paragraph; what is unsound raises `Refused`.

Who may is asked at the door. What rules depend on is looked at again afterwards (`people.changes`).
"""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from people.audit import note
from people.bulk import SINCE_EVER
from people.changes import Refused, change_record
from people.clock import now
from people.models import Invitation, Organization, Person, Placement
from people.signposts import free_addresses
from people.taken import refuse_taken

FIELDS = ("name", "email", "title", "location", "manager", "joined_on", "external_id")
LONGEST_CHAIN = 100


def today_in(organization: Organization) -> date:
    return timezone.localdate(now(), organization.time_zone)


@transaction.atomic
def add_person(*, organization: Organization, by: Person, **fields: Any) -> Person:
    """A person without a login. Without an external id, the person's number becomes it. Raises `Taken`."""
    named = bool(fields.get("external_id"))
    person = Person(organization=organization, **fields)
    if not named:
        person.external_id = f"new-{now().timestamp()}"
    with refuse_taken():
        person.save()
    if not named:
        person.external_id = f"lapel-{person.pk}"
        person.save(update_fields=["external_id"])
    Placement.objects.create(
        organization=organization,
        person=person,
        from_on=person.joined_on or SINCE_EVER,
        location=person.location,
        title=person.title,
    )
    note(by, "person.added", person, person=person.pk, after=_readable(person))
    change_record(organization, person)
    return person


@transaction.atomic
def edit_person(*, person: Person, by: Person, **fields: Any) -> Person:
    """Change what is known of a person. A changed location or title is a move from today on.

    The same values again change nothing. Raises `Refused` where managers would stand in a circle, and `Taken`.
    """
    if unknown := set(fields) - set(FIELDS):
        raise TypeError(f"a person has no {', '.join(sorted(unknown))} to edit")
    person = _locked(person)
    changed = [name for name, value in fields.items() if getattr(person, name) != value]
    if not changed:
        return person
    before = _readable(person, changed)
    if "manager" in changed:
        _refuse_circle(person, fields["manager"])
    if {"location", "title"} & set(changed):
        _begin_history(person)
    for name in changed:
        setattr(person, name, fields[name])
    if "email" in changed:
        free_addresses({person.pk: person.email})
    with refuse_taken():
        person.save(update_fields=[*changed, "folded"])
    if {"location", "title"} & set(changed):
        move_today(person)
    if "joined_on" in changed:
        _begin_early_enough(person)
    if "email" in changed:  # the former address is not theirs: its link must not let anybody in
        close_invitations(person)
    note(by, "person.edited", person, person=person.pk, before=before, after=_readable(person, changed))
    if {"location", "title", "joined_on"} & set(changed):
        change_record(person.organization, person)
    return person


@transaction.atomic
def redate_placement(*, placement: Placement, from_on: date, by: Person) -> Placement:
    """Correct the day of a move; it stays between the moves before and after it. Raises `Refused`."""
    person = _locked(placement.person)
    placement = Placement.objects.get(pk=placement.pk)
    if placement.from_on == from_on:
        return placement
    others = Placement.objects.filter(organization=person.organization_id, person=person).order_by("from_on")
    before = others.filter(from_on__lt=placement.from_on).last()
    after = others.filter(from_on__gt=placement.from_on).first()
    if before is not None and from_on <= before.from_on:
        raise Refused(f"It has to come after the move before it, {before.from_on:%-d %B %Y}.")
    if after is not None and from_on >= after.from_on:
        raise Refused(f"It has to come before the next move, {after.from_on:%-d %B %Y}.")
    days = {"before": {"from": str(placement.from_on)}, "after": {"from": str(from_on)}}
    placement.from_on = from_on
    placement.save(update_fields=["from_on"])
    note(by, "person.redated", person, person=person.pk, **days)
    change_record(person.organization, person)
    return placement


# --- what the actions share


def _locked(person: Person) -> Person:
    people: Any = Person.objects.select_related("location", "manager")
    found: Person = people.select_for_update(no_key=True, of=("self",)).get(pk=person.pk)
    return found


def close_invitations(person: Person) -> None:
    Invitation.objects.filter(person=person, closed_at=None).update(closed_at=now())


def _readable(person: Person, names: list[str] | tuple[str, ...] = FIELDS) -> dict[str, str]:
    values = {name: getattr(person, name) for name in names}
    return {name: "" if value is None else str(value) for name, value in values.items()}


def _refuse_circle(person: Person, manager: Person | None) -> None:
    step = manager
    for _ in range(LONGEST_CHAIN):
        if step is None:
            return
        if step.pk == person.pk:
            raise Refused(f"{manager} works for {person} already, so cannot be the manager as well.")
        step = step.manager
    raise Refused("There are too many managers above one another.")


def _begin_history(person: Person) -> None:
    """Somebody without any placement has been where they are from the beginning."""
    if not Placement.objects.filter(person=person).exists():
        Placement.objects.create(
            organization=person.organization,
            person=person,
            from_on=person.joined_on or SINCE_EVER,
            location_id=person.location_id,
            title=person.title,
        )


def move_today(person: Person) -> None:
    """From today on, or from the last move on where that lies ahead."""
    today = today_in(person.organization)
    last = Placement.objects.filter(person=person).order_by("from_on").last()
    from_on = max(today, last.from_on) if last else today
    Placement.objects.update_or_create(
        organization=person.organization,
        person=person,
        from_on=from_on,
        defaults={"location": person.location, "title": person.title},
    )


def _begin_early_enough(person: Person) -> None:
    """The first placement begins no later than the person does."""
    first = Placement.objects.filter(person=person).order_by("from_on").first()
    begins = person.joined_on or SINCE_EVER
    if first is not None and first.from_on > begins:
        first.from_on = begins
        first.save(update_fields=["from_on"])
