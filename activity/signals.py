"""Bells that travel up: sent after commit, with ids only."""

from django.dispatch import Signal

from people.bells import after_commit

activities_recorded = Signal()  # organization_id
news_written = Signal()  # organization_id


def announce(organization_id: int) -> None:
    """Tell the storeys above, once this is committed, that the record of the organization changed."""
    after_commit(_send, organization_id)


def _send(organization_id: int) -> None:
    activities_recorded.send(sender=None, organization_id=organization_id)


def announce_news(organization_id: int) -> None:
    """Tell the storeys above, once this is committed, that there is news of work items."""
    after_commit(_send_news, organization_id)


def _send_news(organization_id: int) -> None:
    news_written.send(sender=None, organization_id=organization_id)
