from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, register_converter

from notifications.bounce_views import mail_events
from notifications.stop_views import stop_mail
from people.converters import Id, Slug
from people.views import start

register_converter(Id, "id")
register_converter(Slug, "org")


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


handler500 = "people.views.error"
urlpatterns = [
    path("", start, name="start"),
    path("healthz", healthz),
    path("accounts/mail/events/", mail_events, name="mail_events"),
    path("accounts/mail/stop/<str:token>/", stop_mail, name="stop_mail"),
    path("accounts/", include("people.accounts_urls")),
    path("<org:organization>/", include("boards.urls_people")),
    path("<org:organization>/", include("rules.urls_settings")),
    path("<org:organization>/", include("activity.urls")),
    # Before the badges: the gallery stands where a badge could.
    path("<org:organization>/", include("rules.urls")),
    path("<org:organization>/", include("rules.urls_badges")),
    path("<org:organization>/", include("notifications.urls")),
    path("<org:organization>/", include("boards.urls")),
    path("<org:organization>/", include("integrations.urls")),
]
if settings.DEMO and settings.MAIL_DIR:
    urlpatterns.insert(0, path("demo/mail/", include("notifications.mailbox_urls")))
