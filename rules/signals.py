"""Bells that travel up: sent after commit, with ids only."""

from collections.abc import Collection, Mapping
from typing import Any

from django.dispatch import Signal

from people.bells import after_commit
from people.models import Organization

flood_changed = Signal()  # organization_id
# organization, told: by person, what they would be told of ("earned", "lost"). Asks who wants no mail of any of it.
mail_considered = Signal()


def who_wants_no_mail(organization: Organization, told: Mapping[int, Collection[str]]) -> set[int]:
    """As the storeys above know; without them, nobody."""
    answers: Any = mail_considered.send(sender=None, organization=organization, told=told)
    return {person for _, people in answers for person in people or ()}


def announce_flood(organization_id: int) -> None:
    """Tell the storeys above, once this is committed, that a rule was stopped for a look, or goes on."""
    after_commit(_send, organization_id)


def _send(organization_id: int) -> None:
    flood_changed.send(sender=None, organization_id=organization_id)
