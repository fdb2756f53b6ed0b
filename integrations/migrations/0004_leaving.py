from django.db import migrations, models
from django.db.models import Q

KINDS = ["people", "leaving", "activities", "grants"]


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_parts")]

    operations = [
        migrations.AlterField(
            "import",
            "kind",
            models.CharField(
                max_length=20,
                choices=[
                    ("people", "People"),
                    ("leaving", "Leaving and returning"),
                    ("activities", "Activities"),
                    ("grants", "Badges given by hand"),
                ],
            ),
        ),
        migrations.RemoveConstraint("import", "import_kind_known"),
        migrations.AddConstraint(
            "import", models.CheckConstraint(condition=Q(kind__in=KINDS), name="import_kind_known")
        ),
        migrations.AddField("import", "encoding", models.CharField(max_length=10, default="utf-8")),
        migrations.AddField(
            "import",
            "day_order",
            models.CharField(
                max_length=3,
                choices=[
                    ("dmy", "The day: 3/2/2026 is 3 February"),
                    ("mdy", "The month: 3/2/2026 is 2 March"),
                ],
                blank=True,
                default="",
            ),
        ),
        migrations.AddField(
            "import",
            "words",
            models.JSONField(
                default=list, help_text="By which one can tell that a guessed encoding is right."
            ),
        ),
    ]
