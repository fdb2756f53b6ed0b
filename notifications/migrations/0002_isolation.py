from django.db import migrations

from people.tenancy import Isolate


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("badges", "0002_isolation")]

    operations = [
        Isolate("notifications.notice"),
        Isolate("notifications.delivery"),
    ]
