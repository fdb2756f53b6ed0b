"""Many rows changed in one statement."""

from datetime import date

import pytest
from django.db import DataError

from people.models import Organization, Person
from people.rows import update_each
from people.tenancy import tenant
from tests.factories import LocationFactory


def test_each_row_gets_values_of_its_own(organization: Organization, alice: Person, bob: Person) -> None:
    with tenant(organization):
        location = LocationFactory(organization=organization)
        alice.title, alice.joined_on, alice.location, alice.manager = "Nurse, “B”", None, location, bob
        bob.title, bob.joined_on, bob.location, bob.manager = "", date(2026, 3, 1), None, None
        update_each([alice, bob], ["title", "joined_on", "location", "manager"])
        told = Person.objects.filter(pk__in=[alice.pk, bob.pk]).order_by("name")
        assert list(told.values_list("title", "joined_on", "location", "manager")) == [
            ("Nurse, “B”", None, location.pk, bob.pk),
            ("", date(2026, 3, 1), None, None),
        ]


def test_what_is_too_long_is_refused_and_not_cut(organization: Organization, alice: Person) -> None:
    alice.external_id = "X" * 1000
    with pytest.raises(DataError), tenant(organization):
        update_each([alice], ["external_id"])


def test_of_nobody_nothing_is_asked() -> None:
    update_each([], ["title"])
