import django.core.validators
import django.db.models.deletion
import people.tenancy
from django.db import migrations, models

from people.tenancy import Isolate, keep_function_sql

MEASURED = """
CREATE TRIGGER measured BEFORE INSERT OR UPDATE ON activity_expectation
    FOR EACH ROW EXECUTE FUNCTION activity_impact_measured();
"""
MAY_CHANGE = ("name", "unit", "yearly", "asks_expected", "is_active", "position")


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0030_sent_back"),
        ("people", "0017_words_by_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="impactkind",
            name="asks_expected",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name="Expectation",
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
                (
                    "item",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="expectations",
                        to="activity.workitem",
                    ),
                ),
                (
                    "kind",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="activity.impactkind",
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
                "ordering": ["kind__position", "kind"],
                "abstract": False,
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "item", "kind"), name="expectation_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount__gte", 0), ("amount__isnull", False), ("words", "")),
                            models.Q(("amount", None), models.Q(("words", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="expectation_says_something",
                    ),
                ],
            },
        ),
        Isolate("activity.expectation"),
        migrations.RunSQL(MEASURED, migrations.RunSQL.noop),
        migrations.RunSQL(
            keep_function_sql("activity_impactkind", may_change=MAY_CHANGE), migrations.RunSQL.noop
        ),
    ]
