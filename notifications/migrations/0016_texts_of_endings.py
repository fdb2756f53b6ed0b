from django.db import migrations, models

# What was said of both endings is said of each, until somebody changes one of them.
PART = """
DO $$
DECLARE one bigint;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one::text, true);
        INSERT INTO notifications_noticetext
            (organization_id, kind, badge_id, language, subject, body, html, changed_at)
        SELECT organization_id, 'taken_back', badge_id, language, subject, body, html, changed_at
        FROM notifications_noticetext WHERE organization_id = one AND kind = 'lost';
        UPDATE notifications_noticetext SET kind = 'ended' WHERE organization_id = one AND kind = 'lost';
        UPDATE notifications_delivery d SET test = jsonb_set(test, '{kind}', CASE
            WHEN EXISTS (SELECT FROM badges_award a WHERE a.organization_id = one
                         AND a.id = (d.test ->> 'award')::bigint AND a.ended_why = 'revoked')
            THEN '"taken_back"'::jsonb ELSE '"ended"'::jsonb END)
        WHERE organization_id = one AND test ->> 'kind' = 'lost';
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0025_superseding"),
        ("notifications", "0015_mails_found"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="noticetext", name="notice_text_kind_known"),
        migrations.AlterField(
            model_name="noticetext",
            name="kind",
            field=models.CharField(
                choices=[
                    ("earned", "Earned"),
                    ("ended", "Ended"),
                    ("taken_back", "Taken back"),
                    ("ends_soon", "Ends soon"),
                    ("team_ends_soon", "Ends soon, to the manager"),
                ],
                max_length=20,
            ),
        ),
        migrations.RunSQL(PART),
        migrations.AddConstraint(
            model_name="noticetext",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["earned", "ended", "taken_back", "ends_soon", "team_ends_soon"])
                ),
                name="notice_text_kind_known",
            ),
        ),
    ]
