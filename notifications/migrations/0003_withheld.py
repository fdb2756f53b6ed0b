from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_isolation")]

    operations = [
        migrations.RemoveConstraint("delivery", "delivery_state_known"),
        migrations.AlterField(
            "delivery",
            "state",
            models.CharField(
                choices=[
                    ("queued", "Waiting"),
                    ("sending", "Being sent"),
                    ("sent", "Sent"),
                    ("dead", "Given up"),
                    ("withheld", "Not sent"),
                ],
                default="queued",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            "delivery",
            models.CheckConstraint(
                condition=Q(state__in=["queued", "sending", "sent", "dead", "withheld"]),
                name="delivery_state_known",
            ),
        ),
    ]
