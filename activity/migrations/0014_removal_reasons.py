import django.db.models.deletion
import people.tenancy
import people.text
from django.db import migrations, models

from people.tenancy import keep_function_sql, tenant_reference_sql


def tie(apps, schema_editor):
    attachment = apps.get_model("activity", "attachment")
    schema_editor.execute(tenant_reference_sql(attachment, attachment._meta.get_field("removed_by")))


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0013_kinds_in_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="attachment",
            name="removed_because",
            field=models.CharField(blank=True, max_length=200, validators=[people.text.plain_text]),
        ),
        migrations.AddField(
            model_name="attachment",
            name="removed_by",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.person",
            ),
        ),
        migrations.AddConstraint(
            model_name="attachment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed_at__isnull", False),
                    models.Q(("removed_because", ""), ("removed_by", None)),
                    _connector="OR",
                ),
                name="attachment_removal",
            ),
        ),
        migrations.RunPython(tie, elidable=False),
        migrations.RunSQL(
            keep_function_sql(
                "activity_attachment",
                may_change=("removed_at", "removed_by_id", "removed_because"),
                people=("added_by_id",),
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            keep_function_sql("activity_itemchange", people=("by_id",)), migrations.RunSQL.noop
        ),
    ]
