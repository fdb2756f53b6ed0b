from django.db import migrations

# In a subquery of its own a setting is read once for each statement; beside another policy it was read for each row.
ORGANIZATION = "(SELECT NULLIF(current_setting('app.organization', true), '')::bigint)"
USER = "(SELECT NULLIF(current_setting('app.user', true), '')::bigint)"


class Migration(migrations.Migration):
    dependencies = [("people", "0010_merged_nominations")]

    operations = [
        migrations.RunSQL(
            f"ALTER POLICY tenant ON people_person USING (organization_id = {ORGANIZATION})"
            f" WITH CHECK (organization_id = {ORGANIZATION})",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f"ALTER POLICY own ON people_person USING (user_id = {USER})", migrations.RunSQL.noop
        ),
    ]
