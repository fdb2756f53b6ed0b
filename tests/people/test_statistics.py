"""After large writes the planner is told of them, by the role that owns nothing."""

from django.db import connection

from people.models import Organization, Person
from people.statistics import refresh_statistics
from tests.factories import PersonFactory


def test_the_application_may_bring_statistics_up_to_date(inside: Organization) -> None:
    for _ in range(3):
        PersonFactory(organization=inside)
    refresh_statistics(Person)
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'people_person'::regclass")
        assert cursor.fetchone()[0] >= 3
