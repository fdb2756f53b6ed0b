"""The addresses that need no rules; `rules.urls_badges` adds the others and is what gets included."""

from django.urls import path

from badges import views

app_name = "badges"
urlpatterns = [
    path("emblems/<id:emblem_id>/<int:width>.png", views.emblem, name="emblem"),
]
