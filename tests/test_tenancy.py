"""Tenants never meet: in Python, and in the database where Python forgot."""

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, connection, models, transaction
from django_scopes.exceptions import ScopeError

from people.checks import refuse_unsafe_role
from people.models import Location, Organization, Person
from people.prepared import planned_once
from people.queries import organizations_of
from people.tenancy import OtherTenant, TenantForeignKey, TenantModel, tenant
from tests.factories import LocationFactory, OrganizationFactory, PersonFactory

# Directory, logins and the machinery around them: no organization's rows.
GLOBAL_TABLES = {"people_user", "people_organization"}
OUR_APPS = ("people", "activity", "badges", "rules", "notifications", "boards", "integrations")
TENANT_MODELS = [m for m in apps.get_models() if issubclass(m, TenantModel)]


@pytest.fixture
def other(db: None) -> Organization:
    return OrganizationFactory()


def test_every_model_of_ours_is_a_tenants_or_known_to_be_global() -> None:
    ours = {m._meta.db_table for m in apps.get_models() if m._meta.app_label in OUR_APPS}
    assert ours - {m._meta.db_table for m in TENANT_MODELS} == GLOBAL_TABLES


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda m: m._meta.label_lower)
def test_every_tenant_table_has_a_forced_policy(db: None, model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity, relforcerowsecurity, (SELECT polqual IS NOT NULL AND polwithcheck IS NOT NULL"
            " FROM pg_policy WHERE polrelid = c.oid AND polname = 'tenant') FROM pg_class c WHERE relname = %s",
            [model._meta.db_table],
        )
        assert cursor.fetchall() == [(True, True, True)]


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda m: m._meta.label_lower)
def test_no_reference_leaves_its_organization(db: None, model: type[models.Model]) -> None:
    """Every foreign key to a tenant table is a TenantForeignKey, and composite in the database."""
    references = [
        f for f in model._meta.local_fields if f.is_relation and issubclass(f.related_model, TenantModel)
    ]
    assert [f.name for f in references if not isinstance(f, TenantForeignKey)] == []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'"
            " AND array_length(conkey, 1) = 2",
            [model._meta.db_table],
        )
        composite = {row[0] for row in cursor.fetchall()}
    assert composite == {f"{model._meta.db_table}_{f.column}_tenant_fk" for f in references}


def test_outside_a_tenant_nothing_can_be_asked(organization: Organization) -> None:
    with pytest.raises(ScopeError):
        Person.objects.count()


def test_the_database_hides_other_organizations_from_plain_sql(
    organization: Organization, other: Organization
) -> None:
    PersonFactory(organization=organization), PersonFactory(organization=other)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM people_person")
        assert cursor.fetchone() == (0,)
        with tenant(other):
            cursor.execute("SELECT DISTINCT organization_id FROM people_person")
            assert cursor.fetchall() == [(other.pk,)]
        cursor.execute("SELECT count(*) FROM people_person")
        assert cursor.fetchone() == (0,)


@pytest.mark.usefixtures("committed_db")
def test_a_plan_that_is_kept_shows_each_organization_its_own(organization: Organization) -> None:
    people = [PersonFactory(organization=one) for one in (organization, OrganizationFactory())]

    @planned_once()
    def everybody() -> list[Person]:
        return list(Person._base_manager.order_by("pk"))  # so that nothing but the database tells them apart

    def asked_for_each() -> list[list[Person]]:
        found = []
        for person in (*people, *people):
            with tenant(person.organization):
                found.append(everybody())
            found.append(everybody())
        return found

    expected = [[people[0]], [], [people[1]], []] * 2
    assert asked_for_each() == expected
    with transaction.atomic():
        assert asked_for_each() == expected
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(generic_plans) FROM pg_prepared_statements")
        assert cursor.fetchall()[0][0] > len(expected)


def test_the_database_refuses_a_row_of_another_organization(
    organization: Organization, other: Organization
) -> None:
    with tenant(other), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Location.objects.create(organization=organization, external_id="x", name="x")


def test_the_database_refuses_a_reference_to_another_organization(
    organization: Organization, other: Organization
) -> None:
    foreign = LocationFactory(organization=organization)
    with pytest.raises(IntegrityError, match="location_id_tenant_fk"), transaction.atomic():
        PersonFactory(organization=other, location_id=foreign.pk)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_tenant_is_not_opened_inside_another(organization: Organization, other: Organization) -> None:
    with tenant(organization), tenant(organization), pytest.raises(OtherTenant), tenant(other):
        pass


def test_a_user_finds_their_own_organizations_and_no_others_people(
    organization: Organization, alice: Person, charlie: Person
) -> None:
    PersonFactory(organization=charlie.organization, user=alice.user, name="Alice, again")
    assert {o.slug for o in organizations_of(alice.user_id)} == {"riverside", "halden"}
    assert [o.slug for o in organizations_of(charlie.user_id)] == ["halden"]


def test_the_ledgers_cannot_be_rewritten(organization: Organization, alice: Person) -> None:
    with tenant(organization), connection.cursor() as cursor:
        with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
            cursor.execute("DELETE FROM people_person WHERE id = %s", [alice.pk])
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            cursor.execute("TRUNCATE people_person")


def test_the_role_of_the_tests_is_one_that_lapel_would_run_as(db: None) -> None:
    refuse_unsafe_role()
