"""Bells that travel up: sent after commit, with ids only."""

from django.dispatch import Signal

from people.bells import after_commit

flood_changed = Signal()  # organization_id


def announce_flood(organization_id: int) -> None:
    """Tell the storeys above, once this is committed, that a rule was stopped for a look, or goes on."""
    after_commit(_send, organization_id)


def _send(organization_id: int) -> None:
    flood_changed.send(sender=None, organization_id=organization_id)
