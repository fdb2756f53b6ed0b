import django.db.models.deletion
import people.tenancy
from django.db import migrations, models

from people.tenancy import append_only_sql


UNTIE = """
DROP TRIGGER keep ON badges_nomination;
DROP FUNCTION badges_nomination_keep();
ALTER TABLE badges_nomination ADD CONSTRAINT badges_nomination_agreed_by_id_tenant_fk
    FOREIGN KEY (organization_id, agreed_by_id) REFERENCES people_person (organization_id, id)
    DEFERRABLE INITIALLY DEFERRED;
"""
MAY_CHANGE = (
    "state", "agreed_by_id", "decided_by_id", "decided_at", "answer", "award_id", "seen_at",
    "arrival_to_tell", "decision_to_tell",
)  # fmt: skip
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
          AND n.state = 'approved' AND n.decided_by_id = NEW.actor_id AND n.agreed_by_id <> NEW.actor_id
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
        ("badges", "0015_planning_worker"),
        ("people", "0008_languages"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="nomination",
            name="nomination_decided_by_another",
        ),
        migrations.AddField(
            model_name="nomination",
            name="agreed_by",
            field=people.tenancy.TenantForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.person",
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
                        models.Q(("decided_by", models.F("agreed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="nomination_decided_by_another",
            ),
        ),
        migrations.RunSQL(UNTIE, migrations.RunSQL.noop),
        migrations.RunSQL(
            append_only_sql("badges_nomination", may_change=MAY_CHANGE), migrations.RunSQL.noop
        ),
        migrations.RunSQL(GUARD, migrations.RunSQL.noop),
    ]
