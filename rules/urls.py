from django.urls import path

from rules import views

app_name = "rules"
urlpatterns = [
    path("badges/<org:slug>/rule/", views.edit, name="edit"),
    path("badges/<org:slug>/rule/<org:state>/", views.change_state, name="state"),
]
