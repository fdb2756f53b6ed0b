"""Two owners who step down, or leave, at the same moment: one of them stays."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest
from django.db import connection

from people.changes import Refused
from people.leaving import deactivate_person
from people.models import Organization, Person, RoleAssignment
from people.role_actions import take_role
from people.roles import Role
from people.tenancy import tenant
from tests.factories import PersonFactory, RoleAssignmentFactory

TIMES = 8


def step_down(person: Person) -> None:
    take_role(assignment=RoleAssignment.objects.get(person=person), by=person)


def leave(person: Person) -> None:
    deactivate_person(person=person, by=person, left_on=date(2026, 11, 1))


def be_let_go(person: Person) -> None:
    """By the other owner, who is on the way out as well."""
    owners = RoleAssignment.objects.filter(role=Role.OWNER).exclude(person=person)
    other = owners.select_related("person").get()  # none, where they are gone already
    take_role(assignment=RoleAssignment.objects.get(person=person), by=other.person)


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize(
    "ways", [(step_down, step_down), (leave, leave), (step_down, leave), (leave, be_let_go)]
)
def test_two_owners_cannot_both_go_at_once(
    organization: Organization, ways: tuple[Callable[[Person], None], Callable[[Person], None]]
) -> None:
    for _ in range(TIMES):
        pair = [PersonFactory(organization=organization) for _ in ways]
        for person in pair:
            RoleAssignmentFactory(organization=organization, person=person, role=Role.OWNER)
        together = Barrier(2)

        def go(way: Callable[[Person], None], person: Person, together: Barrier = together) -> str:
            try:
                with tenant(organization):
                    together.wait()
                    way(person)
                return "gone"
            except (Refused, RoleAssignment.DoesNotExist):
                return "stays"
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(go, ways, pair))
        with tenant(organization):
            left = RoleAssignment.objects.filter(role=Role.OWNER, person__left_on=None)
            assert (sorted(outcomes), left.count()) == (["gone", "stays"], 1)
            left.delete()
