import django.db.models.deletion
import django.db.models.functions.text
import people.tenancy
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_texts"),
        ("people", "0005_people_by_folded_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bounce",
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
                            ("bounced", "Refused for good"),
                            ("soft", "Put off"),
                            ("complained", "Marked as spam"),
                        ],
                        max_length=10,
                    ),
                ),
                ("said", models.CharField(blank=True, max_length=500)),
                ("told_at", models.DateTimeField()),
                ("key", models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name="StoppedAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("address", models.CharField(help_text="In small letters.", max_length=254)),
                (
                    "why",
                    models.CharField(
                        choices=[("bounced", "Came back"), ("complained", "Marked as spam")], max_length=10
                    ),
                ),
                ("said", models.CharField(blank=True, max_length=500)),
                ("stopped_at", models.DateTimeField()),
                ("trusted_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name="delivery",
            name="came_back",
            field=models.CharField(
                blank=True,
                choices=[("bounced", "Came back"), ("complained", "Marked as spam")],
                default="",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="provider_id",
            field=models.CharField(
                blank=True, default="", help_text="What the provider calls it.", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="soft_bounces",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("came_back", ""), _negated=True),
                fields=["organization", "-id"],
                name="delivery_came_back",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("came_back__in", ["", "bounced", "complained"])),
                name="delivery_came_back_known",
            ),
        ),
        migrations.AddField(
            model_name="bounce",
            name="delivery",
            field=people.tenancy.TenantForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="bounces",
                to="notifications.delivery",
            ),
        ),
        migrations.AddField(
            model_name="bounce",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.organization",
            ),
        ),
        migrations.AddField(
            model_name="stoppedaddress",
            name="delivery",
            field=people.tenancy.TenantForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="notifications.delivery",
            ),
        ),
        migrations.AddField(
            model_name="stoppedaddress",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="people.organization",
            ),
        ),
        migrations.AddField(
            model_name="stoppedaddress",
            name="trusted_by",
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
            model_name="bounce",
            constraint=models.UniqueConstraint(
                fields=("organization", "delivery", "key"), name="bounce_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="bounce",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["bounced", "soft", "complained"])), name="bounce_kind_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="stoppedaddress",
            constraint=models.UniqueConstraint(
                condition=models.Q(("trusted_at", None)),
                fields=("organization", "address"),
                name="stopped_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="stoppedaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("address", django.db.models.functions.text.Lower("address"))),
                name="stopped_in_small_letters",
            ),
        ),
        migrations.AddConstraint(
            model_name="stoppedaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("why__in", ["bounced", "complained"])), name="stopped_why_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="stoppedaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("trusted_at", None), ("trusted_by", None)),
                    models.Q(("trusted_at__isnull", False), ("trusted_by__isnull", False)),
                    _connector="OR",
                ),
                name="stopped_trusted_by_somebody",
            ),
        ),
        people.tenancy.Isolate("notifications.bounce"),
        people.tenancy.Isolate("notifications.stoppedaddress"),
    ]
