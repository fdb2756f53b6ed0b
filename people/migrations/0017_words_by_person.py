import django.db.models.deletion
from django.db import migrations, models

import people.tenancy

# Only words that come or go are written: a new title leaves those of the name and the address alone.
CHANGE_WORDS = """
CREATE OR REPLACE FUNCTION people_person_words() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE words text[] := ARRAY(
    SELECT DISTINCT word FROM regexp_split_to_table(NEW.folded, '\\s+') word WHERE word <> ''
);
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM people_personword
        WHERE organization_id = NEW.organization_id AND person_id = NEW.id AND NOT word = ANY (words);
    END IF;
    INSERT INTO people_personword (organization_id, person_id, word)
    SELECT NEW.organization_id, NEW.id, word FROM unnest(words) word
    ON CONFLICT (organization_id, word, person_id) DO NOTHING;
    RETURN NULL;
END $$;
"""
REPLACE_WORDS = """
CREATE OR REPLACE FUNCTION people_person_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM people_personword WHERE organization_id = NEW.organization_id AND person_id = NEW.id;
    END IF;
    INSERT INTO people_personword (organization_id, person_id, word)
    SELECT DISTINCT NEW.organization_id, NEW.id, word
    FROM regexp_split_to_table(NEW.folded, '\\s+') word WHERE word <> '';
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0016_read_in_order")]

    operations = [
        migrations.AddIndex(
            "personword", models.Index(fields=["organization", "person"], name="person_word_by_person")
        ),
        migrations.AlterField(
            "personword",
            "person",
            people.tenancy.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="words",
                to="people.person",
            ),
        ),
        migrations.RunSQL(CHANGE_WORDS, REPLACE_WORDS),
    ]
