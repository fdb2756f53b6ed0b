import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from people.tenancy import Isolate

PASSES = """
CREATE FUNCTION activity_workitem_passes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM activity_step s WHERE s.organization_id = NEW.organization_id
        AND s.kind = NEW.kind AND s.required AND NOT s.id = ANY(NEW.passed)
    ) THEN
        RAISE EXCEPTION 'work passes the steps that it must before it is completed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER passes BEFORE UPDATE OF state ON activity_workitem FOR EACH ROW
    WHEN (NEW.state = 'completed' AND OLD.state <> 'completed') EXECUTE FUNCTION activity_workitem_passes();
"""
PASSES_NOT = """
DROP TRIGGER passes ON activity_workitem;
DROP FUNCTION activity_workitem_passes;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0021_kinds_that_last_came"),
        ("people", "0013_who_left"),
    ]

    operations = [
        migrations.CreateModel(
            name="MoveRight",
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
                        choices=[
                            ("improvement", "Improvement"),
                            ("project", "Project"),
                            ("task", "Task"),
                            ("event", "Event"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "move",
                    models.CharField(
                        choices=[
                            ("start", "Start"),
                            ("complete", "Complete"),
                            ("decline", "Set aside"),
                            ("reopen", "Open again"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "movers",
                    models.CharField(
                        choices=[
                            ("concerned", "Author, leader, team, managers"),
                            ("own", "Author, leader, managers"),
                            ("second", "Leader or manager, not author"),
                            ("managers", "Managers alone"),
                        ],
                        max_length=20,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="step",
            name="movers",
            field=models.CharField(
                choices=[
                    ("concerned", "Author, leader, team, managers"),
                    ("own", "Author, leader, managers"),
                    ("second", "Leader or manager, not author"),
                    ("managers", "Managers alone"),
                ],
                db_default="own",
                default="own",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="step",
            name="required",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="workitem",
            name="passed",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                db_default=[],
                default=list,
                help_text="Own steps it has been at.",
            ),
        ),
        migrations.AddConstraint(
            model_name="step",
            constraint=models.CheckConstraint(
                condition=models.Q(("movers__in", ["concerned", "own", "second", "managers"])),
                name="step_movers_known",
            ),
        ),
        migrations.AddField(
            model_name="moveright",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.organization",
            ),
        ),
        migrations.AddConstraint(
            model_name="moveright",
            constraint=models.UniqueConstraint(
                fields=("organization", "kind", "move"), name="move_right_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="moveright",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["improvement", "project", "task", "event"]),
                    ("move__in", ["start", "complete", "decline", "reopen"]),
                    ("movers__in", ["concerned", "own", "second", "managers"]),
                ),
                name="move_right_known",
            ),
        ),
        Isolate("activity.moveright"),
        migrations.RunSQL(PASSES, PASSES_NOT),
    ]
