from django.db import migrations

# A badge's `expires` holds for what is given by hand, too.
SAY = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one.id::text, true);
        UPDATE badges_badge b SET rule_ends_after = v.definition -> 'retention' ->> 'after'
        FROM rules_rule r JOIN rules_ruleversion v
            ON v.organization_id = one.id AND v.rule_id = r.id AND v.number = r.current
        WHERE b.organization_id = one.id AND r.organization_id = one.id AND r.badge_id = b.id
          AND v.definition -> 'retention' ->> 'type' = 'expires';
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("rules", "0012_recheck_held"),
        ("badges", "0027_what_rules_say"),
    ]

    operations = [migrations.RunSQL(SAY, migrations.RunSQL.noop)]
