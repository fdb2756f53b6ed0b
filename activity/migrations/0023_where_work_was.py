from django.db import migrations

# Steps are known by the names that they have now; where work was is written down from now on.
WAS_THERE = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one.id::text, true);
        UPDATE activity_workitem i SET passed = was.steps
        FROM (
            SELECT w.id, array_agg(s.id ORDER BY s.id) AS steps
            FROM activity_workitem w JOIN activity_step s ON s.organization_id = one.id AND s.kind = w.kind
            WHERE w.organization_id = one.id AND (s.id = w.step_id OR EXISTS (
                SELECT FROM activity_itemchange c WHERE c.organization_id = one.id AND c.item_id = w.id
                AND c.changes -> 'state' ->> 1 = s.name))
            GROUP BY w.id) was
        WHERE i.organization_id = one.id AND i.id = was.id;
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0022_who_moves"),
    ]

    operations = [migrations.RunSQL(WAS_THERE, migrations.RunSQL.noop)]
