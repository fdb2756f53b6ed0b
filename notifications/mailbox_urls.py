"""The demo's mail page. `config.urls` includes it only where DEMO and MAIL_DIR are set."""

from django.urls import path, register_converter

from notifications import mailbox_views
from notifications.mailbox import NAME


class MailName:
    regex = NAME

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(MailName, "mail")
app_name = "mailbox"
urlpatterns = [
    path("", mailbox_views.mail_list, name="list"),
    path("<mail:name>/", mailbox_views.mail_detail, name="detail"),
    path("<mail:name>/body/", mailbox_views.mail_body, name="body"),
]
