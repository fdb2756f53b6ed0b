import django.db.models.deletion
import people.tenancy
from django.db import migrations, models

from people.tenancy import tenant_reference_sql


def tie(apps, schema_editor):
    news = apps.get_model("activity", "itemnews")
    schema_editor.execute(tenant_reference_sql(news, news._meta.get_field("change")))


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0025_said_locations"),
        ("people", "0015_currency"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="itemnews",
            name="item_news_of_something",
        ),
        migrations.AddField(
            model_name="itemnews",
            name="change",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="activity.itemchange",
            ),
        ),
        migrations.RunPython(tie, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="itemnews",
            name="kind",
            field=models.CharField(
                choices=[
                    ("commented", "Commented"),
                    ("to_verify", "To be verified"),
                    ("verified", "Verified"),
                    ("leader", "Put in charge"),
                    ("team", "Put on the team"),
                    ("completed", "Completed"),
                    ("declined", "Set aside"),
                    ("reopened", "Opened again"),
                    ("voided", "Removed"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="itemnews",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("change__isnull", True),
                        ("comment__isnull", False),
                        ("kind__in", ["commented"]),
                        ("person__isnull", True),
                        ("verification__isnull", True),
                    ),
                    models.Q(
                        ("change__isnull", True),
                        ("comment__isnull", True),
                        ("kind__in", ["verified"]),
                        ("person__isnull", True),
                        ("verification__isnull", False),
                    ),
                    models.Q(
                        ("change__isnull", True),
                        ("comment__isnull", True),
                        ("kind__in", ["leader", "team"]),
                        ("person__isnull", False),
                        ("verification__isnull", True),
                    ),
                    models.Q(
                        ("change__isnull", True),
                        ("comment__isnull", True),
                        ("kind__in", ["to_verify"]),
                        ("person__isnull", True),
                        ("verification__isnull", True),
                    ),
                    models.Q(
                        ("change__isnull", False),
                        ("comment__isnull", True),
                        ("kind__in", ("completed", "declined", "reopened", "voided")),
                        ("person__isnull", True),
                        ("verification__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="item_news_of_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="itemnews",
            constraint=models.UniqueConstraint(
                condition=models.Q(("change__isnull", False)),
                fields=("organization", "change"),
                name="item_news_change_once",
            ),
        ),
    ]
