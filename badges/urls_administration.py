"""Administration with the form of a person, which knows of badges; the others are `people`'s."""

from django.urls import path

from badges import views_person
from people.urls import urlpatterns as plain

app_name = "administration"
urlpatterns = [
    path("settings/people/<id:person_id>/", views_person.edit, name="person"),
    *plain,
]
