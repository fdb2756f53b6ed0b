from django.db import migrations

# Whether one of these records is by now the same person's as `one`. The rows are held, so that a merge at the same time
# comes before, and is seen, or after, and sees what was written.
IS_AMONG = """
CREATE FUNCTION activity_is_among(tenant bigint, one bigint, others bigint[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM people_person WHERE organization_id = tenant AND id = ANY(others || one) ORDER BY id FOR KEY SHARE;
    RETURN EXISTS (
        SELECT FROM people_person a JOIN people_person b
            ON b.organization_id = tenant AND coalesce(b.merged_into_id, b.id) = coalesce(a.merged_into_id, a.id)
        WHERE a.organization_id = tenant AND a.id = one AND b.id = ANY(others));
END $$;
"""
SECOND_PERSON = """
CREATE OR REPLACE FUNCTION activity_verification_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF activity_is_among(NEW.organization_id, NEW.by_id, ARRAY(
        SELECT unnest(ARRAY[i.author_id, i.leader_id, i.completed_by_id]) FROM activity_workitem i
        WHERE i.organization_id = NEW.organization_id AND i.id = NEW.item_id
        UNION ALL SELECT m.person_id FROM activity_teammember m
        WHERE m.organization_id = NEW.organization_id AND m.item_id = NEW.item_id
        UNION ALL SELECT c.by_id FROM activity_itemchange c
        WHERE c.organization_id = NEW.organization_id AND c.item_id = NEW.item_id AND c.changes ? 'impact'
    )) THEN
        RAISE EXCEPTION 'a second person verifies' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
STAYS_SECOND = """
CREATE OR REPLACE FUNCTION activity_stays_second(organization bigint, item bigint, people bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    verifier bigint;
BEGIN
    SELECT v.by_id INTO verifier FROM activity_verification v
    WHERE v.organization_id = organization AND v.item_id = item AND v.withdrawn_at IS NULL;
    IF verifier IS NOT NULL AND activity_is_among(organization, verifier, people) THEN
        RAISE EXCEPTION 'a second person verifies' USING ERRCODE = 'check_violation';
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0014_removal_reasons"),
        ("people", "0006_merging"),
    ]

    operations = [
        migrations.RunSQL(statement, migrations.RunSQL.noop)
        for statement in (IS_AMONG, SECOND_PERSON, STAYS_SECOND)
    ]
