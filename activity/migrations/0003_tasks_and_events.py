from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0002_isolation"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="workitem",
            name="work_item_kind_known",
        ),
        migrations.AddField(
            model_name="workitem",
            name="happens_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="workitem",
            name="kind",
            field=models.CharField(
                choices=[
                    ("improvement", "Improvement"),
                    ("project", "Project"),
                    ("task", "Task"),
                    ("event", "Event"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["improvement", "project", "task", "event"])),
                name="work_item_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("happens_on__isnull", False),
                        ("happens_on__range", ("2000-01-01", "2099-12-31")),
                        ("kind", "event"),
                    ),
                    models.Q(models.Q(("kind", "event"), _negated=True), ("happens_on", None)),
                    _connector="OR",
                ),
                name="work_item_day",
            ),
        ),
    ]
