from django.db import migrations, models

# Each organization's rows are written inside its tenant: row-level security holds for the owner too.
LAST = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one.id::text, true);
        UPDATE activity_kind k SET last_at = a.last_at
        FROM (SELECT kind_id, max(occurred_at) AS last_at FROM activity_activity
              WHERE organization_id = one.id AND voided_at IS NULL AND occurred_at <= now() GROUP BY kind_id) a
        WHERE k.organization_id = one.id AND k.id = a.kind_id;
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0020_lean_queue")]

    operations = [
        migrations.AddField(
            model_name="kind",
            name="last_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(LAST, migrations.RunSQL.noop),
    ]
