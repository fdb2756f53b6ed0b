"""Bells that travel up: sent after commit, with ids only."""

from django.dispatch import Signal

from people.bells import after_commit

award_changed = Signal()  # organization_id
praise_said = Signal()  # organization_id


def announce(organization_id: int) -> None:
    """Tell the storeys above, once this is committed, that awards of the organization changed."""
    after_commit(_send, organization_id)


def _send(organization_id: int) -> None:
    award_changed.send(sender=None, organization_id=organization_id)


def announce_praise(organization_id: int) -> None:
    """Tell the storeys above, once this is committed, that somebody said “well done”."""
    after_commit(_send_praise, organization_id)


def _send_praise(organization_id: int) -> None:
    praise_said.send(sender=None, organization_id=organization_id)
