from django.db import migrations

# Of two moves at once the later one counts with the earlier: the organization's row is locked, as whoever changes the
# tree does. A circle is deeper than any tree.
DEPTH = """
CREATE FUNCTION people_location_depth() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    above int;
    below int;
BEGIN
    PERFORM FROM people_organization WHERE id = NEW.organization_id FOR NO KEY UPDATE;
    WITH RECURSIVE up(parent_id, levels) AS (
        SELECT NEW.parent_id, 1
        UNION ALL SELECT l.parent_id, levels + 1 FROM up JOIN people_location l
            ON l.organization_id = NEW.organization_id AND l.id = up.parent_id WHERE levels <= 20
    ) SELECT max(levels) INTO above FROM up;
    WITH RECURSIVE down(id, levels) AS (
        SELECT NEW.id, 0
        UNION ALL SELECT l.id, levels + 1 FROM down JOIN people_location l
            ON l.organization_id = NEW.organization_id AND l.parent_id = down.id WHERE levels <= 20
    ) SELECT max(levels) INTO below FROM down;
    IF above + below > 20 THEN
        RAISE EXCEPTION 'location_depth' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER depth_of_new AFTER INSERT ON people_location FOR EACH ROW
    WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION people_location_depth();
CREATE TRIGGER depth_of_moved AFTER UPDATE OF parent_id ON people_location FOR EACH ROW
    WHEN (NEW.parent_id IS NOT NULL AND NEW.parent_id IS DISTINCT FROM OLD.parent_id)
    EXECUTE FUNCTION people_location_depth();
"""
ANY_DEPTH = """
DROP TRIGGER depth_of_new ON people_location;
DROP TRIGGER depth_of_moved ON people_location;
DROP FUNCTION people_location_depth;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0018_sendings")]

    operations = [migrations.RunSQL(DEPTH, ANY_DEPTH)]
