import django.db.models.deletion
from django.db import migrations, models

from people.tenancy import Isolate


class Migration(migrations.Migration):
    dependencies = [("people", "0017_words_by_person")]

    operations = [
        migrations.CreateModel(
            name="Sending",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("answer", models.TextField(blank=True, default="")),
                ("sent_at", models.DateTimeField()),
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
                "indexes": [models.Index(fields=["organization", "sent_at"], name="sending_oldest_first")],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "digest"), name="sending_once")
                ],
            },
        ),
        Isolate("people.sending"),
    ]
