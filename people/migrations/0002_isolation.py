from django.db import migrations

from people.tenancy import Isolate, append_only_sql, never_deleted_sql


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]

    operations = [
        Isolate("people.location"),
        Isolate("people.person"),
        Isolate("people.placement"),
        Isolate("people.roleassignment"),
        Isolate("people.auditentry"),
        migrations.RunSQL(
            "CREATE POLICY own ON people_person FOR SELECT "
            "USING (user_id = NULLIF(current_setting('app.user', true), '')::bigint)",
            "DROP POLICY own ON people_person",
        ),
        migrations.RunSQL(append_only_sql("people_auditentry"), migrations.RunSQL.noop),
        migrations.RunSQL(never_deleted_sql("people_person"), migrations.RunSQL.noop),
        migrations.RunSQL(
            "CREATE TABLE cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);"
            "CREATE INDEX cache_expires ON cache (expires)",
            "DROP TABLE cache",
        ),
    ]
