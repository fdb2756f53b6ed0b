from django.db import migrations, models
from django.db.models import Q

from people.tenancy import TenantForeignKey, tenant_reference_sql

# Rows are seen one organization at a time, even by the owner of the tables.
MOVE = """
UPDATE notifications_notice n SET delivery_id = d.id
FROM notifications_delivery d WHERE d.organization_id = n.organization_id AND d.notice_id = n.id;
UPDATE notifications_delivery d SET recipient_id = n.recipient_id
FROM notifications_notice n WHERE n.organization_id = d.organization_id AND n.id = d.notice_id;
"""


def move(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM people_organization")
        for row in cursor.fetchall():
            cursor.execute("SELECT set_config('app.organization', %s, true)", row)
            cursor.execute(MOVE)
        cursor.execute("SELECT set_config('app.organization', '', true)")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def tie(apps, schema_editor):
    for model, field in (("notice", "delivery"), ("delivery", "recipient")):
        found = apps.get_model("notifications", model)
        schema_editor.execute(tenant_reference_sql(found, found._meta.get_field(field)))


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_reminders")]

    operations = [
        migrations.AddField(
            "notice",
            "delivery",
            TenantForeignKey(to="notifications.delivery", null=True, blank=True, related_name="notices"),
        ),
        migrations.AddField(
            "notice",
            "left_out",
            models.CharField(
                max_length=200, blank=True, default="", help_text="Why its mail went without it."
            ),
        ),
        migrations.AddField("delivery", "recipient", TenantForeignKey(to="people.person", null=True)),
        migrations.RunPython(move, elidable=True),
        migrations.AlterField("delivery", "recipient", TenantForeignKey(to="people.person")),
        migrations.RemoveConstraint("delivery", "delivery_once"),
        migrations.RemoveField("delivery", "notice"),
        migrations.AddIndex(
            "delivery",
            models.Index(
                fields=["organization", "recipient"],
                condition=Q(state="queued", attempts=0),
                name="delivery_open",
            ),
        ),
        migrations.RunPython(tie),
    ]
