"""Tenants never meet: explicit filters, django-scopes, and row-level security that even the owner obeys.

`tenant()` is the one way in, for pages, commands and tasks alike. In a migration, `Isolate("app.model")`
after the model's creation puts the table under the policy and ties its foreign keys to its organization.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

from django.db import connection, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.utils import timezone
from django_scopes import get_scope, scope
from django_scopes.manager import DisabledQuerySet

if TYPE_CHECKING:
    from people.models import Organization


class OtherTenant(RuntimeError):
    """Work for one organization tried to open another."""


class AbortedTransaction(RuntimeError):
    """A database error was swallowed: committing now would silently store nothing."""


def current_organization() -> "Organization | None":
    organization: Organization | None = get_scope().get("organization")
    return organization


@contextmanager
def tenant(organization: "Organization") -> Iterator[None]:
    """A transaction in which this organization's rows, and no others, can be seen and written.

    Local times are the organization's. May be nested for the same organization; raises `OtherTenant`
    for another one, and `AbortedTransaction` where a database error was swallowed inside.
    """
    current = current_organization()
    if current is not None:
        if current.pk != organization.pk:
            raise OtherTenant(f"{organization} inside {current}")
        yield
        return
    nested = connection.in_atomic_block
    with transaction.atomic(), scope(organization=organization), timezone.override(organization.time_zone):
        _set_tenant(str(organization.pk))
        yield
        if connection.needs_rollback:
            return
        if connection.connection.info.transaction_status.name == "INERROR":
            raise AbortedTransaction
        if nested:
            _set_tenant("")


def _set_tenant(value: str) -> None:
    # Gone with the transaction: a plain SET would leak to the connection's next user.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.organization', %s, true)", [value])


@contextmanager
def own_memberships(user_id: int) -> Iterator[None]:
    """A transaction in which a user's own person rows can be read in every organization."""
    nested = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.user', %s, true)", [str(user_id)])
        yield
        if nested:
            cursor.execute("SELECT set_config('app.user', '', true)")


class TenantManager[M: models.Model](models.Manager[M]):
    """The manager of a tenant model: the open organization's rows; refuses to answer outside `tenant()`."""

    def get_queryset(self) -> models.QuerySet[M]:
        organization = current_organization()
        if organization is None:
            disabled: models.QuerySet[M] = DisabledQuerySet(
                self.model, using=self._db, missing_scopes={"organization"}
            )
            return disabled
        return super().get_queryset().filter(organization=organization)


class TenantModel(models.Model):
    """A row of one organization. Its table is isolated by `Isolate` in the migration that creates it."""

    organization = models.ForeignKey(
        "people.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )

    objects = TenantManager()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        """Rows read inside `tenant()` know their organization without a query; their addresses need it."""
        row = super().from_db(*args, **kwargs)
        current = current_organization()
        if current is not None and row.__dict__.get("organization_id") == current.pk:
            row._state.fields_cache["organization"] = current
        return row


class BusyTenantModel(TenantModel):
    """One whose rows come by the thousand: that there is such an organization is checked by their tenant references.

    Each check takes the database a few microseconds a row. At least one reference may not be null.
    """

    organization = models.ForeignKey(
        "people.Organization",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        abstract = True


class TenantForeignKey(models.ForeignKey):
    """A reference that cannot leave its organization: the database checks (organization_id, id) together."""

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs.setdefault("related_name", "+")
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)


class TenantOneToOneField(TenantForeignKey, models.OneToOneField):
    """A row of somebody's or something's own; as a primary key, nothing else refers to it."""


class Isolate(Operation):
    """Put a tenant table under row-level security and tie its tenant foreign keys to its organization."""

    reversible = True

    def __init__(self, model: str) -> None:
        self.model = model

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        pass

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(self.model)
        for statement in isolation_sql(model):
            schema_editor.execute(statement)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        pass

    def describe(self) -> str:
        return f"Isolate {self.model} by organization"


POLICY = "organization_id = NULLIF(current_setting('app.organization', true), '')::bigint"


def isolation_sql(model: type[models.Model]) -> Iterator[str]:
    table = model._meta.db_table
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY'
    yield f'CREATE POLICY tenant ON "{table}" USING ({POLICY}) WITH CHECK ({POLICY})'
    if isinstance(model._meta.pk, models.AutoField):
        yield f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_tenant_key" UNIQUE (organization_id, id)'
    for field in model._meta.local_fields:
        if isinstance(field, TenantForeignKey):
            yield tenant_reference_sql(model, field)


def tenant_reference_sql(model: type[models.Model], field: models.ForeignKey) -> str:
    table, target = model._meta.db_table, field.related_model._meta.db_table
    return (
        f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.column}_tenant_fk" '
        f'FOREIGN KEY (organization_id, "{field.column}") REFERENCES "{target}" (organization_id, id) '
        "DEFERRABLE INITIALLY DEFERRED"
    )


def append_only_sql(table: str, *, may_change: tuple[str, ...] = (), people: tuple[str, ...] = ()) -> str:
    """A trigger that refuses to delete rows, and to change anything but the named columns."""
    return (
        keep_function_sql(table, may_change=may_change, people=people)
        + f"""
        CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_keep();
    """
    )


def keep_function_sql(table: str, *, may_change: tuple[str, ...] = (), people: tuple[str, ...] = ()) -> str:
    """What the trigger runs. `people` are columns that follow somebody whose two records are merged, and no others."""
    copies = " ".join(f"candidate.{column} := OLD.{column};" for column in (*may_change, *people))
    strangers = " OR ".join(
        f"(OLD.{column} IS DISTINCT FROM NEW.{column}"
        f" AND NOT people_merged(OLD.organization_id, OLD.{column}, NEW.{column}))"
        for column in people
    )
    return f"""
        CREATE OR REPLACE FUNCTION {table}_keep() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE candidate {table};
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation';
            END IF;
            candidate := NEW; {copies}
            IF candidate IS DISTINCT FROM OLD{f" OR {strangers}" if strangers else ""} THEN
                RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;
    """


def living_people_sql(table: str) -> str:
    """A trigger that refuses new rows for a record that was merged into another: everything goes to that one."""
    return f"""
        CREATE TRIGGER living AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION people_refuse_merged();
    """


def never_deleted_sql(table: str) -> str:
    """A trigger that refuses to delete rows: what somebody may ask about stays."""
    return f"""
        CREATE FUNCTION {table}_stay() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '{table} is never deleted' USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER stay BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_stay();
    """
