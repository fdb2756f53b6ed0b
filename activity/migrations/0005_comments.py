import django.db.models.deletion
from django.db import migrations, models

import people.tenancy
from people.tenancy import Isolate, append_only_sql

# The words may go, and the comment with them; they may not be changed, and do not come back.
WITHDRAW = """
CREATE FUNCTION activity_comment_withdraw() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL OR NEW.text <> '' THEN
        RAISE EXCEPTION 'a comment is only withdrawn' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER withdraw BEFORE UPDATE ON activity_comment
    FOR EACH ROW EXECUTE FUNCTION activity_comment_withdraw();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0004_verification"),
    ]

    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(blank=True, max_length=4000)),
                ("written_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "author",
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
                        related_name="comments",
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
                "ordering": ["id"],
                "indexes": [models.Index(fields=["organization", "item", "id"], name="comment_in_order")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("withdrawn_at", None), models.Q(("text", ""), _negated=True)),
                            models.Q(("withdrawn_at__isnull", False), ("text", "")),
                            _connector="OR",
                        ),
                        name="comment_says_something",
                    )
                ],
            },
        ),
        Isolate("activity.comment"),
        migrations.RunSQL(
            append_only_sql("activity_comment", may_change=("text", "withdrawn_at")), migrations.RunSQL.noop
        ),
        migrations.RunSQL(WITHDRAW, migrations.RunSQL.noop),
    ]
