import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import people.text
from django.db import migrations, models

import people.tenancy
from people.tenancy import Isolate, append_only_sql, tenant_reference_sql

# Figures where the kind has them, words where it has none.
MEASURED = """
CREATE FUNCTION activity_impact_measured() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM activity_impactkind k WHERE k.organization_id = NEW.organization_id AND k.id = NEW.kind_id
        AND (k.measure = 'words') = (NEW.amount IS NULL)
    ) THEN
        RAISE EXCEPTION 'an impact is said as its kind is measured' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measured BEFORE INSERT OR UPDATE ON activity_impact
    FOR EACH ROW EXECUTE FUNCTION activity_impact_measured();
CREATE FUNCTION activity_verification_measured() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM activity_impactkind k WHERE k.organization_id = NEW.organization_id AND k.id = NEW.kind_id
        AND CASE k.measure WHEN 'words' THEN coalesce(NEW.value, 0) = 0 ELSE NEW.value IS NOT NULL END
    ) THEN
        RAISE EXCEPTION 'an impact is verified as its kind is measured' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER measured BEFORE INSERT ON activity_verification
    FOR EACH ROW WHEN (NEW.kind_id IS NOT NULL) EXECUTE FUNCTION activity_verification_measured();
"""
# The second person is one for all that an item is said to bring; several verifications of it may stand.
SECOND_PERSON = """
CREATE OR REPLACE FUNCTION activity_verification_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF activity_is_among(NEW.organization_id, NEW.by_id, ARRAY(
        SELECT unnest(ARRAY[i.author_id, i.leader_id, i.completed_by_id]) FROM activity_workitem i
        WHERE i.organization_id = NEW.organization_id AND i.id = NEW.item_id
        UNION ALL SELECT m.person_id FROM activity_teammember m
        WHERE m.organization_id = NEW.organization_id AND m.item_id = NEW.item_id
        UNION ALL SELECT c.by_id FROM activity_itemchange c
        WHERE c.organization_id = NEW.organization_id AND c.item_id = NEW.item_id
          AND c.changes ?| ARRAY['impact', 'impacts']
    )) THEN
        RAISE EXCEPTION 'a second person verifies' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION activity_stays_second(organization bigint, item bigint, people bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    verifier bigint;
BEGIN
    FOR verifier IN SELECT DISTINCT v.by_id FROM activity_verification v
        WHERE v.organization_id = organization AND v.item_id = item AND v.withdrawn_at IS NULL
    LOOP
        IF activity_is_among(organization, verifier, people) THEN
            RAISE EXCEPTION 'a second person verifies' USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
END $$;
CREATE OR REPLACE FUNCTION activity_itemchange_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.changes ?| ARRAY['impact', 'impacts'] THEN
        PERFORM activity_stays_second(NEW.organization_id, NEW.item_id, ARRAY[NEW.by_id]);
    END IF;
    RETURN NEW;
END $$;
"""


def tie(apps, schema_editor):
    verification = apps.get_model("activity", "verification")
    schema_editor.execute(tenant_reference_sql(verification, verification._meta.get_field("kind")))


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0026_outcomes"),
        ("people", "0015_currency"),
    ]

    operations = [
        migrations.CreateModel(
            name="Impact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        max_digits=14,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("words", models.TextField(blank=True, max_length=1000)),
            ],
            options={
                "ordering": ["kind__position", "kind"],
            },
        ),
        migrations.CreateModel(
            name="ImpactKind",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, validators=[people.text.plain_text])),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("money", "Money"),
                            ("number", "A number"),
                            ("words", "Words"),
                        ],
                        max_length=10,
                    ),
                ),
                ("unit", models.CharField(blank=True, max_length=20, validators=[people.text.plain_text])),
                ("yearly", models.BooleanField(default=False)),
                ("is_active", models.BooleanField(default=True)),
                ("position", models.PositiveIntegerField()),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="verification",
            name="verification_stands_once",
        ),
        migrations.RemoveConstraint(
            model_name="verification",
            name="verification_value",
        ),
        migrations.AlterField(
            model_name="verification",
            name="value",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=14,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
            ),
        ),
        migrations.AddField(
            model_name="impact",
            name="item",
            field=people.tenancy.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="impacts",
                to="activity.workitem",
            ),
        ),
        migrations.AddField(
            model_name="impact",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.organization",
            ),
        ),
        migrations.AddField(
            model_name="impactkind",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.organization",
            ),
        ),
        migrations.AddField(
            model_name="impactkind",
            name="writes",
            field=people.tenancy.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="activity.kind",
            ),
        ),
        migrations.AddField(
            model_name="impact",
            name="kind",
            field=people.tenancy.TenantForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="activity.impactkind",
            ),
        ),
        migrations.AddField(
            model_name="verification",
            name="kind",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="activity.impactkind",
            ),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("organization", "item", "kind"),
                name="verification_stands_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="verification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("value__gte", 0), ("value__isnull", False)),
                    models.Q(("kind__isnull", False), ("value", None)),
                    _connector="OR",
                ),
                name="verification_value",
            ),
        ),
        migrations.AddConstraint(
            model_name="impactkind",
            constraint=models.UniqueConstraint(
                models.F("organization"),
                django.db.models.functions.text.Lower("name"),
                name="impact_kind_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="impactkind",
            constraint=models.UniqueConstraint(
                fields=("organization", "writes"), name="impact_kind_writes_its_own"
            ),
        ),
        migrations.AddConstraint(
            model_name="impactkind",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("measure", "number"), models.Q(("unit", ""), _negated=True)),
                    models.Q(("measure", "money"), ("unit", "")),
                    models.Q(("measure", "words"), ("unit", ""), ("yearly", False)),
                    _connector="OR",
                ),
                name="impact_kind_measured",
            ),
        ),
        migrations.AddConstraint(
            model_name="impact",
            constraint=models.UniqueConstraint(fields=("organization", "item", "kind"), name="impact_once"),
        ),
        migrations.AddConstraint(
            model_name="impact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gte", 0), ("amount__isnull", False), ("words", "")),
                    models.Q(("amount", None), models.Q(("words", ""), _negated=True)),
                    _connector="OR",
                ),
                name="impact_says_something",
            ),
        ),
        Isolate("activity.impactkind"),
        Isolate("activity.impact"),
        migrations.RunPython(tie, elidable=False),
        migrations.RunSQL(
            append_only_sql(
                "activity_impactkind", may_change=("name", "unit", "yearly", "is_active", "position")
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(MEASURED, migrations.RunSQL.noop),
        migrations.RunSQL(SECOND_PERSON, migrations.RunSQL.noop),
    ]
