from django.db import migrations

from people.tenancy import Isolate, append_only_sql


class Migration(migrations.Migration):
    dependencies = [("rules", "0001_initial"), ("badges", "0002_isolation")]

    operations = [
        Isolate("rules.rule"),
        Isolate("rules.ruleversion"),
        Isolate("rules.nextdue"),
        Isolate("rules.rulerun"),
        migrations.RunSQL(append_only_sql("rules_ruleversion"), migrations.RunSQL.noop),
    ]
