"""Two records of one person become one, and two again: what is known of both, and who follows whom.

`boards.merging` does the whole of it, because it may know what every app keeps of somebody.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from people.actions import LONGEST_CHAIN, close_invitations, move_today, today_in
from people.audit import note
from people.changes import Refused, change_record
from people.clock import now
from people.models import Merge, Person, Placement, RoleAssignment, User
from people.repointing import Follows
from people.role_actions import lock_roles, refuse_beyond
from people.roles import Role

# What one chooses from either record.
CHOICES = ("name", "email", "title", "location", "manager", "user", "joined_on")
KNOWN = ("name", "email", "title", "location_id", "manager_id", "user_id", "joined_on", "left_on")
UNIQUE = ("email", "user_id")
ROLES = Follows(RoleAssignment, once=("role", "location"), drops=True)
PLACES = Follows(Placement)
FOLLOWS = (Follows(Person, "manager"), Follows(Person, "merged_into"), ROLES)


def begin_merge(*, kept: Person, merged: Person, by: Person, theirs: frozenset[str]) -> Merge:
    """Lock both, in order of id; note the merge; bring what is known together. `theirs` is taken from `merged`."""
    lock_roles(kept.organization)
    kept, merged = lock_both(kept, merged)
    refuse_merge(kept, merged, by, theirs)
    merge = Merge.objects.create(
        organization=kept.organization, kept=kept, merged=merged, by=by, at=now(),
        before={"kept": _known(kept), "merged": _known(merged)},
    )  # fmt: skip
    _take_over(kept, merged, theirs)
    _take_over_places(merge)
    if {"title", "location"} & theirs:
        move_today(kept)
    merge.after = {"kept": _known(kept), "merged": _known(merged)}
    return merge


def lock_both(one: Person, other: Person) -> tuple[Person, Person]:
    """Against everybody who writes about them: also a delivery that has just looked up where an id leads."""
    people = Person.objects.select_for_update().filter(pk__in=[one.pk, other.pk]).order_by("pk")
    found = {person.pk: person for person in people}
    return found[one.pk], found[other.pk]


def refuse_merge(kept: Person, merged: Person, by: Person, theirs: frozenset[str]) -> None:
    """Whoever gave away records of people with more rights, or took their logins, would rise above themselves."""
    if kept.pk == merged.pk:
        raise Refused("This is one record. Choose another one.")
    for person in (kept, merged):
        if person.merged_into_id is not None:
            raise Refused(f"{person} was merged with another record meanwhile.")
    if by.pk == merged.pk:
        raise Refused("You are signed in with this record. Keep it, and merge the other one into it.")
    if by.pk == kept.pk and "user" in theirs:
        raise Refused("You are signed in with the other login. Keep that one.")
    for assignment in RoleAssignment.objects.filter(person__in=[kept, merged]).select_related("location"):
        if assignment.person_id == by.pk:
            continue
        if by.pk == kept.pk and assignment.role != Role.EMPLOYEE:
            raise Refused(
                "The other record has roles, and nobody gives roles to themselves. Ask somebody else."
            )
        refuse_beyond(by, assignment.person, Role(assignment.role), assignment.location)


def _take_over(kept: Person, merged: Person, theirs: frozenset[str]) -> None:
    """Of what may be there only once, the kept record's own goes to the signpost, so that it leads on."""
    manager = merged.manager if "manager" in theirs else kept.manager
    if manager is not None and manager.pk == merged.pk:
        manager = merged.manager
    kept.manager = None if manager is None or manager.pk == kept.pk else manager
    _refuse_circle(kept, merged)
    for name in ("name", "title", "location_id", "joined_on"):
        if name.removesuffix("_id") in theirs:
            setattr(kept, name, getattr(merged, name))
    here = None in (kept.left_on, merged.left_on)
    both: list[Any] = [kept.left_on, merged.left_on]
    merged.left_on = merged.left_on or today_in(merged.organization)
    kept.left_on = None if here else max(both)
    merged.manager = merged.joined_on = None
    _exchange(kept, merged, email="email" in theirs, user="user" in theirs)
    for person in (kept, merged):
        close_invitations(person)


def _exchange(kept: Person, merged: Person, *, email: bool, user: bool) -> None:
    mine: tuple[str, User | None] = (kept.email, kept.user)
    his: tuple[str, User | None] = (merged.email, merged.user)
    merged.email, merged.user = "", None
    merged.save()
    kept.email, kept.user = his[0] if email else mine[0], his[1] if user else mine[1]
    kept.save()
    merged.email, merged.user = mine[0] if email else his[0], mine[1] if user else his[1]
    merged.save()


def _refuse_circle(kept: Person, merged: Person) -> None:
    """Whoever works for either works for the kept record afterwards."""
    step = kept.manager
    for _ in range(LONGEST_CHAIN):
        if step is None:
            return
        if step.pk in (kept.pk, merged.pk):
            raise Refused(f"{kept.manager} works for one of the two. Choose the other manager.")
        step = step.manager
    raise Refused("There are too many managers above one another.")


def _take_over_places(merge: Merge) -> None:
    """Where the kept record worked stands from its first day on; the other's history comes before that."""
    first = Placement.objects.filter(person=merge.kept).order_by("from_on").first()
    before = Placement.objects.filter(person=merge.merged)
    if first is not None:
        before = before.filter(from_on__lt=first.from_on)
    if ids := list(before.values_list("pk", flat=True)):
        Placement.objects.filter(pk__in=ids).update(person=merge.kept)
        merge.moved[PLACES.name] = ids


def finish_merge(merge: Merge) -> Merge:
    """From here on the merged record is a signpost. Everything that rules know of its person is looked at again."""
    merge.merged.merged_into = merge.kept
    merge.merged.save(update_fields=["merged_into"])
    merge.save()
    before, after = _told(merge.before["kept"]), _told(merge.after["kept"])
    changed = [name for name in before if before[name] != after[name]]
    known = {
        side: {name: told[name] for name in changed} for side, told in (("before", before), ("after", after))
    }
    note(
        merge.by,
        "person.merged",
        merge.kept,
        person=merge.kept_id,
        merge=merge.pk,
        other=str(merge.merged),
        **known,
    )
    change_record(merge.organization, merge.kept)
    return merge


# --- undoing


def begin_undoing(*, merge: Merge, by: Person) -> Merge | None:
    """None where it is undone already. Raises `Refused` where something stands against it."""
    lock_roles(by.organization)
    merge = Merge.objects.select_for_update(no_key=True).get(pk=merge.pk)
    if merge.undone_at is not None:
        return None
    merge.kept, merge.merged = lock_both(merge.kept, merge.merged)
    if by.pk == merge.merged_id or (by.pk == merge.kept_id and _roles_moved(merge)):
        raise Refused("This is about your own record. Ask somebody else who may.")
    if merge.kept.merged_into_id is not None:
        raise Refused(f"{merge.kept} was merged with another record since. Undo that first.")
    if merge.merged.merged_into_id != merge.kept_id:
        raise Refused("Other records were merged since. Undo that first.")
    for assignment in RoleAssignment.objects.filter(person=merge.kept).select_related("location"):
        if assignment.person_id != by.pk:
            refuse_beyond(by, merge.kept, Role(assignment.role), assignment.location)
    given_since = RoleAssignment.objects.filter(person=merge.kept).exclude(pk__in=_roles_moved(merge))
    if merge.before["kept"]["left_on"] and given_since.exists():
        raise Refused(
            f"{merge.kept} has been given roles since, and had left before. Take these roles first."
        )
    merge.undone_at, merge.undone_by = now(), by
    merge.save(update_fields=["undone_at", "undone_by"])
    merge.merged.merged_into = None
    merge.merged.save(update_fields=["merged_into"])
    return merge


def _roles_moved(merge: Merge) -> list[int]:
    ids: list[int] = merge.moved.get(ROLES.name, [])
    return ids


def restore_both(merge: Merge) -> None:
    """What was known of both before, except where somebody has changed it since."""
    kept, merged = merge.kept, merge.merged
    was_at = (kept.location_id, kept.title)
    sides = (("kept", kept), ("merged", merged))
    restored = {
        side: {
            name: value for name, value in merge.before[side].items() if _as_left(merge, side, person, name)
        }
        for side, person in sides
    }
    for name in UNIQUE:  # an exchange is taken back on both sides or on none
        if not all(name in values for values in restored.values()):
            for values in restored.values():
                values.pop(name, None)
    for side, person in sides:
        for name, value in restored[side].items():
            if name not in UNIQUE:
                setattr(person, name, _read(name, value))
    _give_back(kept, merged, restored)
    if (kept.location_id, kept.title) != was_at:
        move_today(kept)


def _give_back(kept: Person, merged: Person, restored: Mapping[str, Mapping[str, Any]]) -> None:
    values = {name: restored["merged"].get(name, getattr(merged, name)) for name in UNIQUE}
    merged.email, merged.user_id = "", None
    merged.save()
    for name in UNIQUE:
        setattr(kept, name, restored["kept"].get(name, getattr(kept, name)))
        setattr(merged, name, values[name])
    kept.save()
    merged.save()


def _as_left(merge: Merge, side: str, person: Person, name: str) -> bool:
    return bool(_known(person)[name] == merge.after[side][name])


def finish_undoing(merge: Merge) -> None:
    assert merge.undone_by is not None
    note(
        merge.undone_by,
        "person.parted",
        merge.kept,
        person=merge.kept_id,
        merge=merge.pk,
        other=str(merge.merged),
    )
    for person in (merge.kept, merge.merged):
        change_record(merge.organization, person)


# --- as JSON


def _known(person: Person) -> dict[str, Any]:
    values = {name: getattr(person, name) for name in KNOWN}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _read(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if value and name.endswith("_on") else value


def _told(known: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value or "") for name, value in known.items() if not name.endswith("_id")}
