from django.db import migrations, models

# As in 0018, but that what was undone takes nobody's turn either.
WITHIN_LIMITS = """
CREATE OR REPLACE FUNCTION badges_award_within_limits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    badge record;
BEGIN
    SELECT b.may_give_oneself, b.most_holders, b.most_a_month, o.zone INTO badge FROM badges_badge b
    JOIN people_organization o ON o.id = b.organization_id
    WHERE b.organization_id = NEW.organization_id AND b.id = NEW.badge_id;
    IF TG_OP = 'INSERT' AND NEW.given_by_id = NEW.person_id AND NOT badge.may_give_oneself THEN
        RAISE EXCEPTION 'award_not_to_oneself' USING ERRCODE = 'check_violation';
    END IF;
    IF badge.most_holders IS NULL AND badge.most_a_month IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM FROM badges_badge b WHERE b.organization_id = NEW.organization_id AND b.id = NEW.badge_id
    FOR NO KEY UPDATE;
    IF badge.most_holders IS NOT NULL
       AND NOT EXISTS (SELECT FROM badges_award a
                       WHERE a.organization_id = NEW.organization_id AND a.badge_id = NEW.badge_id
                         AND a.person_id = NEW.person_id AND a.ended_at IS NULL AND a.id <> NEW.id)
       AND (SELECT count(DISTINCT a.person_id) FROM badges_award a
            WHERE a.organization_id = NEW.organization_id AND a.badge_id = NEW.badge_id AND a.ended_at IS NULL)
           > badge.most_holders THEN
        RAISE EXCEPTION 'award_most_holders' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND badge.most_a_month IS NOT NULL
       AND (SELECT count(*) FROM badges_award a
            WHERE a.organization_id = NEW.organization_id AND a.badge_id = NEW.badge_id AND a.origin = 'hand'
              AND a.given_by_id IN (SELECT p.id FROM people_person p WHERE p.organization_id = NEW.organization_id
                                    AND (p.id = NEW.given_by_id OR p.merged_into_id = NEW.given_by_id))
              AND a.ended_why NOT IN ('revoked', 'undone')
              AND date_trunc('month', a.recorded_at AT TIME ZONE badge.zone)
                  = date_trunc('month', NEW.recorded_at AT TIME ZONE badge.zone))
           > badge.most_a_month THEN
        RAISE EXCEPTION 'award_most_a_month' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0023_checked_by_references"),
    ]

    operations = [
        migrations.AlterField(
            model_name="award",
            name="ended_why",
            field=models.CharField(
                blank=True,
                choices=[
                    ("expired", "Its time ran out"),
                    ("lapsed", "What kept it no longer holds"),
                    ("no_longer_supported", "The record no longer supports it"),
                    ("revoked", "Taken back by hand"),
                    ("merged", "Merged with the same badge on the other record"),
                    ("undone", "What gave it was undone"),
                ],
                default="",
                max_length=30,
            ),
        ),
        migrations.RunSQL(WITHIN_LIMITS, migrations.RunSQL.noop),
    ]
