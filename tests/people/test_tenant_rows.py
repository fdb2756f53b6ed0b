from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import Organization, Person


def test_rows_of_the_open_tenant_know_their_organization(
    inside: Organization, alice: Person, bob: Person
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        names = [person.organization.name for person in Person.objects.all()]
    assert names == ["Riverside Health", "Riverside Health"]
    assert len(queries) == 1


def test_rows_read_without_their_organization_still_find_it(inside: Organization, alice: Person) -> None:
    assert Person.objects.only("name").get().organization == inside
