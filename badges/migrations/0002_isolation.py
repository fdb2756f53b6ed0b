from django.db import migrations

from people.tenancy import Isolate, append_only_sql, never_deleted_sql


class Migration(migrations.Migration):
    dependencies = [("badges", "0001_initial"), ("people", "0002_isolation")]

    operations = [
        Isolate("badges.emblem"),
        Isolate("badges.emblemimage"),
        Isolate("badges.badge"),
        Isolate("badges.award"),
        Isolate("badges.revocation"),
        Isolate("badges.awardevent"),
        migrations.RunSQL(
            append_only_sql("badges_awardevent", may_change=("to_tell",)), migrations.RunSQL.noop
        ),
        migrations.RunSQL(never_deleted_sql("badges_award"), migrations.RunSQL.noop),
        migrations.RunSQL(never_deleted_sql("badges_badge"), migrations.RunSQL.noop),
    ]
