from django.urls import path

from notifications import copy_views, text_views, views

app_name = "notifications"
urlpatterns = [
    path("badges/<org:slug>/copy/", copy_views.copy, name="copy_badge"),
    path("notices/", views.notice_list, name="list"),
    path("notices/latest/", views.latest, name="latest"),
    path("notices/read/", views.read_all, name="read_all"),
    path("notices/mail/", views.preferences, name="preferences"),
    path("notices/texts/", text_views.text_list, name="texts"),
    path("notices/texts/new/", text_views.text_new, name="text_new"),
    path("notices/texts/<slug:kind>/", text_views.text_edit, name="text"),
    path("notices/texts/<slug:kind>/mail/", text_views.text_shown, name="text_shown"),
    path("notices/<id:notice_id>/", views.notice_open, name="open"),
    path("notices/<id:notice_id>/read/", views.read_one, name="read"),
    path("deliveries/", views.delivery_list, name="deliveries"),
    path("deliveries/retry/", views.retry_all, name="retry_all"),
    path("deliveries/addresses/<id:stopped_id>/trust/", views.trust_address, name="trust_address"),
    path("deliveries/<id:delivery_id>/retry/", views.delivery_retry, name="retry"),
]
