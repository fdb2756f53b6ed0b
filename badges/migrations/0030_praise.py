import django.db.models.deletion
from django.db import migrations, models

import people.tenancy
from people.tenancy import living_people_sql

# On the way in only: where two records become one, a holder may be found to have praised themselves.
OF_ANOTHER = """
CREATE FUNCTION badges_praise_of_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM badges_award a WHERE a.organization_id = NEW.organization_id AND a.id = NEW.award_id
               AND a.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'praise_of_another' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER of_another BEFORE INSERT ON badges_praise
    FOR EACH ROW EXECUTE FUNCTION badges_praise_of_another();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0029_held_while_given"),
        ("people", "0017_words_by_person"),
    ]

    operations = [
        migrations.CreateModel(
            name="Praise",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("stands", models.BooleanField(default=True)),
                ("to_tell", models.BooleanField(default=True)),
                (
                    "award",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="badges.award",
                    ),
                ),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "praise",
                "ordering": ["id"],
                "indexes": [
                    models.Index(fields=["organization", "person"], name="praise_by_person"),
                    models.Index(
                        condition=models.Q(("stands", True), ("to_tell", True)),
                        fields=["organization", "id"],
                        name="praise_to_tell",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "award", "person"), name="praise_once")
                ],
            },
        ),
        people.tenancy.Isolate("badges.praise"),
        migrations.RunSQL(OF_ANOTHER, migrations.RunSQL.noop),
        migrations.RunSQL(living_people_sql("badges_praise"), migrations.RunSQL.noop),
    ]
