from django.db import migrations

from people.tenancy import Isolate


class Migration(migrations.Migration):
    dependencies = [("boards", "0001_initial"), ("badges", "0002_isolation")]

    operations = [
        Isolate("boards.board"),
        Isolate("boards.card"),
    ]
