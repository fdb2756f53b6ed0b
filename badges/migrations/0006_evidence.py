import django.db.models.deletion
import people.tenancy
from django.db import migrations, models

from people.tenancy import Isolate, append_only_sql


# Looked at when all is written. By then the tenant is closed again, so that it is opened here for a moment;
# what a rule gives has no actor, and is not asked.
GUARD = """
CREATE FUNCTION badges_hand_grant_is_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := current_setting('app.organization', true);
    lacks boolean;
BEGIN
    PERFORM set_config('app.organization', NEW.organization_id::text, true);
    SELECT b.demands_evidence AND NOT EXISTS (
        SELECT FROM badges_evidence e WHERE e.organization_id = NEW.organization_id AND e.event_id = NEW.id
    ) INTO lacks
    FROM badges_award a
    JOIN badges_badge b ON b.organization_id = a.organization_id AND b.id = a.badge_id
    WHERE a.organization_id = NEW.organization_id AND a.id = NEW.award_id;
    PERFORM set_config('app.organization', coalesce(before, ''), true);
    IF lacks THEN
        RAISE EXCEPTION 'this badge is given by hand with evidence only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER hand_grant_is_sound AFTER INSERT ON badges_awardevent
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.actor_id IS NOT NULL AND NEW.change IN ('granted', 'renewed'))
    EXECUTE FUNCTION badges_hand_grant_is_sound();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0005_closed_badges"),
        ("people", "0005_people_by_folded_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="link",
            field=models.CharField(blank=True, default="", max_length=500),
        ),
        migrations.AddField(
            model_name="batch",
            name="note",
            field=models.TextField(blank=True, default="", max_length=1000),
        ),
        migrations.AddField(
            model_name="badge",
            name="demands_evidence",
            field=models.BooleanField(default=False, verbose_name="given by hand with evidence only"),
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("link", "Link"), ("note", "Note"), ("file", "File")], max_length=10
                    ),
                ),
                ("link", models.CharField(blank=True, default="", max_length=500)),
                ("note", models.TextField(blank=True, default="", max_length=1000)),
                ("name", models.CharField(blank=True, default="", max_length=100)),
                ("content_type", models.CharField(blank=True, default="", max_length=60)),
                ("size", models.PositiveIntegerField(default=0)),
                ("added_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_why", models.CharField(blank=True, default="", max_length=500)),
                (
                    "added_by",
                    people.tenancy.TenantForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "award",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pieces",
                        to="badges.award",
                    ),
                ),
                (
                    "event",
                    people.tenancy.TenantForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pieces",
                        to="badges.awardevent",
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
                    "withdrawn_by",
                    people.tenancy.TenantForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="EvidenceData",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("data", models.BinaryField()),
                (
                    "evidence",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="badges.evidence",
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
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(fields=["organization", "award", "id"], name="evidence_in_order"),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("event__isnull", False)),
                fields=["organization", "event"],
                name="evidence_of_event",
            ),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("kind", "file")),
                fields=["organization"],
                include=("size",),
                name="evidence_quota",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "link"),
                        ("link__regex", "^https?://"),
                        ("name", ""),
                        ("note", ""),
                        ("size", 0),
                    ),
                    models.Q(
                        ("kind", "note"),
                        ("link", ""),
                        ("name", ""),
                        ("size", 0),
                        models.Q(("note", ""), _negated=True),
                    ),
                    models.Q(
                        ("kind", "file"),
                        ("link", ""),
                        ("note", ""),
                        ("size__range", (1, 10485760)),
                        models.Q(("name", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="evidence_is_of_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at", None), ("withdrawn_by", None), ("withdrawn_why", "")),
                    models.Q(
                        ("withdrawn_at__gte", models.F("added_at")),
                        ("withdrawn_by__isnull", False),
                        models.Q(("withdrawn_why", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="evidence_withdrawn_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidencedata",
            constraint=models.UniqueConstraint(
                fields=("organization", "evidence"), name="evidence_data_once"
            ),
        ),
        Isolate("badges.evidence"),
        Isolate("badges.evidencedata"),
        migrations.RunSQL(
            append_only_sql(
                "badges_evidence", may_change=("withdrawn_by_id", "withdrawn_at", "withdrawn_why")
            ),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(append_only_sql("badges_evidencedata"), migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
