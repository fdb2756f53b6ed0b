import django.db.models.deletion
import people.tenancy
from django.db import migrations, models

from people.tenancy import Isolate, append_only_sql


WITHDRAWAL = ("withdrawn_by_id", "withdrawn_at", "withdrawn_why")
DECISION = (
    "state", "decided_by_id", "decided_at", "answer", "award_id", "arrival_to_tell", "decision_to_tell"
)  # fmt: skip
# What came with a nomination is handed over to its award.
EVIDENCE = """
DROP TRIGGER keep ON badges_evidence;
DROP FUNCTION badges_evidence_keep();
ALTER TABLE badges_evidence ADD CONSTRAINT badges_evidence_nomination_id_tenant_fk
    FOREIGN KEY (organization_id, nomination_id) REFERENCES badges_nomination (organization_id, id)
    DEFERRABLE INITIALLY DEFERRED;
"""
GUARD = """
CREATE OR REPLACE FUNCTION badges_hand_grant_is_sound() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := current_setting('app.organization', true);
    without_evidence boolean;
    by_one_alone boolean;
BEGIN
    PERFORM set_config('app.organization', NEW.organization_id::text, true);
    SELECT b.demands_evidence AND NOT EXISTS (
        SELECT FROM badges_evidence e WHERE e.organization_id = NEW.organization_id AND e.event_id = NEW.id
    ), b.needs_two AND NOT EXISTS (
        SELECT FROM badges_nomination n
        WHERE n.organization_id = NEW.organization_id AND n.award_id = NEW.award_id
          AND n.state = 'approved' AND n.decided_by_id = NEW.actor_id
    ) INTO without_evidence, by_one_alone
    FROM badges_award a
    JOIN badges_badge b ON b.organization_id = a.organization_id AND b.id = a.badge_id
    WHERE a.organization_id = NEW.organization_id AND a.id = NEW.award_id;
    PERFORM set_config('app.organization', coalesce(before, ''), true);
    IF without_evidence THEN
        RAISE EXCEPTION 'this badge is given by hand with evidence only' USING ERRCODE = 'check_violation';
    END IF;
    IF by_one_alone THEN
        RAISE EXCEPTION 'this badge is given by two administrators' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0009_merging"),
        ("people", "0005_people_by_folded_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="badge",
            name="needs_two",
            field=models.BooleanField(default=False, verbose_name="given by hand by two administrators"),
        ),
        migrations.AddField(
            model_name="badge",
            name="takes_nominations",
            field=models.BooleanField(default=False, verbose_name="open to nominations by colleagues"),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="award",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pieces",
                to="badges.award",
            ),
        ),
        migrations.CreateModel(
            name="Nomination",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("is_proposal", models.BooleanField(default=False)),
                ("reason", models.CharField(max_length=500)),
                ("starts_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Waits for a decision"),
                            ("approved", "Approved"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, default="", max_length=500)),
                ("arrival_to_tell", models.BooleanField(default=True)),
                ("decision_to_tell", models.BooleanField(default=False)),
                (
                    "award",
                    people.tenancy.TenantForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="nominations",
                        to="badges.award",
                    ),
                ),
                (
                    "badge",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="badges.badge",
                    ),
                ),
                (
                    "decided_by",
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
                    "made_by",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
                    ),
                ),
                (
                    "nominee",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.person",
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
                "ordering": ["-made_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="evidence",
            name="nomination",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pieces",
                to="badges.nomination",
            ),
        ),
        migrations.AddIndex(
            model_name="evidence",
            index=models.Index(
                condition=models.Q(("nomination__isnull", False)),
                fields=["organization", "nomination"],
                name="evidence_of_nomination",
            ),
        ),
        migrations.AddConstraint(
            model_name="evidence",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("award__isnull", False),
                    models.Q(("event", None), ("nomination__isnull", False)),
                    _connector="OR",
                ),
                name="evidence_of_something",
            ),
        ),
        migrations.AddIndex(
            model_name="nomination",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["organization", "made_at"],
                name="nomination_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="nomination",
            index=models.Index(fields=["organization", "made_by", "-made_at"], name="nomination_by_maker"),
        ),
        migrations.AddIndex(
            model_name="nomination",
            index=models.Index(
                condition=models.Q(("award__isnull", False)),
                fields=["organization", "award"],
                name="nomination_of_award",
            ),
        ),
        migrations.AddIndex(
            model_name="nomination",
            index=models.Index(
                condition=models.Q(("arrival_to_tell", True), ("decision_to_tell", True), _connector="OR"),
                fields=["organization", "id"],
                name="nomination_to_tell",
            ),
        ),
        migrations.AddConstraint(
            model_name="nomination",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "open")),
                fields=("organization", "badge", "nominee", "made_by"),
                name="nomination_open_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="nomination",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["open", "approved", "declined", "withdrawn"]),
                    models.Q(("reason", ""), _negated=True),
                ),
                name="nomination_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="nomination",
            constraint=models.CheckConstraint(
                condition=models.Q(("nominee", models.F("made_by")), _negated=True),
                name="nomination_of_somebody_else",
            ),
        ),
        migrations.AddConstraint(
            model_name="nomination",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("state", "open")),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by", models.F("made_by")),
                        ("state", "withdrawn"),
                    ),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("state__in", ("approved", "declined")),
                        models.Q(("decided_by", models.F("made_by")), _negated=True),
                        models.Q(("decided_by", models.F("nominee")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="nomination_decided_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="nomination",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("award__isnull", False), ("state", "approved")),
                    models.Q(("award", None), ("state", "declined"), models.Q(("answer", ""), _negated=True)),
                    models.Q(("award", None), ("state__in", ["open", "withdrawn"])),
                    _connector="OR",
                ),
                name="nomination_has_an_outcome",
            ),
        ),
        Isolate("badges.nomination"),
        migrations.RunSQL(EVIDENCE, migrations.RunSQL.noop),
        migrations.RunSQL(
            append_only_sql("badges_evidence", may_change=("award_id", "event_id", *WITHDRAWAL)),
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(append_only_sql("badges_nomination", may_change=DECISION), migrations.RunSQL.noop),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
