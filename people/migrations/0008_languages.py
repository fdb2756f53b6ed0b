from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0007_lean_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name="organization",
            name="language",
            field=models.CharField(
                choices=[("en-gb", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")],
                db_default="en-gb",
                default="en-gb",
                help_text="Of mails to those who chose none.",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="person",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[("en-gb", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")],
                db_default="",
                default="",
                help_text="Empty is the organization's.",
                max_length=5,
            ),
        ),
        migrations.AddConstraint(
            model_name="organization",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["en-gb", "de", "fr", "es"])),
                name="organization_language_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["", "en-gb", "de", "fr", "es"])),
                name="person_language_known",
            ),
        ),
    ]
