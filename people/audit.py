"""The trace that every change leaves."""

from collections.abc import Iterable
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
    _entry(organization, actor, action, subject, details).save()


def note_each(actor: Person, entries: Iterable[tuple[str, object, dict[str, Any]]]) -> None:
    """Many at once: what was done, to whom, and the details."""
    written = (_entry(actor.organization, actor, *entry) for entry in entries)
    AuditEntry.objects.bulk_create(written, batch_size=1000)


def _entry(
    organization: Organization, actor: Person | None, action: str, subject: object, details: dict[str, Any]
) -> AuditEntry:
    return AuditEntry(
        organization=organization,
        at=now(),
        actor=actor,
        action=action,
        subject=str(subject)[:200],
        details=details,
    )
