from django.db import migrations

from people.tenancy import Isolate, append_only_sql, never_deleted_sql


class Migration(migrations.Migration):
    dependencies = [("activity", "0001_initial"), ("people", "0002_isolation")]

    operations = [
        Isolate("activity.kind"),
        Isolate("activity.source"),
        Isolate("activity.workitem"),
        Isolate("activity.teammember"),
        Isolate("activity.activity"),
        Isolate("activity.pendingevaluation"),
        migrations.RunSQL(
            append_only_sql("activity_activity", may_change=("voided_at",)), migrations.RunSQL.noop
        ),
        migrations.RunSQL(never_deleted_sql("activity_workitem"), migrations.RunSQL.noop),
    ]
