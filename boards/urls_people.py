"""Addresses of people. The pages live here because they show badges; their names are the people's own."""

from django.urls import path

from boards.views import bulk, home, people, profile

app_name = "people"
urlpatterns = [
    path("", home.home, name="home"),
    path("people/", people.listing, name="list"),
    path("people/bulk/", bulk.everybody, name="bulk"),
    path("people/<id:person_id>/", profile.profile, name="profile"),
]
