from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0017_nominations_untold"),
        ("people", "0009_logo"),
        ("rules", "0007_floods"),
    ]

    operations = [
        migrations.AddField(
            model_name="rule",
            name="recheck_asked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="rule",
            name="recheck_tells",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddConstraint(
            model_name="rule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("recheck_tells", False), ("recheck_asked_at__isnull", False), _connector="OR"
                ),
                name="rule_tells_of_a_recheck",
            ),
        ),
    ]
