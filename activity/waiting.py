"""Whom open work waits for: whoever leads it, and where it takes somebody else, the managers nearest to its people.

What a person finds here they may do (`activity.moving`, `activity.queries.may_verify`); others may do it as well.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Case, Count, F, Q, QuerySet, When, Window
from django.db.models.expressions import RawSQL

from activity.models import CLAIMS, ItemKind, ItemState, Movers, SentBack, Step, WorkItem
from activity.moving import OPEN, Moving, listed
from people.access import able_to
from people.clock import now
from people.models import Person
from people.roles import Capability, roles_with

MOST_NAMED = 3


def waiting_for(moving: Moving) -> list[int]:
    """The items that the person leads, tasks that are theirs, and what they are to decide, complete, verify or report
    anew.

    Work goes past its required steps in their order, then to its completion. Where that takes a manager, it waits for
    the author's own, and where that is nobody who may, for all managers. An event waits once its day has come. Found
    once, oldest first, as a page counts it, adds it up and shows it.
    """
    me = moving.person
    today = now().astimezone(me.organization.time_zone).date()
    items = WorkItem.objects.visible_to(me).order_by()
    ahead = items.filter(Q(happens_on=None) | Q(happens_on__lte=today), state__in=OPEN)
    mine = [Q(leader=me), Q(kind=ItemKind.TASK, team__person=me)]
    asked = [ahead.filter(part) for part in [*mine, *_to_move(moving)]]
    sent_back = SentBack.objects.filter(settled_at=None).order_by().values("item")
    asked += [items.filter(own, pk__in=sent_back) for own in (Q(author=me), Q(leader=me))]
    # Each by an index of its own, which one condition of them all would have none for.
    if me.can(Capability.VERIFY_IMPACT):
        asked.append(items.filter(pk__in=_to_verify(me)))
    ids = [part.values_list("pk", flat=True) for part in asked]
    return sorted(set(ids[0].union(*ids[1:], all=True).order_by()))


@dataclass(frozen=True)
class Row:
    item: WorkItem
    to_do: str


@dataclass(frozen=True)
class Waiting:
    """What has waited longest, and how much there is."""

    rows: list[Row]
    count: int


def first_waiting(person: Person, most: int) -> Waiting:
    moving = Moving(person)
    ids = waiting_for(moving)
    found = WorkItem.objects.visible_to(person).select_related("author", "location").in_bulk(ids[:most])
    rows = [Row(found[pk], what_to_do(moving, found[pk])) for pk in ids[:most]]
    return Waiting(rows, len(ids))


def managers_of(item: WorkItem, reader: Person) -> str:
    """Who moves it on where it takes a manager: the author's own, else all there are, a few of them by name."""
    able = able_to(Capability.MOVE_WORK).exclude(pk__in=[item.author_id, reader.pk])
    own_first = Case(When(pk=item.author.manager_id, then=0), default=1)
    few = list(able.annotate(of=Window(Count("pk"))).order_by(own_first, "name", "pk")[:MOST_NAMED])
    more = few[0].of - len(few) if few else 0
    if few and few[0].pk == item.author.manager_id and few[1:]:
        return f"{few[0].name} or another manager"
    rest = ["one more manager" if more == 1 else f"one of {more} more managers"] if more else []
    return listed([person.name for person in few] + rest, "or")


def what_to_do(moving: Moving, item: WorkItem) -> str:
    """In few words, with an item that waits for the person."""
    if item.state == ItemState.COMPLETED:
        return "Report anew" if moving.person.pk in (item.author_id, item.leader_id) else "Verify"
    if item.kind == ItemKind.TASK:
        return "To do"
    if moving.person.pk == item.leader_id:
        return "You lead it"
    if step := moving.next_gate(item):
        return f"Move to {step}"
    return "Take on or not" if item.state == ItemState.SUBMITTED else "Complete"


def _gates(moving: Moving) -> Iterator[tuple[Q, Movers]]:
    """By where work can stand: what leads it on from there, and who may."""
    for kind in ItemKind.values:
        passed: list[Step] = []
        for step in [*moving.required(kind), None]:
            at = Q(kind=kind)
            if passed:
                at &= Q(passed__contains=[one.pk for one in passed])
            if step:
                at &= ~Q(passed__contains=[step.pk])
                passed.append(step)
            yield at, moving.who_passes(kind, step)


def _to_move(moving: Moving) -> list[Q]:
    """What waits for the person besides what they lead: of their own, and, for managers, of others."""
    me, own, others = moving.person, Q(pk=None), Q(pk=None)
    for at, movers in _gates(moving):
        if movers in (Movers.OWN, Movers.CONCERNED):
            own |= at
        elif movers == Movers.SECOND:
            others |= at & ~Q(author=me) & (Q(leader=None) | Q(leader=F("author")))
        else:
            others |= at
    parts = [own & Q(leader=None, author=me)]
    if me.can(Capability.MOVE_WORK):
        parts += [others & Q(author__in=authors.values("pk")) for authors in _nearest_to(me)]
    return parts


def _nearest_to(manager: Person) -> list[QuerySet[Person]]:
    """Their own people, and those whose manager is nobody who moves work."""
    people = Person.objects.order_by()
    able = able_to(Capability.MOVE_WORK).order_by().values("pk")
    return [people.filter(manager=manager), people.filter(Q(manager=None) | ~Q(manager__in=able))]


def _to_verify(person: Person) -> RawSQL:
    """The items of which `activity.news.verifiers` names the person, asked the other way round."""
    values = {
        "organization": person.organization_id,
        "me": person.pk,
        "roles": [role.value for role in roles_with(Capability.VERIFY_IMPACT)],
        "claims": list(CLAIMS),
    }
    claimed = WorkItem.objects.order_by().waiting().values("id", "author_id", "leader_id", "completed_by_id")
    sql, of_claimed = claimed.query.sql_with_params()
    before, after = TO_VERIFY.split("{claimed}")
    first, last = ([values[name] for name in PLACE.findall(part)] for part in (before, after))
    return RawSQL(PLACE.sub("%s", before) + sql + PLACE.sub("%s", after), [*first, *of_claimed, *last])  # noqa: S611


PLACE = re.compile(r"%\((\w+)\)s")


# What hangs on an item is its organization's, as the database sees to it. `IS TRUE` has few able people hashed.
TO_VERIFY = """
WITH able AS MATERIALIZED (
    SELECT id FROM people_person p WHERE organization_id = %(organization)s AND left_on IS NULL
      AND EXISTS (SELECT FROM people_roleassignment r WHERE r.person_id = p.id AND r.role = ANY(%(roles)s))
), claimed AS MATERIALIZED (
    {claimed}
), people AS MATERIALIZED (
    SELECT id AS item_id, author_id AS person_id FROM claimed
    UNION ALL SELECT id, leader_id FROM claimed WHERE leader_id IS NOT NULL
    UNION ALL SELECT t.item_id, t.person_id FROM activity_teammember t JOIN claimed c ON c.id = t.item_id
), concerned AS MATERIALIZED (
    SELECT item_id, person_id FROM people
    UNION ALL SELECT id, completed_by_id FROM claimed
    UNION ALL SELECT h.item_id, coalesce(p.merged_into_id, p.id) FROM activity_itemchange h
    JOIN claimed c ON c.id = h.item_id JOIN people_person p ON p.id = h.by_id WHERE h.changes ?| %(claims)s
), asked AS MATERIALIZED (
    SELECT o.item_id, p.manager_id FROM people o JOIN people_person p ON p.id = o.person_id
    WHERE (p.manager_id IN (SELECT id FROM able)) IS TRUE AND NOT EXISTS (
        SELECT FROM concerned x WHERE x.item_id = o.item_id AND x.person_id = p.manager_id)
    UNION ALL SELECT s.item_id, p.id FROM activity_sentback s JOIN claimed c ON c.id = s.item_id
    JOIN people_person b ON b.id = s.by_id JOIN able p ON p.id = coalesce(b.merged_into_id, b.id)
    WHERE NOT EXISTS (SELECT FROM concerned x WHERE x.item_id = s.item_id AND x.person_id = p.id)
)
SELECT id FROM claimed WHERE id NOT IN (SELECT item_id FROM concerned WHERE person_id = %(me)s)
  AND (id IN (SELECT item_id FROM asked WHERE manager_id = %(me)s) OR id NOT IN (SELECT item_id FROM asked))
"""
