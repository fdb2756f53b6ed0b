from django.urls import path

from rules import views, views_badges, views_gallery, views_history, views_person, views_text, views_trials

app_name = "rules"
urlpatterns = [
    path("badges/gallery/", views_gallery.gallery, name="gallery"),
    path("badges/<org:slug>/holders/", views_history.holders_on, name="holders_on"),
    path("badges/<org:slug>/holders.csv", views_history.holders_file, name="holders_file"),
    path("people/<id:person_id>/badges/", views_person.held_by, name="held_by"),
    path("people/<id:person_id>/badges.csv", views_person.held_by_file, name="held_by_file"),
    path("badges/<org:slug>/how-far/", views_badges.how_far_is, name="how_far"),
    path("badges/<org:slug>/rule/", views.edit, name="edit"),
    path("badges/<org:slug>/rule.json", views_text.export, name="export"),
    path("badges/<org:slug>/rule/import/", views_text.bring_in, name="import"),
    path("badges/<org:slug>/rule/history/", views_text.history, name="history"),
    path("badges/<org:slug>/rule/trial/<id:trial_id>/", views_trials.trial, name="trial"),
    path("badges/<org:slug>/rule/<org:state>/", views.change_state, name="state"),
]
