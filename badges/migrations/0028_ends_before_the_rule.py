from django.db import migrations

# What a rule gave late, with its end in the past already, ended in time as well, and no event tells of it. Each
# organization's rows are written inside its tenant: row-level security holds for the owner too.
SAY_SO = """
DO $$
DECLARE one bigint;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one::text, true);
        UPDATE badges_award a SET ended_in_time = true
        WHERE organization_id = one AND ended_at = expires_at AND ended_why IN ('expired', 'lapsed')
          AND NOT ended_in_time
          AND NOT EXISTS (SELECT FROM badges_awardevent e
                          WHERE e.organization_id = one AND e.award_id = a.id AND e.change = 'ended');
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("badges", "0027_what_rules_say")]

    operations = [migrations.RunSQL(SAY_SO, migrations.RunSQL.noop)]
