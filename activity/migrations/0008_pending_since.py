from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0007_own_steps"),
    ]

    operations = [
        migrations.AddField(
            model_name="pendingevaluation",
            name="since",
            field=models.DateTimeField(
                blank=True,
                help_text="The earliest instant that changed; null means that any may have.",
                null=True,
            ),
        ),
    ]
