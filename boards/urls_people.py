"""Addresses of people. The pages live here because they show badges; their names are the people's own."""

from django.urls import path

from boards.views import bulk, exports, home, lists, merging, people, profile
from people.views import suggestions

app_name = "people"
urlpatterns = [
    path("", home.home, name="home"),
    path("people/", people.listing, name="list"),
    path("people/columns/", lists.choose_columns, name="columns"),
    path("people/exports/", exports.listing, name="exports"),
    path("people/exports/<id:export_id>/", exports.progress, name="export"),
    path("people/exports/<id:export_id>/people.csv", exports.download, name="export_file"),
    path("people/lists/", lists.listing, name="lists"),
    path("people/lists/new/", lists.save, name="save_list"),
    path("people/lists/<id:list_id>/", lists.change, name="change_list"),
    path("people/lists/<id:list_id>/remove/", lists.remove, name="remove_list"),
    path("people/suggestions/", suggestions.suggest, name="suggestions"),
    path("people/bulk/", bulk.everybody, name="bulk"),
    path("people/<id:person_id>/", profile.profile, name="profile"),
    path("settings/people/<id:person_id>/merge/", merging.choose, name="merge"),
    path("settings/people/<id:person_id>/merge/<id:other_id>/", merging.preview, name="merge_preview"),
    path("settings/merges/<id:merge_id>/", merging.merged, name="merged"),
]
