from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("boards", "0007_arranged_cards")]

    operations = [migrations.RemoveConstraint(model_name="card", name="card_by_list_or_filters")]
