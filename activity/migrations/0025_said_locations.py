from django.db import migrations

from people.tenancy import keep_function_sql

# Where the source said a location, nobody wrote down. What is the person's own on that day was not said, as far as can
# be known: from now on it follows the person's moves.
UNSAY = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT id, zone FROM people_organization LOOP
        PERFORM set_config('app.organization', one.id::text, true);
        UPDATE activity_activity a SET location_id = NULL
        WHERE organization_id = one.id AND location_id = (
            SELECT w.location_id FROM people_placement w
            WHERE w.organization_id = one.id AND w.person_id = a.person_id
              AND w.from_on <= (a.occurred_at AT TIME ZONE one.zone)::date
            ORDER BY w.from_on DESC LIMIT 1);
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""
TABLE, PEOPLE = "activity_activity", ("person_id",)


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0024_second_completes"),
    ]

    operations = [
        migrations.RunSQL(
            keep_function_sql(TABLE, may_change=("voided_at", "location_id"), people=PEOPLE),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(UNSAY, migrations.RunSQL.noop),
        migrations.RunSQL(
            keep_function_sql(TABLE, may_change=("voided_at",), people=PEOPLE), migrations.RunSQL.noop
        ),
        migrations.RemoveIndex(model_name="activity", name="activity_by_location"),
    ]
