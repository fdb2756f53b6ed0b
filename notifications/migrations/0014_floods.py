import django.db.models.deletion
import people.tenancy
from django.db import migrations, models

from people.tenancy import tenant_reference_sql


def tie(apps, schema_editor):
    notice = apps.get_model("notifications", "notice")
    schema_editor.execute(tenant_reference_sql(notice, notice._meta.get_field("flood")))


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0016_news"),
        ("badges", "0020_nominations_told"),
        ("notifications", "0013_nominations_and_work"),
        ("people", "0010_merged_nominations"),
        ("rules", "0010_flood_told"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="notice",
            name="notice_cause",
        ),
        migrations.RemoveConstraint(
            model_name="preference",
            name="preference_known",
        ),
        migrations.AddField(
            model_name="notice",
            name="flood",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="rules.flood",
            ),
        ),
        migrations.RunPython(tie, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("earned", "Earned"),
                    ("lost", "Lost"),
                    ("ends_soon", "Ends soon"),
                    ("to_decide", "Nomination to decide"),
                    ("decided", "Nomination decided"),
                    ("to_verify", "Saving to verify"),
                    ("verified", "Saving verified"),
                    ("named", "Put on it"),
                    ("commented", "Comment"),
                    ("held_back", "Rule paused for a look"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="noticetext",
            name="kind",
            field=models.CharField(
                choices=[
                    ("earned", "Earned"),
                    ("lost", "Lost"),
                    ("ends_soon", "Ends soon"),
                    ("to_decide", "Nomination to decide"),
                    ("decided", "Nomination decided"),
                    ("to_verify", "Saving to verify"),
                    ("verified", "Saving verified"),
                    ("named", "Put on it"),
                    ("commented", "Comment"),
                    ("held_back", "Rule paused for a look"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="preference",
            name="kind",
            field=models.CharField(
                choices=[
                    ("earned", "Earned"),
                    ("lost", "Lost"),
                    ("ends_soon", "Ends soon"),
                    ("to_decide", "Nomination to decide"),
                    ("decided", "Nomination decided"),
                    ("to_verify", "Saving to verify"),
                    ("verified", "Saving verified"),
                    ("named", "Put on it"),
                    ("commented", "Comment"),
                    ("held_back", "Rule paused for a look"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("flood__isnull", False)),
                fields=("organization", "flood", "recipient"),
                name="flood_told_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("award__isnull", False),
                        ("days__isnull", True),
                        ("ends_on__isnull", True),
                        ("event__isnull", False),
                        ("flood__isnull", True),
                        ("kind__in", ["earned", "lost"]),
                        ("news__isnull", True),
                        ("nomination__isnull", True),
                    ),
                    models.Q(
                        ("award__isnull", False),
                        ("days__isnull", False),
                        ("ends_on__isnull", False),
                        ("event__isnull", True),
                        ("flood__isnull", True),
                        ("kind__in", ["ends_soon"]),
                        ("news__isnull", True),
                        ("nomination__isnull", True),
                    ),
                    models.Q(
                        ("award__isnull", True),
                        ("days__isnull", True),
                        ("ends_on__isnull", True),
                        ("event__isnull", True),
                        ("flood__isnull", True),
                        ("kind__in", ("to_decide", "decided")),
                        ("news__isnull", True),
                        ("nomination__isnull", False),
                    ),
                    models.Q(
                        ("award__isnull", True),
                        ("days__isnull", True),
                        ("ends_on__isnull", True),
                        ("event__isnull", True),
                        ("flood__isnull", True),
                        ("kind__in", ("to_verify", "verified", "named", "commented")),
                        ("news__isnull", False),
                        ("nomination__isnull", True),
                    ),
                    models.Q(
                        ("award__isnull", True),
                        ("days__isnull", True),
                        ("ends_on__isnull", True),
                        ("event__isnull", True),
                        ("flood__isnull", False),
                        ("kind__in", ["held_back"]),
                        ("news__isnull", True),
                        ("nomination__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="notice_cause",
            ),
        ),
        migrations.AddConstraint(
            model_name="preference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "earned",
                            "lost",
                            "ends_soon",
                            "to_decide",
                            "decided",
                            "to_verify",
                            "verified",
                            "named",
                            "commented",
                            "held_back",
                        ],
                    ),
                    ("rhythm__in", ["at_once", "daily", "never"]),
                ),
                name="preference_known",
            ),
        ),
    ]
