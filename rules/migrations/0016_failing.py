from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("rules", "0015_trials_forgotten")]

    operations = [
        migrations.AddField("rule", "failing_since", models.DateTimeField(blank=True, null=True)),
    ]
