from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0010_merged_nominations"),
        ("rules", "0009_flood_look"),
    ]

    operations = [
        migrations.AddField(
            model_name="flood",
            name="to_tell",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="flood",
            index=models.Index(
                condition=models.Q(("to_tell", True)), fields=["organization", "id"], name="flood_to_tell"
            ),
        ),
    ]
