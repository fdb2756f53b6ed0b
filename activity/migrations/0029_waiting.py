from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0028_usual_impacts"),
        ("people", "0017_words_by_person"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="workitem",
            index=models.Index(
                condition=models.Q(("state__in", ["submitted", "started"])),
                fields=["organization", "author"],
                name="work_item_open",
            ),
        ),
    ]
