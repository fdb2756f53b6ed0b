import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import people.tenancy
from people.tenancy import Isolate, append_only_sql

SECOND_PERSON = """
CREATE OR REPLACE FUNCTION activity_verification_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM activity_workitem i WHERE i.organization_id = NEW.organization_id AND i.id = NEW.item_id
        AND NEW.by_id IN (i.author_id, i.leader_id, i.completed_by_id)
    ) OR EXISTS (
        SELECT FROM activity_teammember m WHERE m.organization_id = NEW.organization_id
        AND m.item_id = NEW.item_id AND m.person_id = NEW.by_id
    ) OR EXISTS (
        SELECT FROM activity_itemchange c WHERE c.organization_id = NEW.organization_id
        AND c.item_id = NEW.item_id AND c.by_id = NEW.by_id AND c.changes ? 'impact'
    ) THEN
        RAISE EXCEPTION 'a second person verifies' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# And nobody becomes one of an item's own people while their verification of it stands.
STAYS_SECOND = """
CREATE FUNCTION activity_stays_second(organization bigint, item bigint, people bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM activity_verification v WHERE v.organization_id = organization AND v.item_id = item
        AND v.withdrawn_at IS NULL AND v.by_id = ANY(people)
    ) THEN
        RAISE EXCEPTION 'a second person verifies' USING ERRCODE = 'check_violation';
    END IF;
END $$;
CREATE FUNCTION activity_workitem_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM activity_stays_second(
        NEW.organization_id, NEW.id, ARRAY[NEW.author_id, NEW.leader_id, NEW.completed_by_id]);
    RETURN NEW;
END $$;
CREATE TRIGGER second_person BEFORE UPDATE OF author_id, leader_id, completed_by_id ON activity_workitem
    FOR EACH ROW EXECUTE FUNCTION activity_workitem_second();
CREATE FUNCTION activity_teammember_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM activity_stays_second(NEW.organization_id, NEW.item_id, ARRAY[NEW.person_id]);
    RETURN NEW;
END $$;
CREATE TRIGGER second_person BEFORE INSERT OR UPDATE ON activity_teammember
    FOR EACH ROW EXECUTE FUNCTION activity_teammember_second();
CREATE FUNCTION activity_itemchange_second() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.changes ? 'impact' THEN
        PERFORM activity_stays_second(NEW.organization_id, NEW.item_id, ARRAY[NEW.by_id]);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER second_person BEFORE INSERT ON activity_itemchange
    FOR EACH ROW EXECUTE FUNCTION activity_itemchange_second();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0008_pending_since"),
    ]

    operations = [
        migrations.AddField(
            model_name="workitem",
            name="expected",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                max_digits=14,
                null=True,
                validators=[django.core.validators.MinValueValidator(0)],
                verbose_name="expected yearly saving",
            ),
        ),
        migrations.AddConstraint(
            model_name="workitem",
            constraint=models.CheckConstraint(
                condition=models.Q(("expected", None), ("expected__gte", 0), _connector="OR"),
                name="work_item_expected",
            ),
        ),
        migrations.CreateModel(
            name="ItemChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("changed_at", models.DateTimeField()),
                ("changes", models.JSONField()),
                (
                    "by",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "item",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="activity.workitem",
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
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["organization", "item", "-id"], name="item_change_newest_first")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("changes", {}), _negated=True), name="item_change_says_something"
                    )
                ],
            },
        ),
        Isolate("activity.itemchange"),
        migrations.RunSQL(append_only_sql("activity_itemchange"), migrations.RunSQL.noop),
        migrations.RunSQL(SECOND_PERSON, migrations.RunSQL.noop),
        migrations.RunSQL(STAYS_SECOND, migrations.RunSQL.noop),
    ]
