from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """An app for the sake of its command, `load_demo`."""

    name = "config"
