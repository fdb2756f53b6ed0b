"""What the steps of a work item put on people's records."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from django.db.models import Q

from activity.actions import Delivery, record_activities, void_activities
from activity.models import Activity, ImpactKind, ItemKind, Step, Verification, WorkItem
from people.clock import now
from people.models import Person

SOURCE = "lapel"
COMPLETION = {
    ItemKind.IMPROVEMENT: "improvement.implemented",
    ItemKind.PROJECT: "project.completed",
    ItemKind.TASK: "task.completed",
    ItemKind.EVENT: "event.attended",
}
START = {ItemKind.IMPROVEMENT: "improvement.submitted", ItemKind.PROJECT: "project.started"}
VERIFIED = {ItemKind.IMPROVEMENT: "improvement.verified", ItemKind.PROJECT: "project.verified"}
FACILITATION = "event.facilitated"
# Written by Lapel's own steps, and therefore by no other.
OWN_KINDS = {*COMPLETION.values(), *START.values(), *VERIFIED.values(), FACILITATION}
Credited = list[tuple[Person, str]]


def credit_beginning(item: WorkItem) -> None:
    """Its author has submitted an improvement, the leader started a project, when that was; others count later."""
    if item.kind == ItemKind.IMPROVEMENT:
        write(item, "submitted", START[ItemKind.IMPROVEMENT], [(item.author, "author")], at=item.submitted_at)
    elif item.kind == ItemKind.PROJECT:
        leader = item.leader or item.author
        write(item, "started", START[ItemKind.PROJECT], [(leader, "leader")], at=item.submitted_at)


def credit_completion(item: WorkItem) -> None:
    """Its author, leader and team have each completed one; of an event, who led it and who attended."""
    if item.kind == ItemKind.EVENT:
        at = held_at(item)
        if item.leader:
            write(item, "held", FACILITATION, [(item.leader, "leader")], at=at)
        write(item, "attended", COMPLETION[ItemKind.EVENT], attendees(item), at=at)
    else:
        write(item, "completed", COMPLETION[ItemKind(item.kind)], everybody(item), value=item.impact)


def discredit_completion(item: WorkItem) -> None:
    """What its completion wrote counts for nothing any more."""
    kind = ItemKind(item.kind)
    kinds = [COMPLETION[kind], FACILITATION if kind == ItemKind.EVENT else VERIFIED.get(kind, "")]
    written = Q(kind__name__in=kinds) | Q(kind__in=ImpactKind.objects.values("writes"))
    void(item, Activity.objects.filter(written, item=item, voided_at=None))


def discredit_impact(item: WorkItem, kind: ImpactKind) -> None:
    """That one of this kind was verified counts for nothing any more."""
    void(item, Activity.objects.filter(item=item, kind=kind.writes_id, voided_at=None))


def discredit_saving(item: WorkItem) -> None:
    """That a saving was verified counts for nothing any more."""
    void(item, Activity.objects.filter(item=item, kind__name=VERIFIED[ItemKind(item.kind)], voided_at=None))


def discredit(item: WorkItem) -> None:
    """Nothing that it wrote counts any more."""
    void(item, Activity.objects.filter(item=item, voided_at=None))


def credit_verification(verification: Verification) -> None:
    """The people of the item have each had so much verified. A correction takes the place of what was written before.

    An impact that is none counts for nothing.
    """
    item, of = verification.item, verification.kind
    kind = of.writes.name if of else VERIFIED[ItemKind(item.kind)]
    mistaken = list(Activity.objects.filter(item=item, kind__name=kind, voided_at=None))
    corrects = {activity.person_id: activity.pk for activity in mistaken}
    at = mistaken[0].occurred_at if mistaken else None
    void(item, mistaken)
    if of is None or verification.holds:
        step = f"verified-{of.pk}" if of else "verified"
        write(item, step, kind, everybody(item), value=verification.value, at=at, corrects=corrects)


def credit_step(item: WorkItem, step: Step) -> None:
    """The people of an item have each brought it here. It counts once, however often an item goes back and forth."""
    if step.writes and not Activity.objects.filter(item=item, kind=step.writes, voided_at=None).exists():
        write(item, f"step-{step.pk}", step.writes.name, everybody(item))


def void(item: WorkItem, activities: Iterable[Activity]) -> None:
    ids = [activity.external_id for activity in activities]
    void_activities(organization=item.organization, source=SOURCE, external_ids=ids, at=now())


def held_at(item: WorkItem) -> datetime:
    """Noted on its day, now; noted later, noon of its day, so that it counts for the day it took place."""
    zone, day = item.organization.time_zone, item.happens_on
    if day is None or day == now().astimezone(zone).date():
        return now()
    return datetime(day.year, day.month, day.day, 12, tzinfo=zone)


def attendees(item: WorkItem) -> Credited:
    team = item.team.select_related("person").order_by("pk")
    return [(member.person, "attendee") for member in team if member.person_id != item.leader_id]


def everybody(item: WorkItem) -> Credited:
    """The people of an item, each once: in their foremost role, the author's only on an improvement."""
    author, leader = [(item.author, "author")], [(item.leader, "leader")] if item.leader else []
    first = author + leader if item.kind == ItemKind.IMPROVEMENT else leader + author
    team = [(member.person, "team_member") for member in item.team.select_related("person")]
    return list({person.pk: (person, role) for person, role in reversed(first + team)}.values())[::-1]


def write(
    item: WorkItem,
    step: str,
    kind: str,
    people: Credited,
    value: Decimal | None = None,
    at: datetime | None = None,
    corrects: Mapping[int, int] = MappingProxyType({}),
) -> None:
    # A step may be taken again after a re-opening: the number of what stands there tells its activities apart.
    at = at or now()
    before = Activity.objects.filter(item=item, kind__name=kind).count()
    again = f"/{before + 1}" if before else ""
    record_activities(
        organization=item.organization,
        source=SOURCE,
        deliveries=[
            Delivery(
                person_external_id=person.external_id,
                kind=kind,
                occurred_at=at,
                external_id=f"{item.pk}/{step}/{person.pk}{again}",
                role=role,
                value=value,
                location_external_id=item.location.external_id if item.location else None,
                subject=item.title,
                item_id=item.pk,
                corrects_id=corrects.get(person.pk),
            )
            for person, role in people
        ],
    )
