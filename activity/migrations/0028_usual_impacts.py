from django.db import migrations

# What an organization begins with; those that are there already begin with it now.
USUAL = """
DO $$
DECLARE one record; usual record; known bigint;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one.id::text, true);
        FOR usual IN SELECT * FROM (VALUES
            (0, 'One-time saving', 'impact.one_time_saving', 'money', '', false),
            (1, 'Time saved', 'impact.time_saved', 'number', 'hours', true),
            (2, 'Safety', 'impact.safety', 'words', '', false),
            (3, 'Quality', 'impact.quality', 'words', '', false),
            (4, 'Satisfaction', 'impact.satisfaction', 'words', '', false)
        ) AS u(position, name, writes, measure, unit, yearly) LOOP
            INSERT INTO activity_kind (organization_id, name, label, expects_value, unit)
                VALUES (one.id, usual.writes, usual.name || ', verified', usual.measure <> 'words', usual.unit)
                ON CONFLICT (organization_id, name) DO NOTHING;
            SELECT id INTO known FROM activity_kind WHERE organization_id = one.id AND name = usual.writes;
            INSERT INTO activity_impactkind
                (organization_id, name, measure, unit, yearly, is_active, position, writes_id)
                VALUES (one.id, usual.name, usual.measure, usual.unit, usual.yearly, true, usual.position, known);
        END LOOP;
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0027_kinds_of_impact"),
    ]

    operations = [migrations.RunSQL(USUAL, migrations.RunSQL.noop)]
