"""Beginning an organization."""

from django.db import transaction

from people.audit import note_for
from people.models import Organization, Person, Placement, RoleAssignment, User
from people.roles import Role
from people.tenancy import tenant


@transaction.atomic
def create_organization(
    *, slug: str, name: str, zone: str, first_weekday: int, owner_name: str, owner_email: str
) -> Organization:
    """An organization and its owner, a login that may exist already. Raises `ValidationError`, storing nothing."""
    organization = Organization(slug=slug, name=name, zone=zone, first_weekday=first_weekday)
    organization.full_clean()
    organization.save()
    user = User.objects.filter(email__iexact=owner_email).first() or User(email=owner_email.lower())
    user.full_clean(exclude=["password"])
    if user._state.adding:
        user.set_unusable_password()
        user.save()
    with tenant(organization):
        owner = Person(
            organization=organization, external_id=user.email, name=owner_name, email=user.email, user=user
        )
        owner.full_clean(exclude=["folded"])
        owner.save()
        Placement.objects.create(organization=organization, person=owner, from_on="0001-01-01")
        RoleAssignment.objects.create(organization=organization, person=owner, role=Role.OWNER)
        note_for(organization, None, "created organization", organization.name, owner=owner.name)
    return organization
