from django.db import migrations, models

# Which trials became a version is known by their words: the first version that says what was tried.
# Each organization's rows are written inside its tenant: row-level security holds for the owner too.
SAVED = """
DO $$
DECLARE one bigint;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one::text, true);
        UPDATE rules_dryrun d SET version = (
            SELECT min(v.number) FROM rules_ruleversion v
            JOIN rules_rule r ON r.organization_id = one AND r.id = v.rule_id
            WHERE v.organization_id = one AND r.badge_id = d.badge_id AND v.made_at >= d.as_of
              AND v.definition - ARRAY['id', 'name', 'version'] = d.definition - ARRAY['id', 'name', 'version'])
        WHERE d.organization_id = one;
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("rules", "0014_no_latest_dry_run")]

    operations = [
        migrations.AddField("dryrun", "version", models.PositiveIntegerField(blank=True, null=True)),
        migrations.RunSQL(SAVED, migrations.RunSQL.noop),
    ]
