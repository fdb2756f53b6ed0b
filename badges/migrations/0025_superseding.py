import django.db.models.deletion
from django.db import migrations, models

import people.tenancy

# Each organization's rows are written inside its tenant: row-level security holds for the owner too.
TAKE_OVER = """
DO $$
DECLARE one bigint;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one::text, true);
        INSERT INTO badges_superseding (organization_id, badge_id, lower_id)
        SELECT organization_id, id, supersedes_id FROM badges_badge
        WHERE organization_id = one AND supersedes_id IS NOT NULL;
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""


def badge(related_name: str) -> models.Field:
    return people.tenancy.TenantForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name=related_name,
        to="badges.badge",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0024_undone"),
        ("people", "0013_who_left"),
    ]

    operations = [
        migrations.CreateModel(
            name="Superseding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("badge", badge("supersedings")),
                ("lower", badge("+")),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "badge", "lower"), name="superseding_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("badge", models.F("lower")), _negated=True),
                        name="superseding_another",
                    ),
                ],
            },
        ),
        people.tenancy.Isolate("badges.superseding"),
        migrations.RunSQL(TAKE_OVER),
        migrations.RemoveConstraint(model_name="badge", name="badge_not_over_itself"),
        migrations.RemoveField(model_name="badge", name="supersedes"),
        migrations.AddField(
            model_name="badge",
            name="lower",
            field=models.ManyToManyField(
                related_name="+",
                through="badges.Superseding",
                through_fields=("badge", "lower"),
                to="badges.badge",
            ),
        ),
    ]
