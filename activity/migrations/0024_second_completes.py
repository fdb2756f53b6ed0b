from django.db import migrations

# What an organization has not said is as Lapel begins: tasks are done by their own people, the rest by somebody else.
SECOND = """
CREATE FUNCTION activity_workitem_completed_by() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce((
        SELECT r.movers FROM activity_moveright r WHERE r.organization_id = NEW.organization_id
        AND r.kind = NEW.kind AND r.move = 'complete'
    ), CASE NEW.kind WHEN 'task' THEN 'own' ELSE 'second' END) = 'second' THEN
        RAISE EXCEPTION 'a second person completes it' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER second_completes BEFORE UPDATE OF state ON activity_workitem FOR EACH ROW
    WHEN (NEW.state = 'completed' AND OLD.state <> 'completed' AND NEW.completed_by_id = NEW.author_id)
    EXECUTE FUNCTION activity_workitem_completed_by();
"""
SECOND_NOT = """
DROP TRIGGER second_completes ON activity_workitem;
DROP FUNCTION activity_workitem_completed_by();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0023_where_work_was"),
    ]

    operations = [migrations.RunSQL(SECOND, SECOND_NOT)]
