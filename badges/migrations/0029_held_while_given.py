from django.db import migrations

# Whoever is getting a badge keeps it from being withdrawn until that is committed: before their badges are counted
# it is known whether it counts. As light as what a reference takes, so that nobody else waits for it.
HOLD = """
CREATE FUNCTION badges_award_hold_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM badges_badge b
    WHERE (b.organization_id, b.id) IN (SELECT organization_id, badge_id FROM added WHERE ended_at IS NULL)
    ORDER BY b.id FOR KEY SHARE;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_new AFTER INSERT ON badges_award REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION badges_award_hold_new();
CREATE FUNCTION badges_award_hold_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM badges_badge b WHERE b.organization_id = NEW.organization_id AND b.id = NEW.badge_id
    FOR KEY SHARE;
    RETURN NULL;
END $$;
CREATE TRIGGER hold_again AFTER UPDATE OF ended_at, person_id ON badges_award FOR EACH ROW
    WHEN (NEW.ended_at IS NULL AND (OLD.ended_at IS NOT NULL OR OLD.person_id <> NEW.person_id))
    EXECUTE FUNCTION badges_award_hold_again();
"""
LET_GO = """
DROP TRIGGER hold_new ON badges_award;
DROP TRIGGER hold_again ON badges_award;
DROP FUNCTION badges_award_hold_new;
DROP FUNCTION badges_award_hold_again;
"""


class Migration(migrations.Migration):
    dependencies = [("badges", "0028_ends_before_the_rule")]

    operations = [migrations.RunSQL(HOLD, LET_GO)]
