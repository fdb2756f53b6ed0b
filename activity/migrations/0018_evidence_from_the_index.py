from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0017_improvement_tallies"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="activity", name="activity_rule"),
        migrations.AddIndex(
            model_name="activity",
            index=models.Index(
                condition=Q(voided_at=None),
                fields=["organization", "kind", "person", "occurred_at"],
                include=("value", "id"),
                name="activity_rule",
            ),
        ),
    ]
