"""The addresses that need no rules; `rules.urls_badges` adds the others, and is what gets included."""

from django.urls import path

from badges import (
    views,
    views_batches,
    views_categories,
    views_evidence,
    views_hiding,
    views_nominations,
    views_praise,
)

app_name = "badges"
urlpatterns = [
    path("emblems/<id:emblem_id>/<int:width>.png", views.emblem, name="emblem"),
    path("badges/categories/", views_categories.categories, name="categories"),
    path("badges/categories/<id:category_id>/", views_categories.category, name="category"),
    path("badges/categories/<id:category_id>/remove/", views_categories.remove, name="remove_category"),
    path("badges/categories/<id:category_id>/shift/", views_categories.shift, name="shift_category"),
    path("badges/<org:slug>/shift/", views_categories.shift_one, name="shift"),
    path("badges/<org:slug>/give/", views.give_badge, name="give_badge"),
    path("people/<id:person_id>/give/", views.give, name="give"),
    path("awards/<id:award_id>/take-back/", views.revoke, name="revoke"),
    path("awards/<id:award_id>/evidence/", views_evidence.add, name="add_evidence"),
    path("awards/<id:award_id>/well-done/", views_praise.praise, name="praise"),
    path("evidence/<id:evidence_id>/", views_evidence.file, name="evidence_file"),
    path("evidence/<id:evidence_id>/withdraw/", views_evidence.withdraw, name="withdraw_evidence"),
    path("my-badges/", views_hiding.hide, name="hide"),
    path("nominations/", views_nominations.own, name="nominations"),
    path("nominations/new/", views_nominations.propose, name="nominate"),
    path("nominations/to-decide/", views_nominations.queue, name="nomination_queue"),
    path("nominations/<id:nomination_id>/", views_nominations.nomination, name="nomination"),
    path("nominations/<id:nomination_id>/withdraw/", views_nominations.withdraw, name="withdraw_nomination"),
    path("bulk/", views_batches.bulk, name="bulk"),
    path("bulk/<id:batch_id>/", views_batches.batch, name="batch"),
    path("bulk/<id:batch_id>/people.csv", views_batches.outcome_file, name="batch_file"),
    path("bulk/<id:batch_id>/start/", views_batches.start, name="start_batch"),
    path("bulk/<id:batch_id>/undo/", views_batches.undo, name="undo_batch"),
]
