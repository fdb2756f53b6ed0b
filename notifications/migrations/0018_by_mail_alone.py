from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0017_outcomes"),
    ]

    operations = [
        migrations.RemoveField("delivery", "channel"),
    ]
