"""The pages of a demo: all others, and its mail."""

from django.urls import include, path

from config.urls import handler500, urlpatterns

__all__ = ["handler500", "urlpatterns"]
urlpatterns = [path("demo/mail/", include("notifications.mailbox_urls")), *urlpatterns]
