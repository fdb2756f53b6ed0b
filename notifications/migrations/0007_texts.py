import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

from people.tenancy import Isolate, TenantForeignKey

KINDS = [("earned", "Earned"), ("lost", "Lost"), ("ends_soon", "Ends soon")]


class Migration(migrations.Migration):
    dependencies = [("notifications", "0006_preferences"), ("badges", "0003_badge_reminds")]

    operations = [
        migrations.CreateModel(
            "NoticeText",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(choices=KINDS, max_length=20)),
                ("subject", models.CharField(max_length=150)),
                ("body", models.TextField(max_length=4000)),
                ("changed_at", models.DateTimeField()),
                ("badge", TenantForeignKey(to="badges.badge", null=True, blank=True)),
                (
                    "organization",
                    models.ForeignKey(
                        "people.organization",
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                    ),
                ),
            ],
            options={"ordering": ["kind", "badge__name", "id"]},
        ),
        migrations.AddConstraint(
            "noticetext",
            models.UniqueConstraint(
                fields=["organization", "kind", "badge"], nulls_distinct=False, name="notice_text_once"
            ),
        ),
        migrations.AddConstraint(
            "noticetext",
            models.CheckConstraint(
                condition=Q(kind__in=["earned", "lost", "ends_soon"]), name="notice_text_kind_known"
            ),
        ),
        Isolate("notifications.noticetext"),
    ]
