"""The trace that every change leaves."""

from typing import Any

from people.clock import now
from people.models import AuditEntry, Organization, Person


def note(actor: Person, action: str, subject: object, **details: Any) -> None:
    """Write who did what, in the transaction that does it."""
    note_for(actor.organization, actor, action, subject, **details)


def note_for(
    organization: Organization, actor: Person | None, action: str, subject: object, **details: Any
) -> None:
    """The same where nobody did it but Lapel itself (`actor` None)."""
    AuditEntry.objects.create(
        organization=organization,
        at=now(),
        actor=actor,
        action=action,
        subject=str(subject)[:200],
        details=details,
    )
