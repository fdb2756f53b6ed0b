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
        migrations.AddField(
            "import",
            "read_as",
            models.CharField(max_length=20, blank=True, default="", help_text="Where it is not in UTF-8."),
        ),
    ]
