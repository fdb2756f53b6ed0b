"""Reads that span models."""

from people.models import Organization, Person
from people.tenancy import own_memberships


def organizations_of(user_id: int) -> list[Organization]:
    """The organizations that a user belongs to, by name."""
    with own_memberships(user_id):
        ids = list(
            Person._base_manager.filter(user_id=user_id, left_on=None).values_list(
                "organization_id", flat=True
            )
        )
    return list(Organization.objects.filter(pk__in=ids))
