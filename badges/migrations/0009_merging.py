from django.db import migrations, models

from people.tenancy import living_people_sql


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0008_limits"),
        ("people", "0006_merging"),
    ]

    operations = [
        migrations.AlterField(
            model_name="award",
            name="ended_why",
            field=models.CharField(
                blank=True,
                choices=[
                    ("expired", "Its time ran out"),
                    ("lapsed", "What kept it no longer holds"),
                    ("no_longer_supported", "The record no longer supports it"),
                    ("revoked", "Taken back by hand"),
                    ("merged", "Merged with the same badge on the other record"),
                ],
                default="",
                max_length=30,
            ),
        ),
        migrations.RunSQL(living_people_sql("badges_award"), migrations.RunSQL.noop),
    ]
