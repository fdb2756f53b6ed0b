"""The tests run against real PostgreSQL as the role that owns nothing; its owner made the tables."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections
from django.test import Client
from hypothesis import HealthCheck, settings
from pytest_django.plugin import DjangoDbBlocker

from people.models import Organization, Person
from people.roles import Role
from people.tenancy import tenant
from tests.factories import OrganizationFactory, PersonFactory, RoleAssignmentFactory, UserFactory
from tests.tables import make_tables

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'django_migrations'"
KEPT = {"django_content_type", "auth_permission"}
# The numbers of rows begin at 1 again, so that what fails fails alike.
RESTART = """
SELECT setval(sequence.oid::regclass, 1, false)
FROM pg_class sequence JOIN pg_depend ON objid = sequence.oid AND classid = 'pg_class'::regclass AND deptype = 'i'
JOIN pg_class emptied ON emptied.oid = refobjid
WHERE sequence.relkind = 'S' AND emptied.relname = ANY(%s)
"""
# Examples are the same in every run, and may take as long as they take on a machine that does other things beside.
settings.register_profile(
    "lapel", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lapel")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests go first: the running Lapel that they share starts once, and ends before others' rows come."""
    items.sort(key=lambda item: "browser" not in item.path.parts)


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> None:
    make_tables(request.config.cache.mkdir("tables"))
    # Threads of the tests wait for each other as long as it takes on a busy machine.
    options = connections.settings["default"]["OPTIONS"]
    options["connect_timeout"] = 60
    options["options"] = options["options"].replace("lock_timeout=5s", "lock_timeout=60s")


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database in which commits are real: for threads, workers and on_commit. Emptied by its owner."""
    with django_db_blocker.unblock():
        yield
        connections.close_all()
        empty_tables()


def empty_tables() -> None:
    """By deleting, which for a few rows costs far less than TRUNCATE: that makes the files of all tables anew."""
    with psycopg.connect(os.environ["SUPERUSER_DATABASE_URL"], autocommit=True) as superuser:
        tables = sorted({row[0] for row in superuser.execute(TABLES)} - KEPT)
        statements = [
            "SET LOCAL session_replication_role = replica",  # no triggers, and no order among the tables
            f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE",  # what is under way ends first
            *(f"DELETE FROM {table}" for table in tables),
        ]
        while True:
            try:
                with superuser.transaction():
                    superuser.execute("; ".join(statements))
                    superuser.execute(RESTART, [tables])
                return
            except psycopg.errors.DeadlockDetected:
                continue  # a worker that browser tests started was in the middle of something


@pytest.fixture
def organization(request: pytest.FixtureRequest) -> Organization:
    """Alice's and Bob's organization, not opened: `with tenant(organization):` does that."""
    if "committed_db" not in request.fixturenames:
        request.getfixturevalue("db")
    return OrganizationFactory(slug="riverside", name="Riverside Health")


@pytest.fixture
def inside(organization: Organization) -> Iterator[Organization]:
    """The organization, opened for the whole test: for tests of actions and queries, without requests."""
    with tenant(organization):
        yield organization


@pytest.fixture
def alice(organization: Organization) -> Person:
    """Badge and user administrator."""
    person = PersonFactory(
        organization=organization, name="Alice Adams", user=UserFactory(email="alice@riverside.example")
    )
    for role in (Role.BADGE_ADMINISTRATOR, Role.USER_ADMINISTRATOR):
        RoleAssignmentFactory(organization=organization, person=person, role=role)
    return person


@pytest.fixture
def mary(organization: Organization) -> Person:
    """A manager."""
    person = PersonFactory(
        organization=organization, name="Mary Moss", user=UserFactory(email="mary@riverside.example")
    )
    RoleAssignmentFactory(organization=organization, person=person, role=Role.MANAGER)
    return person


@pytest.fixture
def bob(organization: Organization) -> Person:
    """An employee."""
    return PersonFactory(
        organization=organization, name="Bob Brown", user=UserFactory(email="bob@riverside.example")
    )


@pytest.fixture
def charlie(organization: Organization) -> Person:
    """Owner of another organization."""
    other = OrganizationFactory(slug="halden", name="Halden Works")
    person = PersonFactory(
        organization=other, name="Charlie Chan", user=UserFactory(email="charlie@halden.example")
    )
    RoleAssignmentFactory(organization=other, person=person, role=Role.OWNER)
    return person


def logged_in(person: Person) -> Client:
    assert person.user is not None
    client = Client()
    client.force_login(person.user)
    return client


@pytest.fixture
def as_alice(alice: Person) -> Client:
    return logged_in(alice)


@pytest.fixture
def as_mary(mary: Person) -> Client:
    return logged_in(mary)


@pytest.fixture
def as_bob(bob: Person) -> Client:
    return logged_in(bob)


@pytest.fixture
def as_charlie(charlie: Person) -> Client:
    return logged_in(charlie)
