"""The steps that an organization gives its work, per kind."""

from django.db import connection, transaction

from activity.models import ItemKind, Kind, Step, WorkItem
from activity.steps import NotPossible
from people.audit import note
from people.models import Organization, Person

MOST_STEPS = 10


@transaction.atomic
def add_step(*, kind: ItemKind, name: str, writes: str, by: Person) -> Step:
    """A further step, after the ones that are there. `writes` names the kind of activity it counts as, or nothing."""
    steps = _locked(by.organization, kind)
    if len(steps) >= MOST_STEPS:
        raise NotPossible(f"There are at most {MOST_STEPS} steps. Remove one first.")
    _refuse_twin(steps, name)
    step = Step.objects.create(
        organization=by.organization,
        kind=kind,
        name=name,
        position=steps[-1].position + 1 if steps else 0,
        writes=_kind(by.organization, writes),
    )
    note(by, "step.added", step, kind=kind)
    return step


@transaction.atomic
def edit_step(*, step: Step, name: str, writes: str, by: Person) -> None:
    """What it counts as holds from now on; what was written stays."""
    others = [other for other in _locked(by.organization, step.kind) if other.pk != step.pk]
    _refuse_twin(others, name)
    step.name, step.writes = name, _kind(by.organization, writes)
    step.save(update_fields=["name", "writes"])
    note(by, "step.edited", step, kind=step.kind)


@transaction.atomic
def shift_step(*, step: Step, by: int) -> None:
    """Earlier or later by so many places; beyond the ends nothing happens."""
    steps = _locked(step.organization, step.kind)
    place = next(place for place, other in enumerate(steps) if other.pk == step.pk)
    steps.insert(max(0, place + by), steps.pop(place))
    for position, other in enumerate(steps):
        other.position = position
    Step.objects.bulk_update(steps, ["position"])


@transaction.atomic
def remove_step(*, step: Step, by: Person) -> None:
    """Work that stands there is simply in progress then; what moving there counted as stays."""
    _locked(by.organization, step.kind)
    WorkItem.objects.filter(step=step).update(step=None)
    note(by, "step.removed", step, kind=step.kind)
    step.delete()


def _locked(organization: Organization, kind: str) -> list[Step]:
    """The steps of a kind in order, nobody else changing them meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('steps of work'), %s)", [organization.pk])
    return list(Step.objects.filter(organization=organization, kind=kind))


def _refuse_twin(steps: list[Step], name: str) -> None:
    if name.lower() in {step.name.lower() for step in steps}:
        raise NotPossible("There is a step of that name already.")


def _kind(organization: Organization, name: str) -> Kind | None:
    if not name:
        return None
    Kind.objects.bulk_create([Kind(organization=organization, name=name)], ignore_conflicts=True)
    return Kind.objects.get(organization=organization, name=name)
