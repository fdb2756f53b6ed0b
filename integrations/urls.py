from django.urls import path

from integrations import views, views_changes

app_name = "integrations"
urlpatterns = [
    path("settings/people/change/", views_changes.change_people, name="change_people"),
    path("settings/people/leave/", views_changes.let_people_leave, name="let_people_leave"),
    path("settings/people/return/", views_changes.let_people_return, name="let_people_return"),
    path("settings/imports/", views.listing, name="imports"),
    path("settings/imports/template.csv", views.template, name="template"),
    path("settings/imports/<id:import_id>/", views.one, name="import"),
    path("settings/imports/<id:import_id>/start/", views.start, name="start_import"),
    path("settings/imports/<id:import_id>/undo/", views.undo, name="undo_import"),
    path("settings/imports/<id:import_id>/drop/", views.drop, name="drop_import"),
    path("settings/imports/<id:import_id>/rows.csv", views.faults, name="import_faults"),
]
