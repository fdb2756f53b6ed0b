from django.urls import path

from rules import views, views_gallery, views_history

app_name = "rules"
urlpatterns = [
    path("badges/gallery/", views_gallery.gallery, name="gallery"),
    path("badges/<org:slug>/holders/", views_history.holders_on, name="holders_on"),
    path("badges/<org:slug>/holders.csv", views_history.holders_file, name="holders_file"),
    path("badges/<org:slug>/rule/", views.edit, name="edit"),
    path("badges/<org:slug>/rule/<org:state>/", views.change_state, name="state"),
]
