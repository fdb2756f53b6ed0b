import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

from people.tenancy import Isolate, TenantForeignKey

KINDS = [("earned", "Earned"), ("lost", "Lost"), ("ends_soon", "Ends soon")]
RHYTHMS = [("at_once", "At once"), ("daily", "Once a day, all in one"), ("never", "Never")]
ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def organization():
    return models.ForeignKey(
        "people.organization", db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+"
    )


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_one_mail"), ("people", "0003_organization_clock")]

    operations = [
        migrations.AddField(
            "delivery", "rhythm", models.CharField(choices=RHYTHMS, default="at_once", max_length=10)
        ),
        migrations.CreateModel(
            "Preference",
            [
                ("id", ID),
                ("kind", models.CharField(choices=KINDS, max_length=20)),
                ("rhythm", models.CharField(choices=RHYTHMS, max_length=10)),
                ("organization", organization()),
                ("person", TenantForeignKey(to="people.person")),
            ],
        ),
        migrations.CreateModel(
            "MailHours",
            [
                ("id", ID.clone()),
                ("digest_hour", models.PositiveSmallIntegerField(default=8)),
                ("quiet_from", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("quiet_until", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("organization", organization()),
                ("person", TenantForeignKey(to="people.person")),
            ],
        ),
        migrations.AddConstraint(
            "preference",
            models.UniqueConstraint(fields=["organization", "person", "kind"], name="preference_once"),
        ),
        migrations.AddConstraint(
            "preference",
            models.CheckConstraint(
                condition=Q(
                    kind__in=["earned", "lost", "ends_soon"], rhythm__in=["at_once", "daily", "never"]
                ),
                name="preference_known",
            ),
        ),
        migrations.AddConstraint(
            "mailhours",
            models.UniqueConstraint(fields=["organization", "person"], name="mail_hours_once"),
        ),
        migrations.AddConstraint(
            "mailhours",
            models.CheckConstraint(
                condition=Q(digest_hour__lte=23)
                & (
                    Q(quiet_from=None, quiet_until=None)
                    | Q(quiet_from__lte=23, quiet_until__lte=23) & ~Q(quiet_from=F("quiet_until"))
                ),
                name="mail_hours_of_a_day",
            ),
        ),
        Isolate("notifications.preference"),
        Isolate("notifications.mailhours"),
    ]
