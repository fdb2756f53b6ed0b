"""All addresses of administration. Three pages live here because what they save has rules look at the past anew."""

from django.urls import path

from badges.urls_administration import urlpatterns as plain
from rules import views_settings

app_name = "administration"
urlpatterns = [
    path("settings/organization/", views_settings.organization, name="organization"),
    path("settings/locations/<id:location_id>/", views_settings.location, name="location"),
    path("settings/trials/<id:trial_id>/", views_settings.trial, name="trial"),
    *plain,
]
