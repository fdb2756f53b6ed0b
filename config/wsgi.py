import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from people.checks import refuse_unsafe_role  # noqa: E402

refuse_unsafe_role()
