from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0012_badges_counted_elsewhere"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                condition=Q(left_on__isnull=False, merged_into=None),
                fields=["organization"],
                name="person_left",
            ),
        ),
    ]
