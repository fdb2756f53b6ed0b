from django.db import migrations, models

from people.tenancy import append_only_sql


UNTIE = "DROP TRIGGER keep ON badges_nomination; DROP FUNCTION badges_nomination_keep();"
MAY_CHANGE = (
    "state", "decided_by_id", "decided_at", "answer", "award_id", "seen_at", "arrival_to_tell", "decision_to_tell"
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0013_chosen_end"),
        ("people", "0008_languages"),
    ]

    operations = [
        migrations.AddField(
            model_name="nomination",
            name="seen_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="nomination",
            index=models.Index(
                condition=models.Q(("seen_at", None), ("state__in", ("approved", "declined"))),
                fields=["organization", "made_by"],
                name="nomination_unseen",
            ),
        ),
        migrations.RunSQL(UNTIE, migrations.RunSQL.noop),
        migrations.RunSQL(
            append_only_sql("badges_nomination", may_change=MAY_CHANGE), migrations.RunSQL.noop
        ),
    ]
