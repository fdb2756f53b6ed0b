from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("badges", "0002_isolation")]

    operations = [
        migrations.AddField(
            "badge", "reminds", models.BooleanField(default=True, verbose_name="reminders before it ends")
        ),
    ]
