"""The steps of a work item, each one paragraph: lock, check, change, write the ledger, leave a trace."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import Max

from activity.crediting import SOURCE as SOURCE
from activity.crediting import (
    credit_beginning,
    credit_completion,
    credit_step,
    discredit,
    discredit_completion,
)
from activity.editing import differences, facts_of, record_change
from activity.impacts import Impacts, impact_differences, put_expectations, put_impacts
from activity.models import ItemKind, ItemState, NewsKind, Step, TeamMember, WorkItem
from activity.moving import is_seconded
from activity.news import tell_of_claim, tell_of_outcome, tell_of_part
from people.audit import note
from people.changes import Refused
from people.clock import now
from people.locks import one_at_a_time
from people.models import Location, Organization, Person

OPEN = {ItemState.SUBMITTED, ItemState.STARTED}
NOTHING: Impacts = MappingProxyType({})
OUTCOME = ("impact", "impacts", "team")  # what completing an item may change besides its state
BEGUN = {
    ItemKind.IMPROVEMENT: "submitted",
    ItemKind.PROJECT: "started",
    ItemKind.TASK: "added",
    ItemKind.EVENT: "planned",
}


class NotPossible(Refused):
    """The item is not in a state for this step; the message says so in the user's words."""


@transaction.atomic
def submit_improvement(
    *, author: Person, title: str, problem: str = "", idea: str = "", location: Location | None = None,
    team: Iterable[Person] = (), expected: Decimal | None = None, expectations: Impacts = NOTHING,
) -> WorkItem:  # fmt: skip
    """A new improvement; its author has submitted one."""
    item = _new_item(
        ItemKind.IMPROVEMENT, author, title, location, team, problem=problem, idea=idea, expected=expected
    )
    put_expectations(item, expectations)
    credit_beginning(item)
    return item


@transaction.atomic
def start_project(
    *, author: Person, leader: Person, title: str, problem: str = "", idea: str = "",
    location: Location | None = None, team: Iterable[Person] = (), expected: Decimal | None = None,
    expectations: Impacts = NOTHING,
) -> WorkItem:  # fmt: skip
    """A new project under way; its leader has started one."""
    item = _new_item(
        ItemKind.PROJECT, author, title, location, team,
        problem=problem, idea=idea, leader=leader, state=ItemState.STARTED, expected=expected,
    )  # fmt: skip
    put_expectations(item, expectations)
    credit_beginning(item)
    return item


@transaction.atomic
def add_task(
    *, author: Person, leader: Person, title: str, problem: str = "", location: Location | None = None,
    team: Iterable[Person] = (),
) -> WorkItem:  # fmt: skip
    """A task to be done. It counts for nobody until it is."""
    return _new_item(ItemKind.TASK, author, title, location, team, problem=problem, leader=leader)


@transaction.atomic
def plan_event(
    *, author: Person, leader: Person, title: str, happens_on: date, problem: str = "",
    location: Location | None = None, team: Iterable[Person] = (),
) -> WorkItem:  # fmt: skip
    """An event on a day, ahead or past, with those who are to attend. It counts for nobody until it was held."""
    return _new_item(
        ItemKind.EVENT, author, title, location, team, problem=problem, leader=leader, happens_on=happens_on
    )


BEGIN: dict[ItemKind, Callable[..., WorkItem]] = {
    ItemKind.IMPROVEMENT: submit_improvement,
    ItemKind.PROJECT: start_project,
    ItemKind.TASK: add_task,
    ItemKind.EVENT: plan_event,
}


def begin_item(*, kind: str, author: Person, **said: Any) -> WorkItem:
    """Work as a form sends it."""
    return BEGIN[ItemKind(kind)](author=author, **said)


@transaction.atomic
def start_item(*, item: WorkItem, by: Person) -> WorkItem:
    """From now on it is simply in progress, at none of the organization's own steps."""
    item = _locked(item, OPEN, "Only an open item can be started.")
    if item.state == ItemState.STARTED and item.step is None:
        raise NotPossible("It is in progress already.")
    if item.kind == ItemKind.EVENT:
        raise NotPossible("An event is held or called off.")
    return _move(item, ItemState.STARTED, by)


@transaction.atomic
def move_to_step(*, item: WorkItem, step: Step, by: Person) -> WorkItem:
    """An open item goes to one of the organization's own steps, and counts as the step says."""
    item = _locked(item, OPEN, "Only an open item can be moved.")
    if step.kind != item.kind:
        raise NotPossible("That step is for other work.")
    if item.step_id == step.pk:
        return item
    stood = item.state_in_words
    item.state, item.step = ItemState.STARTED, step
    item.passed = sorted({*item.passed, step.pk})
    item.save()
    record_change(item, by, {"state": [stood, step.name]})
    note(by, "moved", item, step=step.name)
    credit_step(item, step)
    return item


@transaction.atomic
def decline_item(*, item: WorkItem, by: Person, reason: str = "") -> WorkItem:
    """It is not taken on; its people are told so, with the reason."""
    item = _locked(item, OPEN, "Only an open item can be left aside.")
    why = {"reason": ["", reason]} if reason else {}
    return _move(item, ItemState.DECLINED, by, NewsKind.DECLINED, **why)


@transaction.atomic
def complete_item(
    *, item: WorkItem, by: Person, impact: Decimal | None = None, came: Iterable[Person] | None = None,
    impacts: Impacts = NOTHING,
) -> WorkItem:  # fmt: skip
    """The item is done: its author, leader and team have each completed one, with its impact as the value.

    It has been at every step that such work must pass. `impacts` say what else it brings. An event was held: `came`
    are those who attended, where they differ from those who were to.
    """
    item = _locked(item, OPEN, "Only an open item can be completed.")
    if item.happens_on and item.happens_on > now().astimezone(item.organization.time_zone).date():
        raise NotPossible("Its day is still to come.")
    _refuse_shortcut(item)
    if by.pk == item.author_id and is_seconded(item):
        raise NotPossible("Somebody else completes it: its leader or a manager.")
    before = facts_of(item)
    item.impact = impact if impact is not None else item.impact
    item.completed_at, item.completed_by = now(), by
    if came is not None:
        item.team.all().delete()
        _add_team(item, came)
    changes = differences(before, facts_of(item)) | impact_differences(item, impacts)
    outcome = {name: changes[name] for name in OUTCOME if name in changes}
    _move(item, ItemState.COMPLETED, by, NewsKind.COMPLETED, **outcome)
    put_impacts(item, impacts)
    credit_completion(item)
    tell_of_claim(item, by)
    return item


@transaction.atomic
def reopen_item(*, item: WorkItem, by: Person) -> WorkItem:
    """Completed by mistake, or taken up again: what its completion and its verification wrote is voided."""
    item = _locked(item, set(ItemState) - OPEN, "Only a closed item can be opened again.")
    was_void = item.state == ItemState.VOIDED
    _withdraw_judgements(item)
    item.completed_at = item.completed_by = None
    state = ItemState.SUBMITTED if item.kind == ItemKind.EVENT else ItemState.STARTED
    _move(item, state, by, NewsKind.REOPENED)
    if was_void:
        credit_beginning(item)
    discredit_completion(item)
    return item


@transaction.atomic
def void_item(*, item: WorkItem, by: Person, reason: str) -> WorkItem:
    """Never meant, or sent twice: all that it wrote is voided, and it leaves the lists. Can be opened again."""
    item = _locked(item, set(ItemState) - {ItemState.VOIDED}, "It is void already.")
    _withdraw_judgements(item)
    item.completed_at = item.completed_by = None
    _move(item, ItemState.VOIDED, by, NewsKind.VOIDED, reason=["", reason])
    discredit(item)
    return item


def _refuse_shortcut(item: WorkItem) -> None:
    required = Step.objects.filter(kind=item.kind, required=True).exclude(pk__in=item.passed)
    if step := required.first():
        raise NotPossible(f"Before it is completed it goes to {step}.")


def _withdraw_judgements(item: WorkItem) -> None:
    """What it brings is said and looked at anew, once it is completed again."""
    item.verifications.filter(withdrawn_at=None).update(withdrawn_at=now())
    item.sent_back.filter(settled_at=None).update(settled_at=now())


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
    team = list(team)
    _add_team(item, team)
    note(author, BEGUN[kind], item)
    tell_of_part(item, author, leader=item.leader, team=team)
    return item


def _add_team(item: WorkItem, team: Iterable[Person]) -> None:
    TeamMember.objects.bulk_create(
        TeamMember(organization=item.organization, item=item, person=person)
        for person in {person.pk: person for person in team}.values()
    )


def _next_number(organization: Organization) -> int:
    one_at_a_time("work item number", organization.pk)  # so that numbers have no gaps and no twins
    last = WorkItem.objects.filter(organization=organization).aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def _locked(item: WorkItem, states: set[ItemState], otherwise: str) -> WorkItem:
    item = WorkItem.objects.select_for_update().get(pk=item.pk)
    if item.state not in states:
        raise NotPossible(otherwise)
    return item


def _move(
    item: WorkItem, state: ItemState, by: Person, news: NewsKind | None = None, **changes: Any
) -> WorkItem:
    """Its people are told of it as `news`; not where it is one move of many."""
    stood = item.state_in_words
    item.state, item.step = state, None
    item.save()
    change = record_change(item, by, {"state": [stood, item.state_in_words], **changes})
    note(by, state.value, item)
    if news:
        tell_of_outcome(change, news)
    return item
