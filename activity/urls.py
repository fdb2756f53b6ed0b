from django.urls import path

from activity import views

app_name = "activity"
urlpatterns = [
    path("improvements/", views.listing, name="list"),
    path("improvements/new/", views.create, name="create"),
    path("improvements/<id:number>/", views.detail, name="detail"),
    path("improvements/<id:number>/move/", views.move, name="move"),
    path("improvements/<id:number>/verify/", views.verify, name="verify"),
]
