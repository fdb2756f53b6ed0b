"""The steps of a work item, each one paragraph: lock, check, change, write the ledger, leave a trace."""

from collections.abc import Iterable
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Max

from activity.actions import Delivery, record_activities, void_activities
from activity.models import Activity, ItemKind, ItemState, TeamMember, WorkItem
from people.audit import note
from people.clock import now
from people.models import Location, Organization, Person

SOURCE = "lapel"
COMPLETION = {ItemKind.IMPROVEMENT: "improvement.implemented", ItemKind.PROJECT: "project.completed"}
START = {ItemKind.IMPROVEMENT: "improvement.submitted", ItemKind.PROJECT: "project.started"}
OPEN = {ItemState.SUBMITTED, ItemState.STARTED}


class NotPossible(ValueError):
    """The item is not in a state for this step; the message says so in the user's words."""


@transaction.atomic
def submit_improvement(
    *, author: Person, title: str, problem: str = "", idea: str = "", location: Location | None = None,
    team: Iterable[Person] = (),
) -> WorkItem:  # fmt: skip
    """A new improvement; its author has submitted one."""
    item = _new_item(ItemKind.IMPROVEMENT, author, title, location, team, problem=problem, idea=idea)
    _write(item, "submitted", START[ItemKind.IMPROVEMENT], [(author, "author")])
    return item


@transaction.atomic
def start_project(
    *, author: Person, leader: Person, title: str, problem: str = "", idea: str = "",
    location: Location | None = None, team: Iterable[Person] = (),
) -> WorkItem:  # fmt: skip
    """A new project under way; its leader has started one."""
    item = _new_item(
        ItemKind.PROJECT, author, title, location, team,
        problem=problem, idea=idea, leader=leader, state=ItemState.STARTED,
    )  # fmt: skip
    _write(item, "started", START[ItemKind.PROJECT], [(leader, "leader")])
    return item


@transaction.atomic
def start_item(*, item: WorkItem, by: Person) -> WorkItem:
    item = _locked(item, {ItemState.SUBMITTED}, "Only an item that waits can be started.")
    return _move(item, ItemState.STARTED, by)


@transaction.atomic
def decline_item(*, item: WorkItem, by: Person) -> WorkItem:
    item = _locked(item, OPEN, "Only an open item can be left aside.")
    return _move(item, ItemState.DECLINED, by)


@transaction.atomic
def complete_item(*, item: WorkItem, by: Person, impact: Decimal | None = None) -> WorkItem:
    """The item is done: its author, leader and team have each completed one, with its impact as the value."""
    item = _locked(item, OPEN, "Only an open item can be completed.")
    item.impact = impact if impact is not None else item.impact
    item.completed_at = now()
    _move(item, ItemState.COMPLETED, by)
    _write(item, "completed", COMPLETION[ItemKind(item.kind)], _everybody(item), value=item.impact)
    return item


@transaction.atomic
def reopen_item(*, item: WorkItem, by: Person) -> WorkItem:
    """Completed by mistake, or taken up again: what its completion wrote is voided."""
    item = _locked(item, {ItemState.COMPLETED, ItemState.DECLINED}, "Only a closed item can be opened again.")
    item.completed_at = None
    _move(item, ItemState.STARTED, by)
    written = Activity.objects.filter(item=item, kind__name=COMPLETION[ItemKind(item.kind)], voided_at=None)
    void_activities(
        organization=item.organization,
        source=SOURCE,
        external_ids=list(written.values_list("external_id", flat=True)),
        at=now(),
    )
    return item


def _new_item(
    kind: ItemKind,
    author: Person,
    title: str,
    location: Location | None,
    team: Iterable[Person],
    **fields: object,
) -> WorkItem:
    organization = author.organization
    item = WorkItem.objects.create(
        organization=organization,
        number=_next_number(organization),
        kind=kind,
        title=title,
        author=author,
        location=location,
        submitted_at=now(),
        **fields,
    )
    TeamMember.objects.bulk_create(
        TeamMember(organization=organization, item=item, person=person)
        for person in {person.pk: person for person in team}.values()
    )
    note(author, "submitted" if kind == ItemKind.IMPROVEMENT else "started", item)
    return item


def _next_number(organization: Organization) -> int:
    # One organization's submissions wait for each other here, so that numbers have no gaps and no twins.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('work item number'), %s)", [organization.pk])
    last = WorkItem.objects.filter(organization=organization).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _locked(item: WorkItem, states: set[ItemState], otherwise: str) -> WorkItem:
    item = WorkItem.objects.select_for_update().get(pk=item.pk)
    if item.state not in states:
        raise NotPossible(otherwise)
    return item


def _move(item: WorkItem, state: ItemState, by: Person) -> WorkItem:
    item.state = state
    item.save()
    note(by, state.value, item)
    return item


def _everybody(item: WorkItem) -> list[tuple[Person, str]]:
    """The people of an item, each once: in their foremost role, which is the leader's on a project."""
    author, leader = [(item.author, "author")], [(item.leader, "leader")] if item.leader else []
    first = leader + author if item.kind == ItemKind.PROJECT else author + leader
    team = [(member.person, "team_member") for member in item.team.select_related("person")]
    return list({person.pk: (person, role) for person, role in reversed(first + team)}.values())[::-1]


def _write(
    item: WorkItem, step: str, kind: str, people: list[tuple[Person, str]], value: Decimal | None = None
) -> None:
    # A step may be taken again after a re-opening: the number of what stands there tells its activities apart.
    before = Activity.objects.filter(item=item, kind__name=kind).count()
    again = f"/{before + 1}" if before else ""
    record_activities(
        organization=item.organization,
        source=SOURCE,
        deliveries=[
            Delivery(
                person_external_id=person.external_id,
                kind=kind,
                occurred_at=now(),
                external_id=f"{item.pk}/{step}/{person.pk}{again}",
                role=role,
                value=value,
                location_external_id=item.location.external_id if item.location else None,
                subject=item.title,
                item_id=item.pk,
            )
            for person, role in people
        ],
    )
