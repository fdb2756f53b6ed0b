from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("badges", "0006_evidence"),
        ("notifications", "0008_bounces"),
        ("people", "0005_people_by_folded_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="noticetext",
            name="html",
            field=models.TextField(blank=True, default="", max_length=8000),
        ),
        migrations.AlterField(
            model_name="noticetext",
            name="body",
            field=models.TextField(blank=True, max_length=4000),
        ),
        migrations.AddConstraint(
            model_name="noticetext",
            constraint=models.CheckConstraint(
                condition=models.Q(("body", ""), ("html", ""), _negated=True),
                name="notice_text_says_something",
            ),
        ),
    ]
