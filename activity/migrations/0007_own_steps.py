import django.db.models.deletion
import django.db.models.functions.text
import people.text
from django.db import migrations, models

import people.tenancy
from people.tenancy import Isolate, tenant_reference_sql

SAME_KIND = """
CREATE FUNCTION activity_workitem_same_kind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.step_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM activity_step s WHERE s.organization_id = NEW.organization_id
        AND s.id = NEW.step_id AND s.kind = NEW.kind
    ) THEN
        RAISE EXCEPTION 'a step is for work of its kind' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER same_kind BEFORE INSERT OR UPDATE OF step_id, kind ON activity_workitem
    FOR EACH ROW EXECUTE FUNCTION activity_workitem_same_kind();
"""


def tie(apps, schema_editor):
    item = apps.get_model("activity", "workitem")
    schema_editor.execute(tenant_reference_sql(item, item._meta.get_field("step")))


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0006_attachments"),
    ]

    operations = [
        migrations.CreateModel(
            name="Step",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("improvement", "Improvement"), ("project", "Project"), ("task", "Task")],
                        max_length=20,
                    ),
                ),
                ("name", models.CharField(max_length=60, validators=[people.text.plain_text])),
                ("position", models.PositiveIntegerField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organization",
                    ),
                ),
                (
                    "writes",
                    people.tenancy.TenantForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="activity.kind",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.AddField(
            model_name="workitem",
            name="step",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="activity.step",
            ),
        ),
        migrations.AddIndex(
            model_name="workitem",
            index=models.Index(
                condition=models.Q(("step__isnull", False)),
                fields=["organization", "step"],
                name="work_item_by_step",
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("step", None), ("state", "started"), _connector="OR"),
                name="work_item_step",
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.UniqueConstraint(
                models.F("organization"),
                models.F("kind"),
                django.db.models.functions.text.Lower("name"),
                name="step_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["improvement", "project", "task"])), name="step_kind_known"
            ),
        ),
        Isolate("activity.step"),
        migrations.RunPython(tie, elidable=False),
        migrations.RunSQL(SAME_KIND, migrations.RunSQL.noop),
    ]
