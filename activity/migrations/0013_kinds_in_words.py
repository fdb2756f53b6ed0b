import people.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activity", "0012_deliberate"),
    ]

    operations = [
        migrations.AddField(
            model_name="kind",
            name="expects_value",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="kind",
            name="unit",
            field=models.CharField(blank=True, max_length=20, validators=[people.text.plain_text]),
        ),
        migrations.AlterField(
            model_name="kind",
            name="label",
            field=models.CharField(blank=True, max_length=100, validators=[people.text.plain_text]),
        ),
        migrations.AddConstraint(
            model_name="kind",
            constraint=models.CheckConstraint(
                condition=models.Q(("unit", ""), ("expects_value", True), _connector="OR"),
                name="kind_unit_of_a_value",
            ),
        ),
    ]
