from django.db import migrations, models


# Of several that wait for one person, the last stays open to what comes; the others go as they are.
PART = """
UPDATE notifications_delivery d SET last_error = 'It waited beside another.'
WHERE d.state = 'queued' AND d.attempts = 0 AND NOT d.uncertain AND d.last_error = '' AND EXISTS (
    SELECT FROM notifications_delivery o
    WHERE o.organization_id = d.organization_id AND o.recipient_id = d.recipient_id AND o.address = d.address
      AND o.rhythm = d.rhythm AND o.state = 'queued' AND o.attempts = 0 AND NOT o.uncertain AND o.last_error = ''
      AND o.id > d.id);
"""


def part(apps, schema_editor):
    """Rows are seen one organization at a time, even by the owner of the tables."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT id::text FROM people_organization")
        for row in cursor.fetchall():
            cursor.execute("SELECT set_config('app.organization', %s, true)", row)
            cursor.execute(PART)
        cursor.execute("SELECT set_config('app.organization', '', true)")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0010_texts_in_languages"),
        ("people", "0008_languages"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="delivery",
            name="delivery_open",
        ),
        migrations.AddField(
            model_name="delivery",
            name="test",
            field=models.JSONField(
                blank=True,
                help_text="Words that somebody sent to themselves, and the award they told of.",
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("test__isnull", False)),
                fields=["organization", "recipient", "-id"],
                name="delivery_tests",
            ),
        ),
        migrations.RunPython(part, elidable=True),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("attempts", 0),
                    ("last_error", ""),
                    ("state", "queued"),
                    ("test__isnull", True),
                    ("uncertain", False),
                ),
                fields=("organization", "recipient", "address", "rhythm"),
                name="delivery_unbegun_once",
            ),
        ),
    ]
