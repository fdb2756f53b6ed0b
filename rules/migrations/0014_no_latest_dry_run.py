from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("rules", "0013_ends_by_hand"),
    ]

    operations = [
        migrations.RemoveIndex("dryrun", "dry_run_latest"),
    ]
