from django.db import migrations, models

from people.tenancy import keep_function_sql

MAY_CHANGE = (
    "state",
    "agreed_by_id",
    "decided_by_id",
    "decided_at",
    "answer",
    "award_id",
    "seen_at",
    "to_tell",
)


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0019_ends_by_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="nomination",
            name="to_tell",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="nomination",
            index=models.Index(
                condition=models.Q(("to_tell", True)),
                fields=["organization", "id"],
                name="nomination_to_tell",
            ),
        ),
        migrations.RunSQL(
            keep_function_sql("badges_nomination", may_change=MAY_CHANGE), migrations.RunSQL.noop
        ),
    ]
