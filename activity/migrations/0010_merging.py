from django.db import migrations

from people.tenancy import keep_function_sql, living_people_sql

# As before, but that its author may become the record that theirs is merged into.
WITHDRAW = """
CREATE OR REPLACE FUNCTION activity_comment_withdraw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.author_id <> OLD.author_id AND NEW.text = OLD.text AND NEW.withdrawn_at IS NOT DISTINCT FROM OLD.withdrawn_at
    THEN
        RETURN NEW;
    END IF;
    IF OLD.withdrawn_at IS NOT NULL OR NEW.text <> '' THEN
        RAISE EXCEPTION 'a comment is only withdrawn' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("activity", "0009_editing"), ("people", "0006_merging")]

    operations = [
        migrations.RunSQL(statement, migrations.RunSQL.noop)
        for statement in (
            keep_function_sql("activity_activity", may_change=("voided_at",), people=("person_id",)),
            keep_function_sql("activity_comment", may_change=("text", "withdrawn_at"), people=("author_id",)),
            keep_function_sql("activity_attachment", may_change=("removed_at",), people=("added_by_id",)),
            living_people_sql("activity_activity"),
            WITHDRAW,
        )
    ]
