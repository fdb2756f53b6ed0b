from django.db import migrations, models
from django.db.models import Q

from people.tenancy import TenantForeignKey

KINDS = [("earned", "Earned"), ("lost", "Lost"), ("ends_soon", "Ends soon")]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_withheld"), ("badges", "0003_badge_reminds")]

    operations = [
        migrations.RemoveConstraint("notice", "notice_kind_known"),
        migrations.AlterField("notice", "kind", models.CharField(choices=KINDS, max_length=20)),
        migrations.AlterField(
            "notice", "event", TenantForeignKey(to="badges.awardevent", null=True, blank=True)
        ),
        migrations.AddField(
            "notice",
            "ends_on",
            models.DateField(
                null=True, blank=True, help_text="The day of its end on the organization's calendar."
            ),
        ),
        migrations.AddField("notice", "days", models.PositiveSmallIntegerField(null=True, blank=True)),
        migrations.AddConstraint(
            "notice",
            models.CheckConstraint(
                condition=Q(kind__in=["earned", "lost", "ends_soon"]), name="notice_kind_known"
            ),
        ),
        migrations.AddConstraint(
            "notice",
            models.CheckConstraint(
                condition=Q(kind="ends_soon", event=None, ends_on__isnull=False, days__isnull=False)
                | (~Q(kind="ends_soon") & Q(event__isnull=False, ends_on=None, days=None)),
                name="notice_cause",
            ),
        ),
        migrations.AddConstraint(
            "notice",
            models.UniqueConstraint(
                fields=["organization", "award", "recipient", "ends_on", "days"], name="reminder_once"
            ),
        ),
    ]
