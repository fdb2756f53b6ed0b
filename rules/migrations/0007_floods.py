import django.db.models.deletion
import people.tenancy
from django.db import migrations, models

from people.tenancy import Isolate


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0006_merging"),
        ("rules", "0006_lean_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Flood",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("stopped_at", models.DateTimeField()),
                ("given", models.PositiveIntegerField()),
                ("usual", models.FloatField()),
                ("most", models.PositiveIntegerField()),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
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
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organization",
                    ),
                ),
                (
                    "rule",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="floods",
                        to="rules.rule",
                    ),
                ),
            ],
            options={
                "ordering": ["-stopped_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("decided_at", None)),
                        fields=("organization", "rule"),
                        name="flood_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("given", models.PositiveIntegerField()),
                ("allowed", models.BooleanField(default=False)),
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
                    "rule",
                    people.tenancy.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="rules.rule",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "rule", "day"), name="tally_once_a_day")
                ],
            },
        ),
        Isolate("rules.tally"),
        Isolate("rules.flood"),
    ]
