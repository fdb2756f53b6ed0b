"""What rules depend on has changed: a row for those who work it off, and a bell."""

from collections.abc import Sequence

from people import bells
from people.clock import now
from people.models import Organization, Person, RecordChange
from people.signals import record_changed

MANY = 200


class Refused(Exception):
    """What was asked for is unsound; the message says why in the user's words."""


def change_record(organization: Organization, person: Person | None = None) -> None:
    """Have the past looked at again, somebody's or everybody's; written with its cause."""
    RecordChange.objects.create(organization=organization, person=person, changed_at=now())
    bells.after_commit(_send, organization.pk)


def change_records(organization: Organization, people: Sequence[Person]) -> None:
    """Those of some people; everybody's where they are many."""
    for person in people if len(people) <= MANY else [None]:
        change_record(organization, person)


def _send(organization_id: int) -> None:
    record_changed.send(sender=None, organization_id=organization_id)
