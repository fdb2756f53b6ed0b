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
    from django.core.exceptions import ImproperlyConfigured

    django.setup()
    from people.checks import refuse_unsafe_role

    try:
        refuse_unsafe_role()
    except ImproperlyConfigured as error:  # Celery would log any other exception of a receiver, and go on
        raise SystemExit(str(error)) from None
