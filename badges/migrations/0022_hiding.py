import datetime

import django.db.models.deletion
from django.db import migrations, models

import people.tenancy

# What the trigger on people makes is everybody's: the column's default says so. Each organization's rows are
# written inside its tenant, as row-level security holds for the owner too.
COUNT_AGAIN = """
DO $$
DECLARE one bigint;
BEGIN
    FOR one IN SELECT id FROM people_organization LOOP
        PERFORM set_config('app.organization', one::text, true);
        INSERT INTO badges_awardtally (organization_id, person_id, badge_count, latest_at)
        SELECT one, p.id, count(DISTINCT a.badge_id), coalesce(max(a.starts_at), '0001-01-01 00:00:00+00')
        FROM people_person p
        LEFT JOIN badges_award a ON a.organization_id = one AND a.person_id = p.id AND a.ended_at IS NULL
            AND a.badge_id IN (SELECT id FROM badges_badge WHERE organization_id = one AND state <> 'withdrawn')
        WHERE p.organization_id = one GROUP BY p.id;
    END LOOP;
    PERFORM set_config('app.organization', '', true);
END $$;
SET CONSTRAINTS ALL IMMEDIATE;
"""


def reference(to: str, **kwargs: object) -> models.Field:
    return people.tenancy.TenantForeignKey(
        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, to=to, **kwargs
    )


def organization() -> models.Field:
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="people.organization",
    )


class Migration(migrations.Migration):
    """Tallies are counted anew: their table's key is the person and the audience now."""

    dependencies = [
        ("badges", "0021_tallies"),
        ("people", "0013_who_left"),
    ]

    operations = [
        migrations.DeleteModel("AwardTally"),
        migrations.CreateModel(
            name="AwardTally",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "person_id",
                        "audience",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "audience",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "Everybody"), (1, "Whoever may see histories"), (2, "Everybody else")],
                        db_default=0,
                        default=0,
                    ),
                ),
                ("badge_count", models.PositiveIntegerField(default=0)),
                (
                    "latest_at",
                    models.DateTimeField(default=datetime.datetime(1, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                ),
                ("organization", organization()),
                ("person", reference("people.person", related_name="award_tallies")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("audience__in", [0, 1, 2])), name="tally_audience_known"
                    )
                ],
                "indexes": [
                    models.Index(fields=["organization", "-badge_count", "person"], name="tally_by_badges"),
                    models.Index(fields=["organization", "-latest_at", "person"], name="tally_by_latest"),
                ],
            },
        ),
        people.tenancy.Isolate("badges.awardtally"),
        migrations.RunSQL(COUNT_AGAIN),
        migrations.CreateModel(
            name="HiddenBadge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("badge", reference("badges.badge", blank=True, null=True, related_name="+")),
                ("organization", organization()),
                ("person", reference("people.person", related_name="+")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "person", "badge"),
                        name="hidden_badge_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        people.tenancy.Isolate("badges.hiddenbadge"),
    ]
