"""The roof: settings, addresses, the worker, the one-command launcher. Nobody below imports it."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
