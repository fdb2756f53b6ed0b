"""Nouns for the tests, each made inside its organization's tenant. History is made by actions."""

from datetime import UTC, datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from activity.models import Kind, WorkItem
from badges.models import Badge, Superseding
from boards.models import Board, Card
from people.models import Location, Organization, Person, Placement, RoleAssignment, User
from people.tenancy import tenant

# Names and numbers have leading zeros: in their order they come as they were made, and meet no "P1" of a test's own.
MOMENT = datetime(2026, 3, 2, 15, tzinfo=UTC)


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    slug = factory.Sequence(lambda n: f"works-{n:04}")
    name = factory.Sequence(lambda n: f"Works {n:04}")
    zone = "America/New_York"


class UserFactory(DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"user{n:04}@example.org")


class TenantFactory(DjangoModelFactory):
    """Needs `organization=…`; opens its tenant to write the row."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        with tenant(kwargs["organization"]):
            return model_class.objects.create(*args, **kwargs)


class LocationFactory(TenantFactory):
    class Meta:
        model = Location

    external_id = factory.Sequence(lambda n: f"L{n:04}")
    name = factory.Sequence(lambda n: f"Ward {n:04}")


class PersonFactory(TenantFactory):
    class Meta:
        model = Person

    external_id = factory.Sequence(lambda n: f"P{n:04}")
    name = factory.Sequence(lambda n: f"Person {n:04}")
    email = factory.LazyAttribute(
        lambda p: p.user.email if p.user else f"{p.external_id.lower()}@people.example"
    )
    user = None


class PlacementFactory(TenantFactory):
    class Meta:
        model = Placement


class RoleAssignmentFactory(TenantFactory):
    class Meta:
        model = RoleAssignment


class KindFactory(TenantFactory):
    class Meta:
        model = Kind

    name = "improvement.submitted"


class WorkItemFactory(TenantFactory):
    class Meta:
        model = WorkItem

    number = factory.Sequence(lambda n: n + 1)
    kind = "improvement"
    title = factory.Sequence(lambda n: f"Idea {n:04}")
    submitted_at = MOMENT


class BadgeFactory(TenantFactory):
    class Meta:
        model = Badge
        skip_postgeneration_save = True

    slug = factory.Sequence(lambda n: f"badge-{n:04}")
    name = factory.Sequence(lambda n: f"Badge {n:04}")
    description = "For those who earn it."
    created_at = MOMENT

    @factory.post_generation
    def supersedes(badge: Badge, created: bool, lower: Any) -> None:
        with tenant(badge.organization):
            for one in lower or ():
                Superseding.objects.create(organization=badge.organization, badge=badge, lower=one)


class BoardFactory(TenantFactory):
    class Meta:
        model = Board

    title = factory.Sequence(lambda n: f"Board {n:04}")
    made_at = MOMENT


class CardFactory(TenantFactory):
    class Meta:
        model = Card

    position = factory.Sequence(lambda n: n)
    title = "Our team"
    columns = ["badges", "title"]


def somebody_else(person: Person) -> Person:
    """Somebody else there, who completes what the person submitted."""
    found: Person = PersonFactory(organization=person.organization, name="Somebody Else")
    return found
