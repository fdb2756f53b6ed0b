"""The steps that an organization gives its work, per kind, and who may move work there."""

from collections.abc import Mapping

from django.db import transaction

from activity.kinds import add_kind, free_name
from activity.models import ItemKind, Kind, MoveRight, Movers, Step, WorkItem
from activity.moving import movers_of
from activity.steps import NotPossible
from people.audit import note
from people.locks import one_at_a_time
from people.models import Organization, Person
from people.rows import shift_row

MOST_STEPS = 10


@transaction.atomic
def add_step(
    *, kind: ItemKind, name: str, by: Person, writes: str = "", new_kind: str = "",
    movers: Movers = Movers.OWN, required: bool = False,
) -> Step:  # fmt: skip
    """A further step, after the ones that are there.

    `writes` names the kind of activity it counts as, or nothing; `new_kind` is what a kind that is not there yet is
    called.
    """
    steps = _locked(by.organization, kind)
    if len(steps) >= MOST_STEPS:
        raise NotPossible(f"There are at most {MOST_STEPS} steps. Remove one first.")
    _refuse_twin(steps, name)
    step = Step.objects.create(
        organization=by.organization,
        kind=kind,
        name=name,
        position=steps[-1].position + 1 if steps else 0,
        writes=_kind(by, kind, writes, new_kind),
        movers=movers,
        required=required,
    )
    note(by, "step.added", step, kind=kind, movers=movers, required=required)
    return step


@transaction.atomic
def edit_step(
    *, step: Step, name: str, by: Person, writes: str = "", new_kind: str = "",
    movers: Movers = Movers.OWN, required: bool = False,
) -> None:  # fmt: skip
    """What it counts as, and whether it must be passed, holds from now on; what was written stays."""
    others = [other for other in _locked(by.organization, step.kind) if other.pk != step.pk]
    _refuse_twin(others, name)
    step.name, step.writes = name, _kind(by, ItemKind(step.kind), writes, new_kind)
    step.movers, step.required = movers, required
    step.save(update_fields=["name", "writes", "movers", "required"])
    note(by, "step.edited", step, kind=step.kind, movers=movers, required=required)


@transaction.atomic
def allow_moves(*, kind: ItemKind, movers: Mapping[str, Movers], by: Person) -> None:
    """Who may make Lapel's own moves with work of a kind from now on. The same again changes nothing."""
    stood = movers_of()
    changed = {move: who for move, who in movers.items() if stood[kind, move] != who}
    for move, who in changed.items():
        MoveRight.objects.update_or_create(
            organization=by.organization, kind=kind, move=move, defaults={"movers": who}
        )
    if changed:
        before = {move: stood[kind, move] for move in changed}
        note(by, "move.allowed", f"{kind.label}s", before=before, after=changed)


@transaction.atomic
def shift_step(*, step: Step, by: int) -> None:
    """Earlier or later by so many places; beyond the ends nothing happens."""
    shift_row(_locked(step.organization, step.kind), step.pk, by)


@transaction.atomic
def remove_step(*, step: Step, by: Person) -> None:
    """Work that stands there is simply in progress then; what moving there counted as stays."""
    _locked(by.organization, step.kind)
    WorkItem.objects.filter(step=step).update(step=None)
    note(by, "step.removed", step, kind=step.kind)
    step.delete()


def _locked(organization: Organization, kind: str) -> list[Step]:
    """The steps of a kind in order, nobody else changing them meanwhile."""
    one_at_a_time("steps of work", organization.pk)
    return list(Step.objects.filter(organization=organization, kind=kind))


def _refuse_twin(steps: list[Step], name: str) -> None:
    if name.lower() in {step.name.lower() for step in steps}:
        raise NotPossible("There is a step of that name already.")


def _kind(by: Person, work: ItemKind, name: str, label: str) -> Kind | None:
    if label:
        return add_kind(name=free_name(work.value, label), label=label, expects_value=False, unit="", by=by)
    if not name:
        return None
    Kind.objects.bulk_create([Kind(organization=by.organization, name=name)], ignore_conflicts=True)
    return Kind.objects.get(organization=by.organization, name=name)
