from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0007_latest_awards"),
        ("notifications", "0009_texts_in_html"),
        ("people", "0008_languages"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="noticetext",
            options={"ordering": ["kind", "badge__name", "language", "id"]},
        ),
        migrations.RemoveConstraint(
            model_name="noticetext",
            name="notice_text_once",
        ),
        migrations.AddField(
            model_name="noticetext",
            name="language",
            field=models.CharField(
                blank=True,
                choices=[("en-gb", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")],
                default="",
                max_length=5,
            ),
        ),
        migrations.AddConstraint(
            model_name="noticetext",
            constraint=models.UniqueConstraint(
                fields=("organization", "kind", "badge", "language"),
                name="notice_text_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="noticetext",
            constraint=models.CheckConstraint(
                condition=models.Q(("language__in", ["", "en-gb", "de", "fr", "es"])),
                name="notice_text_language_known",
            ),
        ),
    ]
