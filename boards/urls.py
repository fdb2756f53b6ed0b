from django.urls import path

from boards.views import boards, search

app_name = "boards"
urlpatterns = [
    path("search/", search.search, name="search"),
    path("boards/", boards.listing, name="list"),
    path("boards/new/", boards.create, name="create"),
    path("boards/<id:board_id>/", boards.detail, name="detail"),
    path("boards/<id:board_id>/rename/", boards.rename, name="rename"),
    path("boards/<id:board_id>/share/", boards.share, name="share"),
    path("boards/<id:board_id>/remove/", boards.remove, name="remove"),
    path("boards/<id:board_id>/arrange/", boards.arrange, name="arrange"),
    path("boards/<id:board_id>/cards/new/", boards.add_card, name="add_card"),
    path("boards/<id:board_id>/cards/<id:card_id>/", boards.card, name="card"),
    path("boards/<id:board_id>/cards/<id:card_id>/move/", boards.move_card, name="move_card"),
    path("boards/<id:board_id>/cards/<id:card_id>/remove/", boards.remove_card, name="remove_card"),
]
