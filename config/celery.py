import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("lapel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def refuse_unsafe_role(**kwargs: Any) -> None:
    import django

    django.setup()
    from people.checks import refuse_unsafe_role

    refuse_unsafe_role()
