"""Peps: the pseudonymised record of a real project, where it is at hand."""

from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from activity.impact_kinds import begin_impacts
from badges.actions import withhold_notices
from integrations.actions import import_activities, import_people, import_voids
from people.models import Organization, Person
from people.organizations import create_organization
from people.tenancy import tenant
from rules.actions import reconcile_everything, take_preset
from rules.presets import STARTERS

RECORD = Path(settings.BASE_DIR).parent / "shared" / "data" / "peps"


def load(say: Callable[[str], None]) -> None:
    say("Peps: 699 people and 11,596 activities ...")
    organization = create_organization(
        slug="peps",
        name="Peps",
        zone="UTC",
        first_weekday=1,
        owner_name="Owen Hart",
        owner_email="owen@riverside.example",
    )
    with tenant(organization):
        begin_impacts(organization=organization)
        owner = Person.objects.get(user__isnull=False)
        _import(organization)
        for preset in STARTERS:
            take_preset(organization=organization, preset=preset, by=owner)
    say("Peps: twenty-five years evaluated ...")
    reconcile_everything(organization=organization)
    with tenant(organization):
        withhold_notices(organization=organization)


def _import(organization: Organization) -> None:
    with (RECORD / "people.csv").open("rb") as file:
        import_people(organization=organization, file=file)
    with (RECORD / "activities.csv.gz").open("rb") as file:
        import_activities(organization=organization, file=file, source="git")
    with (RECORD / "voids.csv").open("rb") as file:
        import_voids(organization=organization, file=file, source="git")
