import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import people.tenancy
from people.tenancy import tenant_reference_sql


def tie(apps, schema_editor):
    flood = apps.get_model("rules", "flood")
    schema_editor.execute(tenant_reference_sql(flood, flood._meta.get_field("trial")))


class Migration(migrations.Migration):
    dependencies = [
        ("rules", "0008_recheck_asked"),
    ]

    operations = [
        migrations.AddField(
            model_name="flood",
            name="days",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveIntegerField(), default=list
            ),
        ),
        migrations.AddField(
            model_name="flood",
            name="trial",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="floods",
                to="rules.dryrun",
            ),
        ),
        migrations.RunPython(tie, migrations.RunPython.noop),
    ]
