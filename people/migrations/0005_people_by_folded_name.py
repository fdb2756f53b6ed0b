import django.db.models.deletion
from django.db import migrations, models

import people.tenancy

# Each organization's rows are written inside its tenant: row-level security holds for the owner too.
KEEP_WORDS = """
CREATE FUNCTION people_person_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM people_personword WHERE organization_id = NEW.organization_id AND person_id = NEW.id;
    END IF;
    INSERT INTO people_personword (organization_id, person_id, word)
    SELECT DISTINCT NEW.organization_id, NEW.id, word
    FROM regexp_split_to_table(NEW.folded, '\\s+') word WHERE word <> '';
    RETURN NULL;
END $$;
CREATE TRIGGER words_of_new AFTER INSERT ON people_person
FOR EACH ROW EXECUTE FUNCTION people_person_words();
CREATE TRIGGER words_of_changed AFTER UPDATE OF folded ON people_person
FOR EACH ROW WHEN (OLD.folded IS DISTINCT FROM NEW.folded) EXECUTE FUNCTION people_person_words();
DO $$
DECLARE one bigint;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one::text, true);
        INSERT INTO people_personword (organization_id, person_id, word)
        SELECT DISTINCT organization_id, id, word
        FROM people_person, regexp_split_to_table(folded, '\\s+') word WHERE organization_id = one AND word <> '';
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""
FORGET_WORDS = """
DROP TRIGGER words_of_new ON people_person;
DROP TRIGGER words_of_changed ON people_person;
DROP FUNCTION people_person_words;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0004_administration")]

    operations = [
        migrations.RemoveIndex(model_name="person", name="person_by_name"),
        migrations.RemoveIndex(model_name="person", name="person_by_location"),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(fields=["organization", "folded", "id"], name="person_by_folded"),
        ),
        migrations.AddIndex(
            model_name="person",
            index=models.Index(
                fields=["organization", "location", "folded", "id"], name="person_by_location"
            ),
        ),
        migrations.CreateModel(
            name="PersonWord",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("word", models.TextField(db_collation="C")),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organization",
                    ),
                ),
                (
                    "person",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="words",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "word", "person"), name="person_word_once"
                    )
                ],
            },
        ),
        people.tenancy.Isolate("people.personword"),
        migrations.RunSQL(KEEP_WORDS, FORGET_WORDS),
    ]
