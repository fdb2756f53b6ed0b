from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("rules", "0010_flood_told"),
    ]

    operations = [
        migrations.AddField(
            model_name="tally",
            name="most",
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
    ]
