import django.core.validators
import django.db.models.deletion
import people.tenancy
from django.db import migrations, models

from people.tenancy import Isolate, append_only_sql, tenant_reference_sql

# What was sent back is said no more, and nobody verifies it, until it is settled.
SILENT = """
CREATE TRIGGER second_person BEFORE INSERT ON activity_sentback
    FOR EACH ROW EXECUTE FUNCTION activity_verification_second();
CREATE FUNCTION activity_sentback_silent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM activity_workitem i WHERE i.organization_id = NEW.organization_id AND i.id = NEW.item_id
        AND i.state = 'completed' AND (NEW.kind_id IS NOT NULL OR i.impact IS NULL)
    ) OR EXISTS (
        SELECT FROM activity_impact b
        WHERE b.organization_id = NEW.organization_id AND b.item_id = NEW.item_id AND b.kind_id = NEW.kind_id
    ) OR EXISTS (
        SELECT FROM activity_verification v
        WHERE v.organization_id = NEW.organization_id AND v.item_id = NEW.item_id
          AND v.kind_id IS NOT DISTINCT FROM NEW.kind_id AND v.withdrawn_at IS NULL
    ) THEN
        RAISE EXCEPTION 'what is sent back is said no more' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER silent BEFORE INSERT ON activity_sentback FOR EACH ROW EXECUTE FUNCTION activity_sentback_silent();
CREATE FUNCTION activity_is_sent_back(tenant bigint, item bigint, kind bigint) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM activity_sentback s
        WHERE s.organization_id = tenant AND s.item_id = item AND s.kind_id IS NOT DISTINCT FROM kind
          AND s.settled_at IS NULL)
$$;
CREATE FUNCTION activity_stays_silent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what is sent back is said no more' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER silent BEFORE INSERT ON activity_verification FOR EACH ROW
    WHEN (activity_is_sent_back(NEW.organization_id, NEW.item_id, NEW.kind_id))
    EXECUTE FUNCTION activity_stays_silent();
CREATE TRIGGER silent BEFORE INSERT ON activity_impact FOR EACH ROW
    WHEN (activity_is_sent_back(NEW.organization_id, NEW.item_id, NEW.kind_id))
    EXECUTE FUNCTION activity_stays_silent();
CREATE TRIGGER silent BEFORE UPDATE OF impact, state ON activity_workitem FOR EACH ROW
    WHEN ((NEW.impact IS NOT NULL OR NEW.state <> 'completed') AND OLD.state = 'completed'
        AND activity_is_sent_back(NEW.organization_id, NEW.id, NULL))
    EXECUTE FUNCTION activity_stays_silent();
"""


def tie(apps, schema_editor):
    news = apps.get_model("activity", "itemnews")
    schema_editor.execute(tenant_reference_sql(news, news._meta.get_field("sent_back")))


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0029_waiting"),
        ("people", "0017_words_by_person"),
    ]

    operations = [
        migrations.CreateModel(
            name="SentBack",
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
                ("reason", models.TextField(max_length=1000)),
                ("sent_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "sent back",
                "ordering": ["sent_at", "id"],
            },
        ),
        migrations.RemoveConstraint(
            model_name="itemnews",
            name="item_news_of_something",
        ),
        migrations.AlterField(
            model_name="itemnews",
            name="kind",
            field=models.CharField(
                choices=[
                    ("commented", "Commented"),
                    ("to_verify", "To be verified"),
                    ("verified", "Verified"),
                    ("sent_back", "Sent back"),
                    ("leader", "Put in charge"),
                    ("team", "Put on the team"),
                    ("completed", "Completed"),
                    ("declined", "Set aside"),
                    ("reopened", "Opened again"),
                    ("voided", "Removed"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="sentback",
            name="by",
            field=people.tenancy.TenantForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.person",
            ),
        ),
        migrations.AddField(
            model_name="sentback",
            name="item",
            field=people.tenancy.TenantForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sent_back",
                to="activity.workitem",
            ),
        ),
        migrations.AddField(
            model_name="sentback",
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
        migrations.AddField(
            model_name="sentback",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.organization",
            ),
        ),
        migrations.AddField(
            model_name="itemnews",
            name="sent_back",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="activity.sentback",
            ),
        ),
        migrations.AddConstraint(
            model_name="itemnews",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("change__isnull", True),
                        ("comment__isnull", False),
                        ("kind__in", ["commented"]),
                        ("person__isnull", True),
                        ("sent_back__isnull", True),
                        ("verification__isnull", True),
                    ),
                    models.Q(
                        ("change__isnull", True),
                        ("comment__isnull", True),
                        ("kind__in", ["verified"]),
                        ("person__isnull", True),
                        ("sent_back__isnull", True),
                        ("verification__isnull", False),
                    ),
                    models.Q(
                        ("change__isnull", True),
                        ("comment__isnull", True),
                        ("kind__in", ["sent_back"]),
                        ("person__isnull", True),
                        ("sent_back__isnull", False),
                        ("verification__isnull", True),
                    ),
                    models.Q(
                        ("change__isnull", True),
                        ("comment__isnull", True),
                        ("kind__in", ["leader", "team"]),
                        ("person__isnull", False),
                        ("sent_back__isnull", True),
                        ("verification__isnull", True),
                    ),
                    models.Q(
                        ("change__isnull", True),
                        ("comment__isnull", True),
                        ("kind__in", ["to_verify"]),
                        ("person__isnull", True),
                        ("sent_back__isnull", True),
                        ("verification__isnull", True),
                    ),
                    models.Q(
                        ("change__isnull", False),
                        ("comment__isnull", True),
                        ("kind__in", ("completed", "declined", "reopened", "voided")),
                        ("person__isnull", True),
                        ("sent_back__isnull", True),
                        ("verification__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="item_news_of_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="itemnews",
            constraint=models.UniqueConstraint(
                condition=models.Q(("sent_back__isnull", False)),
                fields=("organization", "sent_back"),
                name="item_news_sent_back_once",
            ),
        ),
        migrations.AddIndex(
            model_name="sentback",
            index=models.Index(fields=["organization", "item"], name="sent_back_by_item"),
        ),
        migrations.AddConstraint(
            model_name="sentback",
            constraint=models.UniqueConstraint(
                condition=models.Q(("settled_at", None)),
                fields=("organization", "item", "kind"),
                name="sent_back_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="sentback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("amount__gte", 0), ("amount__isnull", False), ("words", "")),
                    models.Q(
                        ("amount", None), ("kind__isnull", False), models.Q(("words", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="sent_back_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="sentback",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="sent_back_for_a_reason"
            ),
        ),
        Isolate("activity.sentback"),
        migrations.RunPython(tie, migrations.RunPython.noop),
        migrations.RunSQL(
            append_only_sql("activity_sentback", may_change=("settled_at",)), migrations.RunSQL.noop
        ),
        migrations.RunSQL(SILENT, migrations.RunSQL.noop),
    ]
