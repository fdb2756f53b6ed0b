"""All addresses of badges. The pages live here because they read rules; their names are the badges' own."""

from django.urls import path

from badges.urls import urlpatterns as plain
from rules import views_badges, views_editor, views_statistics

app_name = "badges"
urlpatterns = [
    *plain,
    path("badges/", views_badges.catalogue, name="list"),
    path("badges/overview/", views_statistics.all_statistics, name="overview"),
    path("badges/overview/file/", views_statistics.statistics_file, name="overview_file"),
    path("badges/<org:slug>/statistics/", views_statistics.badge_statistics, name="statistics"),
    path("badges/new/", views_editor.create, name="create"),
    path("badges/<org:slug>/", views_badges.detail, name="detail"),
    path("badges/<org:slug>/edit/", views_editor.edit, name="edit"),
    path("badges/<org:slug>/state/<org:state>/", views_editor.change_state, name="state"),
    path("awards/<id:award_id>/", views_badges.award, name="award"),
    path("awards/<id:award_id>/give-back/", views_badges.reinstate, name="reinstate"),
]
