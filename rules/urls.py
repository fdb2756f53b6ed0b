from django.urls import path

from rules import views, views_gallery

app_name = "rules"
urlpatterns = [
    path("badges/gallery/", views_gallery.gallery, name="gallery"),
    path("badges/<org:slug>/rule/", views.edit, name="edit"),
    path("badges/<org:slug>/rule/<org:state>/", views.change_state, name="state"),
]
