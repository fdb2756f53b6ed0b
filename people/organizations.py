"""Beginning an organization, and its settings."""

from django.db import transaction

from people.audit import note, note_for
from people.changes import change_record
from people.logo import draw_logo
from people.models import Logo, Organization, Person, Placement, RoleAssignment, User
from people.roles import Role
from people.tenancy import tenant


@transaction.atomic
def create_organization(
    *,
    slug: str,
    name: str,
    zone: str,
    first_weekday: int,
    owner_name: str,
    owner_email: str,
    currency: str = "",
) -> Organization:
    """An organization and its owner, a login that may exist already. Raises `ValidationError`, storing nothing."""
    organization = Organization(
        slug=slug, name=name, zone=zone, first_weekday=first_weekday, currency=currency
    )
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


SETTINGS = ("name", "zone", "first_weekday", "language", "currency")


@transaction.atomic
def change_settings(*, organization: Organization, by: Person, **values: object) -> Organization:
    """Another zone or first weekday dates the whole past anew, so everybody is looked at again."""
    if unknown := set(values) - set(SETTINGS):
        raise TypeError(f"an organization has no {', '.join(sorted(unknown))} to change")
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    changed = [name for name, value in values.items() if getattr(organization, name) != value]
    if changed:
        before = {name: str(getattr(organization, name)) for name in changed}
        for name in changed:
            setattr(organization, name, values[name])
        organization.save(update_fields=changed)
        after = {name: str(values[name]) for name in changed}
        note(by, "organization.changed", organization, before=before, after=after)
        if {"zone", "first_weekday"} & set(changed):
            change_record(organization)
    return organization


@transaction.atomic
def set_logo(*, organization: Organization, by: Person, data: bytes) -> None:
    """In place of the one before. The same picture again changes nothing. Raises `people.logo.Unusable`."""
    digest, png = draw_logo(data)
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if organization.logo == digest:
        return
    Logo.objects.update_or_create(organization=organization, defaults={"digest": digest, "png": png})
    organization.logo = digest
    organization.save(update_fields=["logo"])
    note(by, "organization.logo", organization)


@transaction.atomic
def remove_logo(*, organization: Organization, by: Person) -> None:
    """A second time changes nothing."""
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if organization.logo:
        Logo.objects.filter(organization=organization).delete()
        organization.logo = ""
        organization.save(update_fields=["logo"])
        note(by, "organization.unlogo", organization)
