import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import people.tenancy
from people.tenancy import Isolate, append_only_sql, tenant_reference_sql

SECOND_PERSON = """
CREATE FUNCTION activity_verification_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM activity_workitem i WHERE i.organization_id = NEW.organization_id AND i.id = NEW.item_id
        AND NEW.by_id IN (i.author_id, i.leader_id, i.completed_by_id)
    ) OR EXISTS (
        SELECT FROM activity_teammember m WHERE m.organization_id = NEW.organization_id
        AND m.item_id = NEW.item_id AND m.person_id = NEW.by_id
    ) THEN
        RAISE EXCEPTION 'a second person verifies' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER second_person BEFORE INSERT ON activity_verification
    FOR EACH ROW EXECUTE FUNCTION activity_verification_second();
"""


def tie(apps, schema_editor):
    item = apps.get_model("activity", "workitem")
    schema_editor.execute(tenant_reference_sql(item, item._meta.get_field("completed_by")))


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0003_tasks_and_events"),
    ]

    operations = [
        migrations.AddField(
            model_name="workitem",
            name="completed_by",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.person",
            ),
        ),
        migrations.CreateModel(
            name="Verification",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "value",
                    models.DecimalField(
                        decimal_places=2,
                        max_digits=14,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("reason", models.TextField(blank=True, max_length=1000)),
                ("verified_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "by",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "item",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="verifications",
                        to="activity.workitem",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organization",
                    ),
                ),
            ],
            options={
                "ordering": ["verified_at", "id"],
                "indexes": [models.Index(fields=["organization", "item"], name="verification_by_item")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("withdrawn_at", None)),
                        fields=("organization", "item"),
                        name="verification_stands_once",
                    ),
                    models.CheckConstraint(condition=models.Q(("value__gte", 0)), name="verification_value"),
                ],
            },
        ),
        migrations.RunPython(tie, elidable=False),
        Isolate("activity.verification"),
        migrations.RunSQL(
            append_only_sql("activity_verification", may_change=("withdrawn_at",)), migrations.RunSQL.noop
        ),
        migrations.RunSQL(SECOND_PERSON, migrations.RunSQL.noop),
    ]
